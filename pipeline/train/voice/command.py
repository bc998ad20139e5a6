"""``python -m pipeline train gender``: a network that classifies voices as female or male, from corpora of speech.

What takes long to import is imported in ``run``: help is answered without.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.sources import parse
from pipeline.train.layout import TrainError, network_folder
from store.snapshots import Store

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.train.voice.data import Collected
    from pipeline.train.voice.recipe import GenderRecipe
    from pipeline.train.voice.train import Outcome

SEEDS = 3


def add_arguments(parser: argparse.ArgumentParser, at_least_one: Callable[[str], int]) -> None:
    parser.add_argument(
        "--dataset", action="append", default=[], metavar="NAME=PATH",
        help="corpora of voices and one of sounds for noise, such as timit=PATH (default: those of the store)",
    )  # fmt: skip
    parser.add_argument(
        "--train", nargs="+", default=[], metavar="NAME",
        help="datasets to learn from (default: those without an official split, or all)",
    )  # fmt: skip
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="default: networks/ in the store's folder"
    )
    parser.add_argument(
        "--width", type=at_least_one, metavar="C", help="channels of the network, e.g. 128 or 512"
    )
    parser.add_argument(
        "--seeds", type=at_least_one, metavar="N", help=f"networks, one is kept (default: {SEEDS})"
    )
    parser.add_argument("--epochs", type=at_least_one, metavar="N", help="at most so many")
    parser.add_argument("--steps", type=at_least_one, metavar="N", help="batches an epoch")
    parser.add_argument(
        "--quick", action="store_true", help="a small network in few epochs; alone, on the demo voices"
    )
    parser.add_argument(
        "--hold-out", type=_share, default=0.0, metavar="SHARE",
        help="of the speakers to learn from, e.g. 0.2: met only in the test (default: none)",
    )  # fmt: skip
    parser.add_argument("--no-test", action="store_true", help="do not meet the test speakers yet")
    parser.add_argument(
        "--only-threshold", action="store_true",
        help="train nothing; fit the stream's threshold of the network that is in the folder already",
    )  # fmt: skip


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 0.5:
        raise argparse.ArgumentTypeError(f"'{text}' is no share of the speakers; expected 0 to 0.5, e.g. 0.2")
    return share


def run(options: argparse.Namespace, console: Console) -> None:
    from models.voice_card import NETWORK
    from pipeline.train.display import Display, device_named
    from pipeline.train.voice.train import train_and_ship

    collected, recipe = _collected(options), _recipe(options)
    place = (options.output or network_folder(options.store, NETWORK)).expanduser().resolve()
    if options.only_threshold:
        _refit(place, collected, console)
        return
    with Display(console) as display:
        outcome = train_and_ship(
            collected, recipe, range(options.seeds or (1 if options.quick else SEEDS)), place,
            device=device_named(options.device), test=not options.no_test, on_progress=display.progress,
            on_epoch_end=display.on_epoch_end,
        )  # fmt: skip
    _show(outcome, console)


def _refit(place: Path, collected: Collected, console: Console) -> None:
    from pipeline.train.display import Display
    from pipeline.train.voice.stream_threshold import refit_threshold

    with Display(console) as display:
        stream = refit_threshold(
            place, collected, lambda done, total: display.progress("listening as a stream", done, total)
        )
    console.print(
        f"A stream names a voice from {stream['sure_from']:.2f} on: {stream['right']:.1%} of the time with a name "
        f"right, {stream['undecided']:.1%} of the time with speech undecided, on validation. Written into {place}."
    )


def _collected(options: argparse.Namespace) -> Collected:
    from pipeline.train.voice.data import from_sources, from_store
    from store.reader import open_current

    if options.dataset or options.quick:
        return from_sources(parse(options.dataset or ["demo"]))
    found = open_current(Store(options.store))
    if found is None:
        raise TrainError(
            "The store is empty and no corpus is named; expected voices. Give --dataset NAME=PATH or run "
            "`python -m pipeline build` first."
        )
    with found[1] as reader:
        return from_store(reader)


def _recipe(options: argparse.Namespace) -> GenderRecipe:
    from pipeline.train.voice.recipe import GenderRecipe, quick

    recipe = replace(GenderRecipe(), train_on=tuple(options.train), test_share=options.hold_out)
    recipe = quick(recipe) if options.quick else recipe
    if options.width:
        try:
            recipe = replace(recipe, network=replace(recipe.network, width=options.width))
        except ValueError as error:
            raise TrainError(str(error)) from error
    if options.epochs:
        recipe = replace(recipe, schedule=replace(recipe.schedule, epochs=options.epochs))
    return replace(recipe, steps=options.steps) if options.steps else recipe


def _show(outcome: Outcome, console: Console) -> None:
    for result in outcome.trained.results:
        values = result.validation
        console.print(
            f"seed {result.seed}: best epoch {result.best_epoch}, validation log loss {values['validation_loss']:.3f}, "
            f"whole clips {values['validation_accuracy_whole']:.1%}, a degraded second "
            f"{values['validation_accuracy_degraded']:.1%}; {result.seconds / 60:.1f} min"
        )
    for part, evaluation in outcome.evaluations.items():
        found, wrong = evaluation.metrics, int((~evaluation.clean["right"]).sum())
        console.print(
            f"{part}: {found.accuracy:.2%} of {found.clips:,} clips by {found.groups} speakers are classified "
            f"correctly ({wrong} are not), ECE {found.ece:.3f}"
        )
        for name in evaluation.predictions["condition"].unique():
            console.print(f"  {name}: {evaluation.of(name)['right'].mean():.1%}")
    console.print(f"Seed {outcome.trained.best.seed} is kept: {outcome.weights}")
