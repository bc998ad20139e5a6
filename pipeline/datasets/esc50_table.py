"""Where an ESC-50 lies, and what its ``esc50.csv`` says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.datasets.corpus import DatasetError, describe, require_folder, stem_of
from pipeline.datasets.tables import Row, Table, read_table

GROUPS = (
    "Animals",
    "Natural soundscapes & water sounds",
    "Human, non-speech sounds",
    "Interior/domestic sounds",
    "Exterior/urban noises",
)
EXPECTED = "ESC-50 with audio/ and meta/esc50.csv"
COLUMNS = ("filename", "fold", "target", "category", "src_file", "take")


@dataclass(frozen=True, slots=True)
class Corpus:
    """Where one ESC-50 lies, and its table by ``FOLD-SOURCE-TAKE-TARGET`` and ``FOLD-SOURCE-TAKE``."""

    root: Path
    audio: str
    rows: dict[str, dict[str, str]]
    short: dict[str, dict[str, str]]


def open_corpus(root: Path) -> Corpus:
    """Find the one ESC-50 at, directly below or directly around ``root``.

    Raises
    ------
    DatasetError
        There is none or more than one, or its table cannot be read.
    """
    require_folder(root, EXPECTED)
    places = list(_places(root)) or [
        place for child in sorted(root.iterdir()) if child.is_dir() for place in _places(child)
    ]
    if not places:
        raise DatasetError(
            f"No esc50.csv in {describe(root)}: expected {EXPECTED}; give the folder that holds both."
        )
    if len(places) > 1:
        both = " and ".join(str(audio) for _, audio in places[:2])
        raise DatasetError(f"{root} holds more than one ESC-50, {both}; give the one you mean.")
    (path, audio), *_ = places
    rows = _by_name(read_table(path))
    short = {stem.rpartition("-")[0]: cells for stem, cells in rows.items()}
    return Corpus(root, audio.relative_to(root).as_posix() if audio != root else "", rows, short)


def _places(base: Path) -> Iterator[tuple[Path, Path]]:
    """The table and the folder of the clips, where ``base`` is a corpus or its ``audio/``."""
    audio = base / "audio" if (base / "audio").is_dir() else base
    tables = [(base / "meta/esc50.csv", audio), (base / "esc50.csv", audio)]
    if base.resolve().name == "audio":
        above = base.resolve().parent
        tables += [(above / "meta/esc50.csv", base), (above / "esc50.csv", base)]
    yield from [place for place in tables if place[0].is_file()][:1]


def _by_name(table: Table) -> dict[str, dict[str, str]]:
    absent = [name for name in COLUMNS if name not in table.columns]
    if absent:
        wanted = ", ".join(COLUMNS)
        raise DatasetError(f"{table.path} lacks the column {absent[0]!r}: expected {wanted}; fetch it anew.")
    return {stem_of(row.cells.get("filename", "")): _checked(table.path, row) for row in table.rows}


def _checked(path: Path, row: Row) -> dict[str, str]:
    lost = [name for name in COLUMNS if name not in row.cells]
    if lost:
        raise DatasetError(f"{path} ends before {lost[0]!r} in line {row.line}; fetch it anew.")
    fold, target = row.cells["fold"], row.cells["target"]
    if not fold.isdecimal() or not target.isdecimal():
        seen = f"fold {fold!r} and target {target!r}"
        raise DatasetError(
            f"{path} has {seen} in line {row.line}: expected two whole numbers; fetch it anew."
        )
    if int(target) // 10 >= len(GROUPS):
        raise DatasetError(f"{path} has target {target} in line {row.line}: expected 0 to 49; fetch it anew.")
    return row.cells
