"""The commands of ``python -m pipeline``, one file each: ``add_arguments``, ``run`` and ``EXAMPLES``.

What takes long to import is imported in ``run``: help and a mistyped option are answered without. ``STOPPED``, where
a command has it, says what is left when it is stopped.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_common(parser: argparse.ArgumentParser) -> None:
    """``--store`` and ``--verbose``, before the command or after it: what was given before stays."""
    parser.add_argument(
        "--store",
        type=lambda word: Path(word).expanduser().resolve(),
        default=argparse.SUPPRESS,
        metavar="PATH",
        help="the store's folder (default: SESATLAS_STORE or data/store)",
    )
    parser.add_argument(
        "--verbose", action="store_true", default=argparse.SUPPRESS, help="log what goes on inside"
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """``--quiet`` and ``--json``: how much a build, or a command that works as one, writes."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quiet", action="store_true", help="write nothing but errors")
    how.add_argument("--json", action="store_true", help="one event a line on standard output")
