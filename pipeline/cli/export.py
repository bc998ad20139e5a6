"""Write the current snapshot as Parquet, CSV or pairs for the Embedding Projector."""

from __future__ import annotations

import argparse
from pathlib import Path

from store.errors import StoreError
from store.snapshots import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", type=Path, help="a new or empty folder to write into")
    parser.add_argument("--format", default="parquet", help="parquet (the default), csv or projector")
    parser.add_argument(
        "--dataset", action="append", default=[], metavar="NAME", help="only these (default: all)"
    )
    parser.add_argument(
        "--view", action="append", default=[], metavar="NAME", help="only these (default: all)"
    )


def run(options: argparse.Namespace) -> int:
    from pipeline.cli.console import plain
    from pipeline.fields import with_role
    from store.export import export
    from store.reader import Reader

    current = Store(options.store).current()
    if current is None:
        raise StoreError(
            "The store is empty, there is nothing to export. Run `python -m pipeline build` first."
        )
    with Reader(current.path) as reader:
        try:
            written = export(
                reader,
                options.target,
                options.format,
                options.dataset,
                options.view,
                list(with_role("export")),
            )
        except OSError as error:
            raise StoreError(f"{options.target} cannot be written: {error.strerror or error}.") from error
    plain().print(f"{len(written)} files of snapshot {current.number} in {options.target}")
    return 0
