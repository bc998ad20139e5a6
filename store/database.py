"""A snapshot's file, open read-only: SQL in, tables out."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pandas as pd
import pyarrow as pa

from store import sql
from store.duck import first_line, told_as
from store.errors import StoreError


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
        if not sql.is_read(self.version):
            raise StoreError(sql.other_version(self.path, self.version))

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
        if self.version == sql.SCHEMA_VERSION:
            return self.table(text, **parameters)
        with self._told():
            try:
                with self._con.cursor() as cursor:
                    return cursor.sql(text, params=parameters or None).to_arrow_table()
            except duckdb.CatalogException:
                with duckdb.connect() as empty:
                    empty.execute(sql.schema())
                    return empty.sql(text, params=parameters or None).to_arrow_table()

    def frame(self, name: str, **parameters: Any) -> pd.DataFrame:
        """The answer to ``queries/NAME.sql``. Whole numbers with gaps come as floats."""
        with self._told(), self._con.cursor() as cursor:
            return cursor.execute(sql.query(name), parameters).df()

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The answer to a query without parameters as dicts, with None where the store has NULL."""
        rows: list[dict[str, Any]] = self.table(sql.query(name)).to_pylist()
        return rows

    def meta(self) -> dict[str, str]:
        return {row["key"]: row["value"] for row in self.rows("meta")}
