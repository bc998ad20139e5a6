"""``python -m pipeline train esc``: the network for environmental sounds, fold by fold.

What takes long to import is imported in ``run``: help is answered without.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.train.layout import TrainError
from store.errors import StoreError, listed
from store.snapshots import Store

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from pipeline.train.esc.recipe import EscRecipe
    from pipeline.train.esc.trained import TrainedFolds

MAX_SEED = 2**31 - 1
ENVIRONMENT = "environment"
"""The kind of dataset that the network is made for."""


def add_arguments(parser: argparse.ArgumentParser, at_least_one: Callable[[str], int]) -> None:
    parser.add_argument(
        "--dataset", metavar="NAME", help="its name in the store (default: the one of sounds)"
    )
    parser.add_argument(
        "--folds", nargs="+", default=[], metavar="FOLD", help="only these, such as 1 2 (default: all)"
    )
    parser.add_argument("--epochs", type=at_least_one, metavar="N", help="passes over the clips")
    parser.add_argument(
        "--members", type=at_least_one, metavar="N", help="networks a fold, which are averaged"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--quick", action="store_true", help="few epochs: to see that it works")
    parser.add_argument("--replace", action="store_true", help="train in place of networks of another recipe")


def run(options: argparse.Namespace, console: Console) -> None:
    clips, dataset, recordings = _asked(options)
    from pipeline.train.display import Display, device_named
    from pipeline.train.esc import folds
    from pipeline.train.esc.trained import read_trained

    training = folds.plan_training(options.store, dataset, clips, _recipe(options))
    names = folds.chosen_folds(training, options.folds)
    console.print(f"{dataset}: {training.protocol.sentence}")
    with Display(console) as display:
        folds.train_all(
            training, recordings, device=device_named(options.device), folds=names, replace=options.replace,
            reading=display.reading, on_epoch_end=display.on_epoch_end,
        )  # fmt: skip
    found = read_trained(options.store, dataset)
    if found is not None and found.folds:
        _show_result(found, console)


def _asked(options: argparse.Namespace) -> tuple[pd.DataFrame, str, Path]:
    """The clips to train on, the name of their dataset, and the folder of its recordings."""
    from store.reader import open_current

    found = open_current(Store(options.store))
    if found is None:
        raise StoreError(
            "The store is empty, there is nothing to train on. Run `python -m pipeline build` first."
        )
    with found[1] as reader:
        datasets = reader.datasets()
        name = options.dataset or _only(datasets)
        clips = reader.clips(name)
    return clips, name, Path(str(datasets.set_index("dataset")["path"][name]))


def _only(datasets: pd.DataFrame) -> str:
    sounds = datasets["dataset"][datasets["kind"] == ENVIRONMENT].tolist()
    if len(sounds) != 1:
        raise TrainError(
            f"The store has {len(sounds)} datasets of environmental sound; expected one. Choose by --dataset; "
            f"{listed(datasets['dataset'].tolist())}."
        )
    return str(sounds[0])


def _recipe(options: argparse.Namespace) -> EscRecipe:
    from pipeline.train.esc.recipe import EscRecipe, quick

    if not 0 <= options.seed <= MAX_SEED:
        raise TrainError(f"{options.seed} cannot be a seed; expected 0 to {MAX_SEED}.")
    recipe = EscRecipe(seed=options.seed)
    recipe = quick(recipe) if options.quick else recipe
    if options.epochs:
        recipe = replace(recipe, schedule=replace(recipe.schedule, epochs=options.epochs))
    return replace(recipe, members=options.members) if options.members else recipe


def _show_result(found: TrainedFolds, console: Console) -> None:
    """What the trained networks predict of the clips that they have not seen."""
    from rich.table import Table

    table = Table("fold", *("learned from", "tested", "correct", "minutes"))
    for column in table.columns[1:]:
        column.justify = "right"
    for fold in found.folds:
        cells = (len(fold.learned), len(fold.clip_ids), f"{fold.accuracy:.1%}", f"{fold.seconds / 60:.1f}")
        table.add_row(fold.name, *map(str, cells))
    console.print(table)
    right = (found.probabilities.argmax(1) == found.truth).mean()
    left = len(found.fold_names) - len(found.folds)
    rest = f"{left} folds are" if left > 1 else "1 fold is"
    then = f"{rest} still to be trained." if left else "`python -m pipeline build` takes it up."
    console.print(
        f"{right:.1%} of {len(found.truth):,} clips are classified correctly by a network that never saw them. {then}"
    )
