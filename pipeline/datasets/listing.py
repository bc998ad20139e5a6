"""The tables of a folder of one's own: which of them list its recordings, and what their columns say."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.datasets.corpus import DatasetError, Tree, folder_of, is_audio, stem_of
from pipeline.datasets.places import Places
from pipeline.datasets.table import (
    MAX_SHOWN,
    Line,
    Row,
    Sheet,
    Table,
    column_name,
    headed,
    quoted,
    read_sheet,
)
from pipeline.fields import FIELDS, plain

PATH_COLUMNS = (
    "path", "filename", "file", "file_name", "filepath", "file_path", "fname", "slice_file_name", "audio",
    "audio_path", "audio_file", "audio_filename", "wav", "dosya", "dosya_adı", "dosya_adi",
)  # fmt: skip
"""Names of the column that names the recording; one of another name is known by its cells."""
TABLES, TEXTS = (".csv", ".tsv"), (".txt",)
OTHER_TABLES = (".xlsx", ".xls", ".ods", ".parquet", ".jsonl")
MAX_TABLES = 20
"""So many are opened; where there are more, they are no lists of the collection."""
MAX_BESIDE = 3
"""More tables than this that are called as a recording beside them are about that one each."""
SAMPLE = 400
"""Rows by whose cells a column is recognised."""
NAMED = 8
NUMBER = re.compile(r"[-+]?[\d.,]*\d(?:[eE][-+]?\d+)?")


@dataclass(slots=True)
class Listing:
    """A table of which a column names recordings, and the column of each field it has."""

    name: str
    """The table's path below the root."""
    table: Table
    path_column: str
    columns: dict[str, str]
    paths: list[str | None]
    """The recording of each row; None where it names none, or several."""
    notes: list[str] = field(default_factory=list)
    unread: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Field -> cells that could not be read; they were left empty."""
    rounded: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Field -> cells that name a span, of which the middle was taken."""

    @property
    def found(self) -> set[str]:
        return {path for path in self.paths if path is not None}

    @property
    def other_columns(self) -> list[str]:
        """Those that say nothing that is read."""
        used = {self.path_column, *self.columns.values()}
        return [
            name
            for name in self.table.columns
            if name not in used and name and not name.startswith("unnamed:")
        ]

    def fields(self, row: Row) -> dict[str, object]:
        """What ``row`` says of its clip, by field; an empty or unreadable cell is ``None``."""
        values: dict[str, object] = {}
        for name, column in self.columns.items():
            cell = row.cells.get(column, "")
            values[name] = FIELDS[name].parse(cell) if cell else None
            if cell and values[name] is None:
                self.unread[name].append(cell)
            elif cell and FIELDS[name].is_rounded(cell):
                self.rounded[name].append(cell)
        return values

    def all_notes(self) -> list[str]:
        """What a person should know of how the table was read, once its rows are."""
        spans = [
            f"Cells of {self.name} for {name} that name a span, such as {quoted(cells[0])}: {len(cells):,}; its middle "
            f"was taken, here {FIELDS[name].parse(cells[0]):g}."
            for name, cells in self.rounded.items()
        ]
        unread = [
            f"Cells of {self.name} for {name} such as {quoted(cells[0])} that are not {FIELDS[name].expected}: "
            f"{len(cells):,}; left empty."
            for name, cells in self.unread.items()
        ]
        others = self.other_columns
        unused = [f"Columns of {self.name} that are not used: {listed(others)}."] if others else []
        return [*self.notes, *spans, *unread, *unused]


@dataclass(frozen=True, slots=True)
class Listings:
    """The tables that say what the recordings are, and a sentence on each that does not."""

    used: list[Listing]
    notes: list[str]


def find_listings(tree: Tree) -> Listings:
    """
    The tables below the root that list its recordings.

    Of tables that list the same recordings the one that lists most is used, then the one that says most of them;
    tables of different recordings are used together.

    Raises
    ------
    DatasetError
        A table directly in the root cannot be read and no other one is there; no file that the only list names
        is there; or two tables fit alike.
    """
    places = Places(tree.audio, tree.root.resolve().name)
    names, notes = _tables(tree)
    listings: list[Listing] = []
    faults: list[DatasetError] = []
    for name in names:
        try:
            sheet = read_sheet(tree.root / name, tree.audio)
            listing = _listing(name, sheet, places)
        except DatasetError as error:
            if not name.lower().endswith(TEXTS):
                faults += [error] if "/" not in name else []
                notes += [str(error)]
            continue
        if listing is not None:
            listings.append(listing)
        elif len(sheet.lines) and not name.lower().endswith(TEXTS):
            notes.append(f"{name} names no recording of this folder and is not used; {_columns_of(sheet)}.")
    used = _chosen(tree.root, listings, notes)
    if len(used) > 1:
        notes.append(
            f"Read together, as they list different recordings: {listed([one.name for one in used])}."
        )
    if faults and not used:
        raise faults[0]
    return Listings(used, notes)


def _tables(tree: Tree) -> tuple[list[str], list[str]]:
    """The files to look at, upper folders first, and notes on those that are not looked at."""
    stems = {path.rpartition(".")[0] for path in tree.audio}
    files = sorted(tree.files, key=lambda path: (path.count("/"), path))
    tables = [path for path in files if path.lower().endswith(TABLES)]
    beside = [path for path in tables if path.rpartition(".")[0] in stems]
    beside = beside if len(beside) > MAX_BESIDE else []
    texts = [
        path
        for path in files
        if path.lower().endswith(TEXTS) and "/" not in path and stem_of(path) not in stems
    ]
    others = [path for path in files if path.lower().endswith(OTHER_TABLES)]
    own = [path for path in tables if path not in set(beside)]
    counted = {
        "Tables beside a recording of the same name": beside,
        f"Tables beyond the first {MAX_TABLES}": own[MAX_TABLES:],
    }
    notes = [f"{what}: {len(some):,}, first {some[0]}; not read." for what, some in counted.items() if some]
    if others:
        notes.append(
            f"Tables in a format that is not read: {len(others):,}, first {others[0]}; save a list of the recordings "
            "as 'CSV UTF-8'."
        )
    return own[:MAX_TABLES] + texts[:MAX_TABLES], notes


def _chosen(root: Path, listings: Sequence[Listing], notes: list[str]) -> list[Listing]:
    """Those to use; notes on the others are added."""
    order = sorted(
        listings, key=lambda one: (-len(one.found), -len(one.columns), one.name.count("/"), one.name)
    )
    used: list[Listing] = []
    for one in order:
        if one.name.lower().endswith(TEXTS) and len(one.table.columns) < 2:
            notes.append(
                f"{one.name} lists {len(one.found):,} recordings, says nothing of them and is not used."
            )
            continue
        rivals = [other for other in used if other.found & one.found]
        if not rivals and (one.found or (not used and "/" not in one.name)):
            used.append(one)
        elif not one.found:
            first = next(row.cells.get(one.path_column, "") for row in one.table.rows)
            notes.append(
                f"{one.name} lists no recording of this folder (the first is {quoted(first)}) and is not used; "
                f"{_columns(one.table.columns)}."
            )
        elif len(rivals[0].found) == len(one.found) and len(rivals[0].columns) == len(one.columns):
            raise DatasetError(
                f"{root} has more than one list of recordings, {rivals[0].name} and {one.name}, which list "
                f"{len(one.found):,} each and say as much of them; leave the one that holds."
            )
        else:
            more = len(rivals[0].found) > len(one.found)
            why = (
                f"lists {len(rivals[0].found):,} recordings, not {len(one.found):,}"
                if more
                else "says more of them"
            )
            notes.append(
                f"{rivals[0].name} is used and {one.name} is not: it {why}; "
                f"columns of {one.name}: {listed([name for name in one.table.columns if name])}."
            )
    return used


def _listing(name: str, sheet: Sheet, places: Places) -> Listing | None:
    """The sheet as a list of recordings; None where it is none."""
    table, has_header = _headed(sheet, folder_of(name), places)
    column = _path_column(table, folder_of(name), places)
    if column is None:
        return None
    cells = [row.cells.get(column, "") for row in table.rows]
    places.learn(cells)
    paths = [places.find(cell, folder_of(name)) if cell else None for cell in cells]
    notes = [f"{name} was read as {sheet.encoding}: its bytes are not UTF-8."] if sheet.encoding else []
    known = _fields(table, column)
    guessed = {} if known else _guessed_fields(table, column, has_header)
    taken = {column: "recording"} if _key(column) not in PATH_COLUMNS else {}
    taken |= {other: FIELDS[one].name for one, other in guessed.items()}
    if taken:
        each = ", ".join(f"{quoted(other)} was taken for the {meaning}" for other, meaning in taken.items())
        notes.append(
            f"In {name}, by what the cells hold, {each}." if has_header else f"{name} has no header: {each}."
        )
    return Listing(name, table, column, known or guessed, paths, notes)


def _headed(sheet: Sheet, folder: str, places: Places) -> tuple[Table, bool]:
    """The rows by column, and whether the sheet names its columns; else they are numbered."""
    lines = sheet.lines
    first = [column_name(cell) for cell in lines[0].values] if lines else []
    known = {*PATH_COLUMNS, *FIELDS, *(name for one in FIELDS.values() for name in one.csv_names)}
    if known.intersection(map(_key, first)) or not any(
        _is_recording(lines, at, folder, places) for at in range(len(first))
    ):
        return headed(sheet), True
    if len(sheet.comment) == len(first) > 1:
        return headed(sheet, list(map(column_name, sheet.comment))), True
    return headed(sheet, [f"column {number}" for number in range(1, len(first) + 1)]), False


def _key(column: str) -> str:
    """``file name`` and ``file-name`` are ``file_name``."""
    return re.sub(r"[\s-]+", "_", column)


def _is_recording(lines: Sequence[Line], at: int, folder: str, places: Places) -> bool:
    """Whether the first line names a recording in this column, as the second one does."""
    cells = [line.values[at].strip() if at < len(line.values) else "" for line in lines[:2]]
    if not cells[0]:
        return False
    same_shape = len(cells) > 1 and bool(re.search(r"\d", cells[0])) and _shape(cells[0]) == _shape(cells[1])
    return (
        places.find(cells[0], folder) is not None
        or is_audio(cells[0])
        or (same_shape and places.find(cells[1], folder) is not None)
    )


def _shape(cell: str) -> str:
    return re.sub(r"\d", "0", cell)


def _path_column(table: Table, folder: str, places: Places) -> str | None:
    """The column whose cells name recordings, by its name or else by its cells; None where there is none."""
    rows = table.rows[:: max(1, len(table.rows) // SAMPLE)]
    best, most = None, (0.0, False)
    for name in table.columns:
        cells = [cell for row in rows if (cell := row.cells.get(name, ""))]
        is_known = _key(name) in PATH_COLUMNS
        # Recordings called 1.wav, 2.wav ... are no reason to take any number for one.
        if not cells or (not is_known and all(map(NUMBER.fullmatch, cells))):
            continue
        found = len({path for cell in cells if (path := places.find(cell, folder))})
        named = sum(map(is_audio, cells)) / len(cells)
        if found and not is_known and named < 0.9 and found < len(cells) / 2:
            continue
        score = (found if found else 0.5 * (named >= 0.5), is_known)
        if score[0] and score > most:
            best, most = name, score
    return best


def _fields(table: Table, path_column: str) -> dict[str, str]:
    """Field -> its column."""
    columns = {_key(column): column for column in table.columns if column != path_column}
    found: dict[str, str] = {}
    for name, one in FIELDS.items():
        if not one.measured:
            there = [columns[key] for key in (name, *one.csv_names) if key in columns]
            found |= {name: there[0]} if there else {}
    # Common Voice calls the words themselves a sentence, TIMIT their code.
    if "text" not in found and found.get("sentence") == "sentence" and _kind(table, "sentence") == "text":
        found["text"] = found.pop("sentence")
    return found


def _guessed_fields(table: Table, path_column: str, has_header: bool) -> dict[str, str]:
    """Field -> its column, of a table whose other columns have no known name.

    One column beside the recording says what it is, or what is spoken. Of several in a table without a header, the
    first of sentences is the text, as in LJ Speech.
    """
    others = [name for name in table.columns if name and name != path_column]
    kinds = {name: _kind(table, name) for name in others}
    if len(others) == 1 and kinds[others[0]]:
        return {kinds[others[0]]: others[0]}
    texts = [name for name in others if kinds[name] == "text" and not has_header]
    return {"text": texts[0]} if texts else {}


def _kind(table: Table, column: str) -> str:
    """What a column of no known name holds: texts, which mostly have several words, or labels; numbers are neither."""
    cells = [plain(row.cells.get(column, "")) for row in table.rows[:SAMPLE]]
    if all(NUMBER.fullmatch(cell) for cell in cells if cell):
        return ""
    several = sum(" " in cell for cell in cells)
    return "text" if several > len(cells) / 2 and len(set(cells)) > len(cells) / 2 else "label"


def _columns_of(sheet: Sheet) -> str:
    return _columns(sheet.lines[0].values)


def _columns(names: Sequence[str]) -> str:
    shown = [name for cell in names if (name := plain(cell))]
    return f"its columns: {listed(shown)}" if len(shown) != 1 else f"its only column: {shown[0]}"


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(name[:MAX_SHOWN] for name in names[:NAMED]) + more
