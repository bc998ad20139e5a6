"""What the owner's own CSV says of the recordings of a folder, column by column."""

from __future__ import annotations

import math
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.clips import Sex, Split
from pipeline.datasets.corpus import DatasetError, Tree
from pipeline.datasets.tables import Row, Table, read_table

PATH_COLUMNS = ("path", "filename", "file", "file_name", "filepath")
SPLITS: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "trn": "train",
    "test": "test",
    "testing": "test",
    "tst": "test",
}
SEXES: dict[str, Sex] = {"female": "female", "f": "female", "male": "male", "m": "male"}


def _whole(text: str) -> int | None:
    number = _number(text)
    return int(number) if number is not None and number == int(number) else None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


@dataclass(frozen=True, slots=True)
class Field:
    """A field of Clip, the columns it may come from (the first that is there), and how it is read."""

    columns: tuple[str, ...]
    parse: Callable[[str], object] = str
    expected: str = "text"


FIELDS: dict[str, Field] = {
    "label": Field(("label", "category", "class")),
    "label_group": Field(("label_group", "group")),
    "fold": Field(("fold",), _whole, "a whole number"),
    "split": Field(("split",), lambda text: SPLITS.get(text.lower()), "train or test"),
    "source": Field(("source", "src_file")),
    "take": Field(("take",)),
    "speaker": Field(("speaker", "speaker_id")),
    "sex": Field(("sex", "gender"), lambda text: SEXES.get(text.lower()), "female or male"),
    "dialect": Field(("dialect",)),
    "age_years": Field(("age_years", "age"), _number, "a number of years"),
    "height_cm": Field(("height_cm",), _number, "a number of centimetres"),
    "sentence": Field(("sentence",)),
    "sentence_type": Field(("sentence_type",)),
    "text": Field(("text", "transcript")),
}


@dataclass(slots=True)
class Listing:
    """The owner's table, and the column of each field it has."""

    table: Table
    path_column: str
    columns: dict[str, str]
    unread: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Field -> cells that could not be read; they were left empty."""

    @property
    def name(self) -> str:
        return self.table.path.name

    def fields(self, row: Row) -> dict[str, object]:
        """What ``row`` says of its clip, by field; an empty or unreadable cell is ``None``."""
        values: dict[str, object] = {}
        for name, column in self.columns.items():
            cell = row.cells.get(column, "")
            values[name] = FIELDS[name].parse(cell) if cell else None
            if cell and values[name] is None:
                self.unread[name].append(cell)
        return values

    def notes(self) -> list[str]:
        return [
            f"Cells of {self.name} for {name} such as {cells[0]!r} that are not {FIELDS[name].expected}: "
            f"{len(cells):,}; left empty."
            for name, cells in self.unread.items()
        ]


def find_listing(tree: Tree) -> Listing | None:
    """The CSV directly in the root that lists recordings, or ``None`` when there is none.

    Raises
    ------
    DatasetError
        A CSV cannot be read, or more than one lists recordings.
    """
    paths = [path for path in tree.files if "/" not in path and path.lower().endswith(".csv")]
    listings = [listing for path in paths if (listing := _listing(tree.root / path))]
    if len(listings) > 1:
        names = " and ".join(listing.name for listing in listings[:2])
        raise DatasetError(
            f"{tree.root} has more than one list of recordings, {names}; leave the one that holds."
        )
    return listings[0] if listings else None


def _listing(path: Path) -> Listing | None:
    table = read_table(path)
    path_column = next((name for name in PATH_COLUMNS if name in table.columns), None)
    if path_column is None:
        return None
    columns = {
        name: next(column for column in known.columns if column in table.columns)
        for name, known in FIELDS.items()
        if any(column in table.columns for column in known.columns)
    }
    return Listing(table, path_column, columns)


class Places:
    """Finds the recording that a person meant by a path typed into a table."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths: dict[str, str] = {}
        self._names: dict[str, list[str]] = {}
        for path in paths:
            self._paths.setdefault(_plain(path), path)
            self._names.setdefault(_plain(path.rpartition("/")[2]), []).append(path)

    def find(self, named: str) -> str | None:
        key = _plain(named).removeprefix("./")
        same_name = self._names.get(key, [])
        return self._paths.get(key) or (same_name[0] if len(same_name) == 1 else None)


def _plain(path: str) -> str:
    # macOS decomposes accents in file names, tables are typed composed; Windows writes backslashes.
    return unicodedata.normalize("NFC", path.replace("\\", "/"))
