"""The commands of ``python -m pipeline``, one file each: ``add_arguments`` and ``run``.

What takes long to import is imported in ``run``: help and a mistyped option are answered without.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_store(parser: argparse.ArgumentParser, default: object = argparse.SUPPRESS) -> None:
    """``--store PATH``. Without a default, what was given before the sub-command stays."""
    parser.add_argument(
        "--store",
        type=lambda word: Path(word).expanduser().resolve(),
        default=default,
        metavar="PATH",
        help="the store's folder (default: SESATLAS_STORE or data/store)",
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """``--quiet`` and ``--json``: how much a build, or a command that works as one, writes."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quiet", action="store_true", help="say nothing but errors")
    how.add_argument("--json", action="store_true", help="one event a line on standard output")
