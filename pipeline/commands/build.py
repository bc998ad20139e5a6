"""Refresh the store from recordings: those named here and those it remembers."""

from __future__ import annotations

import argparse
import sys

from pipeline import console
from pipeline.build import Options, build
from pipeline.sources import parse
from store.snapshots import KEEP, Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dataset",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="a collection and its folder, as often as wanted: esc50, timit, ravdess, emodb, folder, "
        "or demo (needs no path); NAME:ALIAS=PATH names it otherwise in the store",
    )
    parser.add_argument(
        "--forget", action="append", default=[], metavar="NAME", help="leave a collection out"
    )
    parser.add_argument("--jobs", type=int, default=-1, metavar="N", help="processes (default: one a core)")
    parser.add_argument("--retry", action="store_true", help="open files again that failed before")
    parser.add_argument("--keep", type=_at_least_one, default=KEEP, metavar="N", help="snapshots to keep")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quiet", action="store_true", help="say nothing but errors")
    how.add_argument("--json", action="store_true", help="one event a line on standard output")


def _at_least_one(word: str) -> int:
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} snapshots cannot be kept; expected 1 or more")
    return number


def run(options: argparse.Namespace) -> int:
    settings = Options(n_jobs=options.jobs, retry=options.retry, keep=options.keep, forget=options.forget)
    with _listener(options) as listener:
        build(Store(options.store), parse(options.dataset), listener, settings)
    return 0


def _listener(options: argparse.Namespace) -> console.Display:
    if options.quiet:
        return console.Silent()
    if options.json:
        return console.Lines(sys.stdout)
    return console.Terminal()
