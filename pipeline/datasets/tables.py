"""CSV files written by people: read whole, or refused in one sentence that names the line."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from pipeline.datasets.corpus import DatasetError


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; ``cells`` by column name in lower case, stripped."""

    line: int
    cells: dict[str, str]
    width: int
    """How many cells the line has; it should be as many as the table has columns."""


@dataclass(frozen=True, slots=True)
class Table:
    path: Path
    columns: list[str]
    rows: list[Row]


def read_table(path: Path) -> Table:
    """Read a CSV separated by comma, semicolon or tab, whichever its first line holds most.

    Raises
    ------
    DatasetError
        The file cannot be opened, is not UTF-8 text, has no header or names a column twice.
    """
    try:
        # utf-8-sig: spreadsheet programs put a byte order mark in front.
        with path.open(encoding="utf-8-sig", newline="") as file:
            delimiter = _delimiter(file.readline())
            file.seek(0)
            reader = csv.reader(file, delimiter=delimiter)
            columns = [name.strip().lower() for name in next(reader, [])]
            _check_header(path, columns)
            rows = [
                Row(reader.line_num, _named(columns, cells), len(cells)) for cells in reader if any(cells)
            ]
            return Table(path, columns, rows)
    except OSError as error:
        raise DatasetError(f"{path} cannot be opened ({error.strerror}); give read access to it.") from error
    except UnicodeDecodeError as error:
        seen = f"it holds the byte 0x{error.object[error.start]:02x}"
        raise DatasetError(f"{path} is not UTF-8 text ({seen}); save it again as CSV in UTF-8.") from error
    except csv.Error as error:
        raise DatasetError(f"{path} is not a table ({error}); save it again as CSV in UTF-8.") from error


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _check_header(path: Path, columns: list[str]) -> None:
    if not any(columns):
        raise DatasetError(f"{path} has no header: expected column names in its first line; add them.")
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise DatasetError(f"{path} has more than one column {twice[0]!r}; rename or remove all but one.")


def _named(columns: list[str], cells: list[str]) -> dict[str, str]:
    return {column: cell.strip() for column, cell in zip(columns, cells, strict=False)}
