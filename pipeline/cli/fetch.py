"""Download a published corpus, or say how to get it."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline.sources import recordings_root

STOPPED = "Stopped. What was downloaded is kept; the same command goes on from there."
EXAMPLES = """
fetch esc50                 # about 650 MB, into data/
fetch esc50 --to PATH       # into another folder
fetch timit                 # says how to get it
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="esc50, or another dataset to learn how to get it")
    parser.add_argument(
        "--to", type=Path, default=None, metavar="PATH", help="the folder for it (default: data/)"
    )
    parser.add_argument(
        "--url", default=None, help="another place to download from, e.g. a mirror of your own"
    )


def run(options: argparse.Namespace) -> int:
    from rich.progress import DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    from pipeline.cli.console import plain
    from pipeline.datasets.download import announcement, fetch

    target = (options.to or recordings_root()).expanduser().resolve()
    columns = (TextColumn("downloading"), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    console = plain()
    if options.name == "esc50" and options.url is None:
        console.print(announcement(target))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        path = fetch(
            options.name,
            target,
            url=options.url,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    console.print(
        f"{options.name} lies in {path}. Next: python -m pipeline build --dataset {options.name}={path}"
    )
    return 0
