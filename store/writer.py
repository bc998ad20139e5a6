"""Idempotent upserts into the staging database. Only a build uses it, under the store's lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from store.database import (
    OLDER_VERSIONS,
    SCHEMA_VERSION,
    arrow_rows,
    duckdb_errors_as,
    query,
    schema,
    tables,
    upgrades,
    version_error,
    write_error,
)
from store.errors import StoreError

TABLES = ("meta", "datasets", "clips", "failures", "builds", "units", "fingerprints")


class Writer:
    """The staging database, open for writing; closing it checkpoints.

    Raises
    ------
    StoreError
        The file is not a store of this version, or the disk is full.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with duckdb_errors_as(write_error):
            self.con = duckdb.connect(str(path))
        try:
            with self.transaction():
                self._bring_up_to_date()
        except BaseException:
            self.con.close()
            raise

    def _bring_up_to_date(self) -> None:
        """Make the tables, or turn those of an older snapshot's copy into today's."""
        there = {name for (name,) in self.con.execute("select table_name from duckdb_tables()").fetchall()}
        version = self.meta().get("schema_version") if "meta" in there else None
        if version == SCHEMA_VERSION and tables() <= there:
            return
        if version in OLDER_VERSIONS:
            for step in upgrades(version):
                self.con.execute(step)
        elif version not in (None, SCHEMA_VERSION):
            raise version_error(self.path, version)
        self.con.execute(schema())
        self.set_meta(schema_version=SCHEMA_VERSION)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
            return
        # What went wrong first is what a person must know; all that was committed is in the file or its log.
        with suppress(StoreError):
            self.close()

    def close(self) -> None:
        """Write everything into the one file, so that it can be moved.

        Raises
        ------
        StoreError
            The disk is full.
        """
        try:
            with duckdb_errors_as(write_error):
                self.con.execute("checkpoint")
        finally:
            self.con.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing.

        Raises
        ------
        StoreError
            The disk is full, or DuckDB refused for another reason.
        """
        with duckdb_errors_as(write_error):
            try:
                self.con.begin()
                yield
                self.con.commit()
            except BaseException:
                # After a failed write DuckDB may have closed the transaction itself: nothing is left to undo.
                with suppress(duckdb.Error):
                    self.con.rollback()
                raise

    def meta(self) -> dict[str, str]:
        return dict(self.con.execute(query("meta")).fetchall())

    def set_meta(self, **values: str) -> None:
        self.upsert("meta", [{"key": key, "value": value} for key, value in values.items()])

    def add_columns(self, table: str, types: Mapping[str, str]) -> None:
        """Add those columns, by name and type, that the table lacks; its rows have NULL in them."""
        there = set(self.con.table(table).columns)
        for name in (name for name in types if name not in there):
            self.con.execute(f'alter table {table} add column "{name}" {types[name]}')

    def upsert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, or replace those with the same key. Columns that a row lacks become NULL."""
        if table not in TABLES:
            raise StoreError(f"'{table}' is not written by rows; expected one of {', '.join(TABLES)}.")
        if rows:
            self.insert(table, arrow_rows(self.con, table, rows))

    def insert(self, table: str, batch: pa.Table) -> None:
        """Insert the rows of an Arrow table, or replace those with the same key; columns go by name."""
        self.con.register("batch", batch)
        try:
            self.con.execute(f"insert or replace into {table} by name select * from batch")
        finally:
            self.con.unregister("batch")

    def append(self, table: str, rows: Sequence[Mapping[str, Any]] | pa.Table) -> None:
        """Insert rows into a table, where none of them is yet; columns go by name."""
        if not len(rows):
            return
        self.con.register("batch", rows if isinstance(rows, pa.Table) else arrow_rows(self.con, table, rows))
        try:
            self.con.execute(f"insert into {table} by name select * from batch")
        finally:
            self.con.unregister("batch")

    def replace_failures(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Let ``rows`` be all the failures there are."""
        self.con.execute("delete from failures")
        self.upsert("failures", rows)
