"""What the rest of the store needs of DuckDB: the SQL files, its errors as sentences, one file open to read."""

from __future__ import annotations

import re
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

FULL = ("No space left", "File too large", "Disk quota", "out of disk space")
DAMAGED = ("Corrupt database file", "not a valid DuckDB", "Could not read", "checksum")


class DamagedError(StoreError):
    """A file of the store does not hold what was once written into it."""


@contextmanager
def told_as(say: Callable[[str], StoreError]) -> Iterator[None]:
    """Raise what ``say`` makes of DuckDB's message in place of any error of DuckDB's own."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except duckdb.Error as error:
        raise say(str(error)) from error
    except RuntimeError as error:
        # DuckDB swallows what a signal handler raises in the middle of a query and raises this instead.
        if "Query interrupted" not in str(error):
            raise
        raise KeyboardInterrupt from error


def first_line(message: str) -> str:
    """The part of DuckDB's message that says what happened; what follows are hints on SQL."""
    return message.strip().splitlines()[0].rstrip(".") if message.strip() else "no reason given"


def explain(message: str) -> StoreError:
    """DuckDB's refusal to write as one sentence."""
    line = first_line(message)
    if any(word in message for word in FULL):
        return StoreError(
            f"The disk is full ({line}). Free some space and build again: "
            "finished batches are kept and the current snapshot is untouched."
        )
    if any(word in message for word in DAMAGED):
        return DamagedError(
            f"The unfinished build is damaged ({line}) and has been put away. Build again; if that ends in "
            "the same way, go to another snapshot with `python -m pipeline snapshots use NUMBER` first."
        )
    return StoreError(f"The store could not be written ({line}). The current snapshot is untouched.")


def typed(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as an Arrow table of the table's own columns and types.

    Of the rows alone, Arrow would take the first one's columns for all there are.

    Raises
    ------
    StoreError
        A column that the table does not have, or a value that does not fit.
    """
    schema = con.sql(f"from {table} limit 0").to_arrow_table().schema
    unknown = sorted(set(rows[0]) - set(schema.names))
    if unknown:
        raise StoreError(f"The table {table} has no column {unknown[0]}; it has {', '.join(schema.names)}.")
    try:
        return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)
    except (pa.ArrowException, OverflowError) as error:
        raise StoreError(
            f"A value does not fit the table {table} ({error}). Mend the table it comes from and build again."
        ) from error


SCHEMA_VERSION = "4"
"""Raise it when a table changes: a store of another version is refused with a word on what to do."""
LACKING = ("1", "2", "3")
"""Versions that are read as if the tables they lack were empty. The next build adds those to its copy, after
``upgrade.sql`` has dropped from it what is made in another way now."""
HERE = Path(__file__).resolve().parent
VIEW_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


@cache
def query(name: str) -> str:
    """The text of ``queries/NAME.sql``."""
    return (HERE / "queries" / f"{name}.sql").read_text(encoding="utf-8")


def view_query(name: str, view: str) -> str:
    """The text of ``queries/NAME.sql`` with the view's own table in the place of ``{table}``."""
    return query(name).replace("{table}", view_table(view))


@cache
def upgrade() -> str:
    """The text of ``upgrade.sql``."""
    return (HERE / "upgrade.sql").read_text(encoding="utf-8")


@cache
def schema() -> str:
    """The text of ``schema.sql``."""
    return (HERE / "schema.sql").read_text(encoding="utf-8")


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


def is_read(version: str | None) -> bool:
    """Whether this program can work with a file of that version."""
    return version == SCHEMA_VERSION or version in LACKING


def other_version(path: Path, found: str | None) -> str:
    """What to say of a file that this program cannot work with."""
    return (
        f"{path} has tables of version {found}; this program expects version {SCHEMA_VERSION}. "
        "Move the store away, or set SESATLAS_STORE to another folder, and build again."
    )


class Database:
    """May be shared by threads: each question has a cursor of its own.

    Raises
    ------
    StoreError
        The file is not there, is damaged, or is no store of this version. Every method raises it where
        a damaged file shows only later.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._told():
            self._con = duckdb.connect(str(path), read_only=True)
        try:
            self._require_version()
        except BaseException:
            self.close()
            raise

    def _require_version(self) -> None:
        self.version = self.meta().get("schema_version")
        if not is_read(self.version):
            raise StoreError(other_version(self.path, self.version))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._con.close()

    def _told(self) -> AbstractContextManager[None]:
        def say(message: str) -> StoreError:
            return StoreError(
                f"{self.path} cannot be read ({first_line(message)}); expected a snapshot of a store. "
                "Go to another one with `python -m pipeline snapshots use NUMBER`."
            )

        return told_as(say)

    def table(self, text: str, **parameters: Any) -> pa.Table:
        """The answer to a statement in the store's own types."""
        with self._told(), self._con.cursor() as cursor:
            return cursor.sql(text, params=parameters or None).to_arrow_table()

    def added(self, text: str, **parameters: Any) -> pa.Table:
        """As :meth:`table`, of tables that a snapshot of an older version may lack: to it those are empty."""
        if self.version == SCHEMA_VERSION:
            return self.table(text, **parameters)
        with self._told():
            try:
                with self._con.cursor() as cursor:
                    return cursor.sql(text, params=parameters or None).to_arrow_table()
            except duckdb.CatalogException:
                with duckdb.connect() as empty:
                    empty.execute(schema())
                    return empty.sql(text, params=parameters or None).to_arrow_table()

    def frame(self, name: str, **parameters: Any) -> pd.DataFrame:
        """The answer to ``queries/NAME.sql``. Whole numbers with gaps come as floats."""
        with self._told(), self._con.cursor() as cursor:
            return cursor.execute(query(name), parameters).df()

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The answer to a query without parameters as dicts, with None where the store has NULL."""
        rows: list[dict[str, Any]] = self.table(query(name)).to_pylist()
        return rows

    def meta(self) -> dict[str, str]:
        return {row["key"]: row["value"] for row in self.rows("meta")}
