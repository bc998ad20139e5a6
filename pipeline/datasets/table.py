"""A table in a text file, as spreadsheets, pandas and people write it."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.datasets.corpus import DatasetError, describe, is_audio, require_folder, stem_of
from pipeline.datasets.encoding import FOREIGN, SAVE_AS, EncodingDoubtError, decoded
from pipeline.fields import plain

DELIMITERS = "\t|;,"
"""Of two that fit alike, the first: a comma is also in texts."""
COMMENTS = ("#", "%", "//")
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
"""What Excel writes and reads as the first line of a CSV."""
LOOKED_AT = 200
"""Lines by which the delimiter is found, and the lines that one cell in quotes may have."""
MAX_BYTES = 256_000_000
MAX_SHOWN = 60
"""Letters of a cell that a sentence quotes."""
SAFE = re.compile(r"\A'(?=[=+\-@\t\r])")
"""What exports put in front of a text that a spreadsheet would take for a formula: see ``store.export``."""


@dataclass(frozen=True, slots=True)
class Line:
    """The cells of one row, as they stand there, and the number of its line in the file."""

    number: int
    values: tuple[str, ...]
    fault: str = ""
    """Why its cells cannot be trusted, as the end of a sentence that begins with the line; mostly empty."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All lines of a table that are not blank, the header among them where there is one."""

    path: Path
    lines: list[Line]
    comment: tuple[str, ...] = ()
    """The cells of the last comment above the table: some put the column names there."""
    encoding: str = ""
    """Where it was inferred from the bytes."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; ``cells`` by column name in lower case, stripped."""

    line: int
    cells: dict[str, str]
    width: int
    """How many cells the line has; it should be as many as the table has columns."""
    fault: str = ""
    """See :class:`Line`."""


@dataclass(frozen=True, slots=True)
class Table:
    path: Path
    columns: list[str]
    rows: list[Row]


def read_sheet(path: Path, names: Iterable[str] = ()) -> Sheet:
    """
    Read a table separated by comma, semicolon, tab or bar, whichever divides its lines most evenly.

    Blank lines, comments above the table and Excel's ``sep=;`` are no rows. A quotation mark that nothing
    closes spoils its own line and no other.

    Parameters
    ----------
    path : Path
        The file, in UTF-8, UTF-16 or a code page of Windows that its bytes leave no doubt about.
    names : iterable of str
        Of recordings that the table may list; they help to find its encoding.

    Raises
    ------
    DatasetError
        The file cannot be opened, is no text, or text in an encoding that could be several.
    """
    text, encoding = _text(path, names)
    lines = io.StringIO(text, newline="").readlines()
    start, delimiter, comment = _beginning(lines)
    if delimiter is None:
        delimiter = _delimiter(lines[start : start + LOOKED_AT])
    read = _read(lines, start, delimiter)
    return Sheet(path, read, tuple(_row([comment], 0, delimiter, 0)[0]) if comment else (), encoding)


def read_table(path: Path) -> Table:
    """Read a table whose first line names its columns.

    Raises
    ------
    DatasetError
        As :func:`read_sheet`; and where it has no header or names a column twice.
    """
    return headed(read_sheet(path))


def headed(sheet: Sheet, columns: Sequence[str] | None = None) -> Table:
    """The rows by column; of a sheet without a header, by the names of ``columns``.

    Raises
    ------
    DatasetError
        No header, or a column twice.
    """
    lines = sheet.lines if columns is not None else sheet.lines[1:]
    if columns is None:
        columns = [column_name(cell) for cell in sheet.lines[0].values] if sheet.lines else []
    names = list(columns)
    _check_header(sheet.path, names)
    return Table(
        sheet.path,
        names,
        [Row(line.number, _named(names, line), _width(names, line), line.fault) for line in lines],
    )


def quoted(cell: str) -> str:
    """A cell in a sentence; a long one in its beginning."""
    return repr(cell if len(cell) <= MAX_SHOWN else f"{cell[:MAX_SHOWN]}…")


def column_name(cell: str) -> str:
    """A cell of a header as the name of its column: in lower case, also of a Turkish İ, which becomes two letters."""
    return plain(cell).lower().replace("i\N{COMBINING DOT ABOVE}", "i")


def _named(columns: Sequence[str], line: Line) -> dict[str, str]:
    return {name: SAFE.sub("", cell.strip()) for name, cell in zip(columns, line.values, strict=False)}


def _width(columns: Sequence[str], line: Line) -> int:
    """Without empty cells behind the last column, which spreadsheets leave."""
    width = len(line.values)
    while width > len(columns) and not line.values[width - 1].strip():
        width -= 1
    return width


def _check_header(path: Path, columns: list[str]) -> None:
    if not any(columns):
        raise DatasetError(f"{path} has no header: expected column names in its first line; add them.")
    twice = sorted(name for name, count in Counter(columns).items() if name and count > 1)
    if twice:
        raise DatasetError(
            f"{path} has more than one column {quoted(twice[0])}; rename or remove all but one."
        )


def _text(path: Path, names: Iterable[str]) -> tuple[str, str]:
    try:
        if path.stat().st_size > MAX_BYTES:
            size = f"{path.stat().st_size / 1e6:,.0f} MB"
            raise DatasetError(
                f"{path} has {size}, expected a table of up to {MAX_BYTES / 1e6:.0f} MB; shorten it."
            )
        data = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path} cannot be opened ({error.strerror}); give read access to it.") from error
    for first, kind in FOREIGN.items():
        if data.startswith(first):
            raise DatasetError(
                f"{path} is {kind} and not the text of a table; {SAVE_AS}, or give it its true name."
            )
    try:
        return decoded(data, names)
    except EncodingDoubtError as error:
        raise DatasetError(f"{path} is not UTF-8 text ({error}); {SAVE_AS}.") from error


def _beginning(lines: Sequence[str]) -> tuple[int, str | None, str]:
    """Where the table begins, the delimiter that a line above it names, and the last comment above it."""
    delimiter, comment = None, ""
    for number, line in enumerate(lines):
        text = line.strip()
        if found := SEPARATOR_LINE.fullmatch(line.strip("\r\n ")):
            delimiter = found[1]
        elif text.startswith(COMMENTS):
            comment = text.lstrip("".join(COMMENTS)).strip()
        elif text.strip(DELIMITERS + '" '):
            return number, delimiter, comment
    return len(lines), delimiter, comment


def _delimiter(lines: Sequence[str]) -> str:
    """What divides the first line, and most others into as many cells."""
    best, most = ",", 0.0
    for delimiter in DELIMITERS:
        rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        try:
            widths = [len(row) for row in rows if any(row)]
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        alike = widths.count(widths[0]) / len(widths)
        if alike > most:
            best, most = delimiter, alike
    return best


def _read(lines: list[str], start: int, delimiter: str) -> list[Line]:
    read: list[Line] = []
    width = 0
    while start < len(lines):
        cells, used, fault = _row(lines, start, delimiter, width)
        start += used
        if any(cell.strip() for cell in cells):
            width = width or len(cells)
            read.append(Line(start, tuple(cells), fault))
    return read


def _row(lines: list[str], start: int, delimiter: str, width: int) -> tuple[list[str], int, str]:
    """The cells of the row that begins in line ``start``, how many lines it has, and what is wrong with it."""
    several = lines[start : start + (LOOKED_AT if '"' in lines[start] else 1)]
    # A quotation mark still open at the end takes the blank line behind it.
    reader = csv.reader([*several, "\n"], delimiter=delimiter, skipinitialspace=True)
    fault = "opens a quotation mark that nothing closes; close it or remove it."
    try:
        cells = next(reader)
        used = reader.line_num
        if used == 1 or (used <= len(several) and _closes(several[:used], delimiter, width)):
            damaged = any("\ufffd" in cell for cell in cells)
            return cells, used, "holds bytes that are not UTF-8; type the line anew." if damaged else ""
    except csv.Error:
        if several[0].count('"') % 2 == 0:
            fault = f"has a cell of more than {csv.field_size_limit():,} characters; shorten it."
    return [cell.strip().strip('"') for cell in several[0].rstrip("\r\n").split(delimiter)], 1, fault


def _closes(lines: Sequence[str], delimiter: str, width: int) -> bool:
    """Whether a cell of several lines is meant to be one: it ends properly and has swallowed no other row."""
    try:
        next(csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True))
    except csv.Error:
        return False
    within = csv.reader(lines[1:], delimiter=delimiter, skipinitialspace=True)
    try:
        return not any(len(row) == width and any(map(is_audio, row)) for row in within)
    except csv.Error:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLayout:
    """A corpus that says in one table what is in each of its files."""

    title: str
    expected: str
    """The folder that a person should give, in words."""
    table: str
    """The table's name; it lies in ``table_folder`` beside the audio, or at the top."""
    table_folder: str
    columns: tuple[str, ...]
    """Those that it must have; the first names the file."""
    audio_folder: str = "audio"


MAX_DEPTH = 8
"""Folders below the one given in which a corpus is looked for."""


def find_table(root: Path, layout: TableLayout) -> tuple[Path, Path]:
    """The table of the one corpus at, below or directly around ``root``, and the folder of its clips.

    Raises
    ------
    DatasetError
        There is none, or more than one equally far below.
    """
    require_folder(root, layout.expected)
    level = {root.resolve(): root}
    seen = set(level)
    places: list[tuple[Path, Path]] = []
    for _ in range(MAX_DEPTH + 1):
        places = [place for folder in level.values() for place in _places(folder, layout)]
        if places:
            break
        below = {child.resolve(): child for folder in level.values() for child in _folders(folder)}
        level = {true: child for true, child in below.items() if true not in seen}
        seen |= set(level)
    if not places:
        raise DatasetError(
            f"No {layout.table} in {describe(root)}: expected {layout.expected}; give the folder that holds both."
        )
    if len(places) > 1:
        both = " and ".join(str(audio) for _, audio in places[:2])
        raise DatasetError(f"{root} holds more than one {layout.title}, {both}; give the one you mean.")
    return places[0]


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(
            child for child in folder.iterdir() if not child.name.startswith(".") and child.is_dir()
        )
    except OSError:
        return []


def _places(base: Path, layout: TableLayout) -> list[tuple[Path, Path]]:
    """The table and the folder of the clips, where ``base`` is a corpus or its audio folder; at most one."""
    inside = _child(base, layout.audio_folder)
    folders = [(base, inside if inside.is_dir() else base)]
    if base.resolve().name.lower() == layout.audio_folder.lower():
        folders.append((base.resolve().parent, base))
    tables = [
        (_child(place, layout.table), clips)
        for folder, clips in folders
        for place in (_child(folder, layout.table_folder), folder)
    ]
    return [place for place in tables if place[0].is_file()][:1]


def _child(folder: Path, name: str) -> Path:
    """Of that name, in whatever case; where there is none, as the publisher writes it."""
    exact = folder / name
    if exact.exists():
        return exact
    try:
        return next((one for one in sorted(folder.iterdir()) if one.name.lower() == name.lower()), exact)
    except OSError:
        return exact


def rows_by_file(table: Table, layout: TableLayout) -> dict[str, Row]:
    """The rows by the name of their file, without its suffix.

    Raises
    ------
    DatasetError
        A column is not there.
    """
    absent = [name for name in layout.columns if name not in table.columns]
    if absent:
        expected = ", ".join(layout.columns)
        raise DatasetError(
            f"{table.path} lacks the column {absent[0]!r}: expected {expected}; fetch it anew."
        )
    return {
        stem_of(row.cells[layout.columns[0]]): row for row in table.rows if layout.columns[0] in row.cells
    }
