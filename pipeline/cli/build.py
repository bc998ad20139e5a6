"""Refresh the store from recordings: those named here and those it remembers."""

from __future__ import annotations

import argparse

from pipeline.cli import add_output
from pipeline.datasets import DATASETS
from pipeline.sources import parse
from store.snapshots import KEEP, Store

STOPPED = "Stopped. What was finished is kept; the next build goes on from here."
EXAMPLES = """
build --dataset demo                                # two small synthetic collections
build --dataset esc50=PATH --dataset timit=PATH     # corpora in the layouts of their publishers
build --dataset folder:birds=PATH                   # a folder of your own, called birds in the store
build                                               # refresh everything: paths are remembered
build --forget birds                                # leave a collection out
build --retry --thorough                            # open failed files again; compare every candidate
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = [name for name, dataset in DATASETS.items() if dataset.prepare is None]
    parser.add_argument(
        "--dataset",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help=f"a collection and its folder, as often as needed: {', '.join(kinds)}, or demo, which needs no "
        "folder; NAME:ALIAS=PATH names it otherwise in the store",
    )
    parser.add_argument(
        "--forget", action="append", default=[], metavar="NAME", help="leave a collection out"
    )
    parser.add_argument("--jobs", type=_jobs, default=-1, metavar="N", help="processes (default: one a core)")
    parser.add_argument("--retry", action="store_true", help="open files again that failed before")
    parser.add_argument(
        "--no-analyses",
        action="store_true",
        help="no projections, clusterings, experiments and audits; a later build computes them",
    )
    parser.add_argument(
        "--thorough",
        action="store_true",
        help="measure every candidate clustering and every classifier, however long it takes",
    )
    parser.add_argument("--keep", type=_at_least_one, default=KEEP, metavar="N", help="snapshots to keep")
    parser.add_argument(
        "words", nargs="*", metavar="NAME=PATH", help="collections as well, as if --dataset stood before each"
    )
    add_output(parser)


def _at_least_one(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} snapshots cannot be kept; expected a whole number from 1")
    return int(word)


def _jobs(word: str) -> int:
    if word != "-1" and (not word.isdecimal() or int(word) < 1):
        raise argparse.ArgumentTypeError(
            f"{word!r} processes cannot work; expected 1 or more, or -1 for all cores"
        )
    return int(word)


def run(options: argparse.Namespace) -> int:
    from pipeline.build.build import Options, build
    from pipeline.cli import console

    settings = Options(
        n_jobs=options.jobs,
        retry=options.retry,
        keep=options.keep,
        forget=options.forget,
        analyses=not options.no_analyses,
        thorough=options.thorough,
    )
    with console.listener(options) as listener:
        build(Store(options.store), parse([*options.dataset, *options.words]), listener, settings)
    return 0
