"""Whole builds as a person meets them: the first one over ESC-10, and the second with nothing changed.

    python benchmarks/rebuild.py [FOLDER] [--repeats 3]

FOLDER is an ESC-50 folder; without it, the 400 clips of ESC-10 are laid out from ../shared/data. Each run
is `python -m pipeline build` from start to end, the interpreter's own start included.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from _corpus import ABSENT, esc10
from rich.console import Console
from rich.table import Table

from store.reader import Reader
from store.snapshots import Store


@dataclass(slots=True)
class Row:
    """One kind of build, and the seconds each of its runs took."""

    name: str
    seconds: list[float] = field(default_factory=list)


def run(corpus: Path, repeats: int) -> tuple[list[Row], int]:
    """Time both kinds of build, each round in a store of its own; the rows, and how many clips there were."""
    first, second = Row("first build, all views, all cores"), Row("second build, nothing changed")
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as temporary:
            store = Store(Path(temporary))
            first.seconds.append(_build(store, ["--dataset", f"esc50={corpus}"]))
            before = store.current()
            second.seconds.append(_build(store, []))
            if before is None or store.current() != before:
                raise RuntimeError("the second build published a snapshot though nothing had changed")
            with Reader(before.path) as reader:
                clips = int(reader.datasets()["clips"].sum())
    return [first, second], clips


def _build(store: Store, words: list[str]) -> float:
    command = [sys.executable, "-m", "pipeline", "build", "--quiet", "--store", str(store.root), *words]
    began = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - began


def table(rows: Sequence[Row], clips: int) -> Table:
    drawn = Table(title=f"`python -m pipeline build` over {clips} clips, {len(rows[0].seconds)} repeats")
    for heading in ("", "median s", "min s", "max s", "ms/clip"):
        drawn.add_column(heading, justify="left" if not heading else "right")
    for row in rows:
        middle, least, most = statistics.median(row.seconds), min(row.seconds), max(row.seconds)
        drawn.add_row(row.name, *(f"{one:.2f}" for one in (middle, least, most, 1000 * middle / clips)))
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description="Seconds of a first and of an unchanged build.")
    parser.add_argument(
        "folder", nargs="?", type=Path, help="an ESC-50 folder, with audio/ and meta/esc50.csv"
    )
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with esc10(options.folder) as corpus:
        if corpus is None:
            Console().print(ABSENT)
            return
        Console().print(table(*run(corpus, options.repeats)))


if __name__ == "__main__":
    main()
