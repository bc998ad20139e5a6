"""The commands of ``python -m pipeline``, one file each: ``add_arguments`` and ``run``."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_store(parser: argparse.ArgumentParser, default: object = argparse.SUPPRESS) -> None:
    """``--store PATH``. Without a default, what was said before the sub-command stays."""
    parser.add_argument(
        "--store",
        type=lambda word: Path(word).expanduser().resolve(),
        default=default,
        metavar="PATH",
        help="the store's folder (default: SESATLAS_STORE or data/store)",
    )
