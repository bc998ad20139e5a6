"""Train networks on the clips of the current snapshot; a later build takes up what they say."""

from __future__ import annotations

import argparse
import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli import add_store, train_gender
from pipeline.train.layout import TrainError
from store.errors import StoreError, listed
from store.snapshots import Store

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from pipeline.train.esc.recipe import EscRecipe
    from pipeline.train.esc.trained import TrainedFolds

ENVIRONMENT = "environment"
"""The kind of dataset that the network for environmental sounds is made for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    networks = parser.add_subparsers(dest="network", metavar="NETWORK", required=True)
    words = "a log-mel CNN for environmental sounds, trained from scratch, out of fold"
    esc = networks.add_parser("esc", help=words, description=words)
    add_store(esc)
    esc.add_argument("--dataset", metavar="NAME", help="its name in the store (default: the one of sounds)")
    esc.add_argument(
        "--folds", nargs="+", default=[], metavar="FOLD", help="only these, such as 1 2 (default: all)"
    )
    esc.add_argument("--epochs", type=_at_least_one, metavar="N", help="passes over the clips")
    esc.add_argument("--members", type=_at_least_one, metavar="N", help="networks a fold, which are averaged")
    esc.add_argument("--seed", type=int, default=0, metavar="N")
    esc.add_argument("--threads", type=_at_least_one, metavar="N", help="threads (default: torch's choice)")
    esc.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    esc.add_argument("--quick", action="store_true", help="few epochs: to see that it works")
    esc.add_argument("--replace", action="store_true", help="train in place of networks of another recipe")
    esc.add_argument("--quiet", action="store_true", help="say nothing but errors")
    gender = networks.add_parser("gender", help=train_gender.WORDS, description=train_gender.WORDS)
    train_gender.add_arguments(gender, _at_least_one)


def _at_least_one(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} cannot be used; expected a whole number from 1")
    return int(word)


def run(options: argparse.Namespace) -> int:
    _require_torch()
    if options.network == "gender":
        return train_gender.run(options)
    clips, dataset, recordings = _asked(options)
    from pipeline.cli.console import plain
    from pipeline.train.display import Display, device_named, use_threads
    from pipeline.train.esc import folds
    from pipeline.train.esc.trained import read_trained

    if options.threads:
        use_threads(options.threads)
    training = folds.planned(options.store, dataset, clips, _recipe(options))
    names = folds.chosen(training, options.folds)
    console = plain()
    console.quiet = options.quiet
    console.print(f"{dataset}: {training.protocol.sentence}")
    with Display(console) as display:
        folds.train_all(
            training, recordings, device=device_named(options.device), folds=names, replace=options.replace,
            reading=display.reading, on_epoch_end=display.on_epoch_end,
        )  # fmt: skip
    found = read_trained(options.store, dataset)
    if found is not None and found.folds:
        _show_result(found, console)
    return 0


def _require_torch() -> None:
    for name in ("torch", "torchaudio"):
        if importlib.util.find_spec(name) is None:
            raise TrainError(
                f"{name} is not installed, and training needs it. Run `make setup` and try again."
            )


def _asked(options: argparse.Namespace) -> tuple[pd.DataFrame, str, Path]:
    """The clips to train on, the name of their dataset, and the folder of its recordings."""
    from store.reader import Reader

    current = Store(options.store).current()
    if current is None:
        raise StoreError(
            "The store is empty, there is nothing to train on. Run `python -m pipeline build` first."
        )
    with Reader(current.path) as reader:
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

    recipe = EscRecipe(seed=options.seed)
    recipe = quick(recipe) if options.quick else recipe
    if options.epochs:
        recipe = replace(recipe, schedule=replace(recipe.schedule, epochs=options.epochs))
    return replace(recipe, members=options.members) if options.members else recipe


def _show_result(found: TrainedFolds, console: Console) -> None:
    """What the networks that lie there tell of the clips that they have not seen."""
    from rich.table import Table

    table = Table("fold", *("learned from", "tested", "told right", "minutes"))
    for column in table.columns[1:]:
        column.justify = "right"
    for fold in found.folds:
        told = (len(fold.learned), len(fold.clip_ids), f"{fold.accuracy:.1%}", f"{fold.seconds / 60:.1f}")
        table.add_row(fold.name, *map(str, told))
    console.print(table)
    right = (found.probabilities.argmax(1) == found.truth).mean()
    left = len(found.fold_names) - len(found.folds)
    rest = f"{left} folds are" if left > 1 else "1 fold is"
    then = f"{rest} still to be trained." if left else "`python -m pipeline build` takes it up."
    console.print(
        f"{right:.1%} of {len(found.truth):,} clips told right by a network that never saw them. {then}"
    )
