"""Write the current snapshot as Parquet, CSV or pairs for the Embedding Projector."""

from __future__ import annotations

import argparse
from pathlib import Path

from store.errors import StoreError
from store.snapshots import Store

STOPPED = "Stopped. Nothing was exported."
EXAMPLES = """
export OUT                                   # clips and every view as Parquet
export OUT --format csv --dataset esc50 --view mfcc
export OUT --format projector                # pairs of TSV for https://projector.tensorflow.org
"""


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
    from store.reader import open_current

    found = open_current(Store(options.store))
    if found is None:
        raise StoreError(
            "The store is empty, there is nothing to export. Run `python -m pipeline build` first."
        )
    current, opened = found
    with opened as reader:
        fields = list(with_role("export"))
        written = export(reader, options.target, options.format, options.dataset, options.view, fields)
    plain().print(f"{len(written)} files of snapshot {current.number} in {options.target}")
    return 0
