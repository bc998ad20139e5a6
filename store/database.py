"""What the rest of the store needs of DuckDB: the SQL files, its errors as sentences, one file open to read."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pandas as pd
import pyarrow as pa

from store.errors import StoreError

SCHEMA_VERSION = "5"
"""Raise it when a table changes, and say in ``upgrades/`` what becomes of those of the version before."""
OLDER_VERSIONS = ("1", "2", "3", "4")
"""They are read as if they had today's tables: what they lack is empty, what was renamed is in ``RENAMED``."""
RENAMED = {
    "audit_label_issues": "audit_doubts",
    "audit_leaks": "audit_ties",
    "audit_leaks.kind": "tie",
    "audit_parts.summary": "told",
    "audit_removed.kind": "tie",
    "clusterings.place": "rank",
    "experiments.protocol_summary": "protocol_told",
    "fingerprints.fingerprint": "print",
}
"""A table, or a column of one, and what it was called before version 5."""
HERE = Path(__file__).resolve().parent
VIEW_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
DISK_FULL = ("No space left", "File too large", "Disk quota", "out of disk space")
DAMAGED = ("Corrupt database file", "not a valid DuckDB", "Could not read", "checksum")


class Queries(ABC):
    """Anything that answers the files of ``queries/``: a snapshot, and the database that a build is writing."""

    @abstractmethod
    def ask(self, name: str, **parameters: Any) -> pa.Table:
        """The answer to ``queries/NAME.sql`` in the store's own types."""

    def frame(self, name: str, **parameters: Any) -> pd.DataFrame:
        """The same as a DataFrame. Whole numbers with gaps come as floats."""
        return self.ask(name, **parameters).to_pandas()

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The answer to a query without parameters as dicts, with None where the store has NULL."""
        rows: list[dict[str, Any]] = self.ask(name).to_pylist()
        return rows


class Database(Queries):
    """A snapshot's file, open read-only; may be shared by threads, as each question has a cursor of its own.

    Nobody can write to it meanwhile: what has no parameters is asked once, and its answer is kept.

    Raises
    ------
    StoreError
        The file is not there, is damaged, or is no store of this version. Every method raises it where
        a damaged file shows only later.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._answers: dict[str, pa.Table] = {}
        with self._read_errors():
            self._con = duckdb.connect(str(path), read_only=True)
            try:
                self.version = dict(self._con.execute(query("meta")).fetchall()).get("schema_version")
                if self.version in OLDER_VERSIONS:
                    self._con.close()
                    self._con = _with_todays_tables(path)
                elif self.version != SCHEMA_VERSION:
                    raise version_error(path, self.version)
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._con.close()

    def ask(self, name: str, **parameters: Any) -> pa.Table:
        if parameters:
            return self.table(query(name), **parameters)
        if name not in self._answers:
            self._answers[name] = self.table(query(name))
        return self._answers[name]

    def table(self, text: str, **parameters: Any) -> pa.Table:
        """The answer to a statement in the store's own types."""
        with self._read_errors(), self._con.cursor() as cursor:
            return cursor.sql(text, params=parameters or None).to_arrow_table()

    def meta(self) -> dict[str, str]:
        return {row["key"]: row["value"] for row in self.rows("meta")}

    def _read_errors(self) -> AbstractContextManager[None]:
        def describe(message: str) -> StoreError:
            return StoreError(
                f"{self.path} cannot be read ({first_line(message)}); expected a snapshot of a store. "
                "Go to another one with `python -m pipeline snapshots use NUMBER`."
            )

        return duckdb_errors_as(describe)


def _with_todays_tables(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a file of an older version behind views that have the columns of today's tables."""
    con = duckdb.connect()
    con.execute(f"attach {quoted(path)} as snapshot (read_only)")
    con.execute(schema())
    columns = "select table_name, column_name, data_type from duckdb_columns() where database_name = ?"
    there: dict[str, set[str]] = {}
    for table, column, _ in con.execute(columns, ["snapshot"]).fetchall():
        there.setdefault(table, set()).add(column)
    today: dict[str, dict[str, str]] = {}
    for table, column, type_ in con.execute(columns, ["memory"]).fetchall():
        today.setdefault(table, {})[column] = type_
    for table, types in today.items():
        source = table if table in there else RENAMED.get(table, table)
        if source not in there:
            continue  # the empty table of today stands for it
        con.execute(f"drop table {table}")
        chosen = ", ".join(
            _older_column(table, column, type_, there[source]) for column, type_ in types.items()
        )
        con.execute(f"create view {table} as select {chosen} from snapshot.{source}")
    for table in there:
        if table.startswith("view_"):
            con.execute(f"create view {table} as from snapshot.{table}")
    return con


def _older_column(table: str, column: str, type_: str, there: set[str]) -> str:
    before = RENAMED.get(f"{table}.{column}", column)
    source = next((f'"{name}"' for name in (column, before) if name in there), "null")
    return f'{source}::{type_} as "{column}"'


@cache
def query(name: str) -> str:
    """The text of ``queries/NAME.sql``."""
    return (HERE / "queries" / f"{name}.sql").read_text(encoding="utf-8")


def view_query(name: str, view: str) -> str:
    """The text of ``queries/NAME.sql`` with the view's own table in the place of ``{table}``."""
    return query(name).replace("{table}", view_table(view))


@cache
def schema() -> str:
    """The text of ``schema.sql``."""
    return (HERE / "schema.sql").read_text(encoding="utf-8")


@cache
def tables() -> frozenset[str]:
    """The names of the tables of ``schema.sql``."""
    return frozenset(re.findall(r"^create table if not exists (\w+)", schema(), re.MULTILINE))


def upgrades(version: str) -> list[str]:
    """What brings the tables of an older version to those of today, step by step: texts of ``upgrades/``."""
    return [
        path.read_text(encoding="utf-8")
        for path in sorted((HERE / "upgrades").glob("*.sql"))
        if version <= path.stem.removeprefix("from_")
    ]


def view_table(view: str) -> str:
    """The table that holds a view's vectors. Values are always bound; only this name is put into SQL.

    Raises
    ------
    StoreError
        The name could not be part of a table's name.
    """
    if not VIEW_NAME.fullmatch(view):
        raise StoreError(
            f"'{view}' cannot name a view: expected a lower-case letter, then lower-case letters, digits "
            "or _, at most 41 in all. Name it otherwise."
        )
    return f"view_{view}"


def quoted(path: Path) -> str:
    """A path as a quoted text, for ``attach``, which takes no bound value."""
    return "'" + str(path).replace("'", "''") + "'"


def arrow_rows(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as an Arrow table of the table's own columns and types.

    Of the rows alone, Arrow would take the first one's columns for all there are.

    Raises
    ------
    StoreError
        A column that the table does not have, or a value that does not fit.
    """
    types = con.sql(f"from {table} limit 0").to_arrow_table().schema
    unknown = sorted(set(rows[0]) - set(types.names))
    if unknown:
        raise StoreError(f"The table {table} has no column {unknown[0]}; it has {', '.join(types.names)}.")
    try:
        return pa.Table.from_pylist([dict(row) for row in rows], schema=types)
    except (pa.ArrowException, OverflowError) as error:
        raise StoreError(
            f"A value does not fit the table {table} ({error}). Mend the table it comes from and build again."
        ) from error


class DamagedError(StoreError):
    """A file of the store does not hold what was once written into it."""


@contextmanager
def duckdb_errors_as(describe: Callable[[str], StoreError]) -> Iterator[None]:
    """Raise what ``describe`` makes of DuckDB's message in place of any error of DuckDB's own."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except duckdb.Error as error:
        raise describe(str(error)) from error
    except RuntimeError as error:
        # DuckDB swallows what a signal handler raises in the middle of a query and raises this instead.
        if "Query interrupted" not in str(error):
            raise
        raise KeyboardInterrupt from error


def first_line(message: str) -> str:
    """The part of DuckDB's message that says what happened; what follows are hints on SQL."""
    return message.strip().splitlines()[0].rstrip(".") if message.strip() else "no reason given"


def write_error(message: str) -> StoreError:
    """DuckDB's refusal to write as one sentence."""
    line = first_line(message)
    if any(word in message for word in DISK_FULL):
        return StoreError(
            f"The disk is full ({line}). Free some space and try again: "
            "the current snapshot is untouched, and a build keeps its finished batches."
        )
    if any(word in message for word in DAMAGED):
        return DamagedError(
            f"The unfinished build is damaged ({line}) and has been put away. Build again; if that ends in "
            "the same way, go to another snapshot with `python -m pipeline snapshots use NUMBER` first."
        )
    return StoreError(f"The store could not be written ({line}). The current snapshot is untouched.")


def version_error(path: Path, version: str | None) -> StoreError:
    """For a file that this program cannot work with."""
    return StoreError(
        f"{path} has tables of version {version}; this program expects version {SCHEMA_VERSION}. "
        "Move the store away, or set SESATLAS_STORE to another folder, and build again."
    )
