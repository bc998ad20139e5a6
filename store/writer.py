"""Idempotent upserts into the staging database. Only a build uses it, under the store's lock."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from store import sql
from store.errors import StoreError

SCHEMA_VERSION = "1"
FULL = ("No space left", "File too large", "Disk quota", "out of disk space")
TABLES = ("meta", "datasets", "clips", "failures", "builds")


class ViewSpec(Protocol):
    """What the store must know of a view; ``key`` changes whenever its numbers would."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def units(self) -> tuple[str, ...]: ...
    @property
    def parameters(self) -> Mapping[str, object]: ...
    @property
    def source(self) -> str: ...
    @property
    def notes(self) -> str: ...


class Writer:
    """The staging database, open for writing; closing it checkpoints.

    Raises
    ------
    StoreError
        The file is not a store of this version.
    """

    def __init__(self, path: Path) -> None:
        try:
            self.con = duckdb.connect(str(path))
        except duckdb.IOException as error:
            raise StoreError(f"{path} cannot be opened for writing: {str(error).splitlines()[0]}") from error
        self.con.execute(sql.schema())
        found = self.meta().setdefault("schema_version", SCHEMA_VERSION)
        if found != SCHEMA_VERSION:
            self.con.close()
            raise StoreError(
                f"{path} has schema version {found}, this program writes {SCHEMA_VERSION}. "
                "Move the store away (or set SESATLAS_STORE to another folder) and build again."
            )
        self.set_meta(schema_version=SCHEMA_VERSION)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write everything into the one file, so that it can be moved.

        Raises
        ------
        StoreError
            The disk is full.
        """
        try:
            self.con.execute("checkpoint")
        except duckdb.Error as error:
            raise explain(error) from error
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
        try:
            self.con.begin()
            yield
            self.con.commit()
        except duckdb.Error as error:
            self._roll_back()
            raise explain(error) from error
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        # After a failed write DuckDB may have closed the transaction itself: nothing is left to undo.
        with suppress(duckdb.Error):
            self.con.rollback()

    def meta(self) -> dict[str, str]:
        return dict(self.con.execute("select key, value from meta").fetchall())

    def set_meta(self, **values: str) -> None:
        self.upsert("meta", [{"key": key, "value": value} for key, value in values.items()])

    def upsert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, or replace those with the same key. Columns that a row lacks become NULL."""
        if table not in TABLES:
            raise StoreError(f"'{table}' is not written by rows; expected one of {', '.join(TABLES)}.")
        if rows:
            self._insert(table, pa.Table.from_pylist([dict(row) for row in rows]))

    def _insert(self, table: str, batch: pa.Table) -> None:
        self.con.register("batch", batch)
        try:
            self.con.execute(f"insert or replace into {table} by name select * from batch")
        finally:
            self.con.unregister("batch")

    def define_view(self, spec: ViewSpec) -> None:
        """Make the view's table; vectors of another key are dropped, for they mean something else."""
        table = sql.view_table(spec.name)
        known = self.con.execute("select key from views where view = ?", [spec.name]).fetchone()
        if known and known[0] == spec.key:
            return
        self.con.execute(f"drop table if exists {table}")
        self.con.execute(
            f"create table {table} (clip_id varchar primary key, vector float[{len(spec.columns)}] not null)"
        )
        row = {
            "view": spec.name,
            "version": spec.version,
            "key": spec.key,
            "title": spec.title,
            "dimension": len(spec.columns),
            "columns": list(spec.columns),
            "units": list(spec.units),
            "parameters": json.dumps(dict(spec.parameters), sort_keys=True),
            "source": spec.source,
            "notes": spec.notes,
        }
        self._insert("views", pa.Table.from_pylist([row]))

    def keep_views(self, names: Collection[str]) -> None:
        """Drop every view that is not among ``names``."""
        for (view,) in self.con.execute("select view from views").fetchall():
            if view not in names:
                self.con.execute(f"drop table if exists {sql.view_table(view)}")
                self.con.execute("delete from views where view = ?", [view])

    def lend_vectors(self, views: Collection[str], hashes: Mapping[str, str]) -> int:
        """Give clips the vectors of clips of the same content, in place of what they had.

        Parameters
        ----------
        views : collection of str
            The views to lend.
        hashes : mapping of str to str
            Clip id to content hash. Ids may be new or known.

        Returns
        -------
        int
            How many vectors were lent.
        """
        if not hashes:
            return 0
        bound = {"ids": list(hashes), "hashes": list(hashes.values())}
        # All are looked up before any is dropped: two recordings may have changed places.
        for view in views:
            text = sql.query("lend_vectors").format(table=sql.view_table(view))
            self.con.execute(f"create or replace temp table lent_{view} as {text}", bound)
        self.delete_clips(list(hashes))
        lent = 0
        for view in views:
            told = self.con.execute(
                f"insert into {sql.view_table(view)} select * from lent_{view}"
            ).fetchall()
            lent += int(told[0][0])
            self.con.execute(f"drop table lent_{view}")
        return lent

    def mark_interrupted(self) -> None:
        """A build that still says 'running' was killed: only one works at a time, and it is this one."""
        self.con.execute("update builds set status = 'interrupted' where status = 'running'")

    def finish_build(
        self, build_id: str, snapshot: int, finished_at: datetime, counts: Mapping[str, int]
    ) -> None:
        """Complete a build's row of the history; it is published with the snapshot it made."""
        told = {**counts, "status": "published", "snapshot": snapshot, "finished_at": finished_at}
        clips = self.con.execute("select count(*) from clips").fetchall()[0][0]
        known = self.con.execute("select started_at from builds where build_id = ?", [build_id]).fetchall()
        self.upsert("builds", [{"build_id": build_id, "started_at": known[0][0], "clips": clips, **told}])

    def upsert_vectors(self, view: str, clip_ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Write one vector a clip; ``vectors`` is float32, shape ``(len(clip_ids), dimension)``."""
        if not len(clip_ids):
            return
        flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).ravel())  # (clips * dimension,)
        column = pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
        self._insert(sql.view_table(view), pa.table({"clip_id": pa.array(list(clip_ids)), "vector": column}))

    def delete_clips(self, clip_ids: Sequence[str]) -> None:
        """Forget clips, their vectors in every view included."""
        views = [row[0] for row in self.con.execute("select view from views").fetchall()]
        for table in ["clips", *(sql.view_table(view) for view in views)]:
            statement = f"delete from {table} where clip_id in (select unnest($ids))"
            self.con.execute(statement, {"ids": list(clip_ids)})

    def delete_failures(self) -> None:
        self.con.execute("delete from failures")

    def delete_dataset(self, dataset: str) -> None:
        ids = self.con.execute("select clip_id from clips where dataset = ?", [dataset]).fetchall()
        self.delete_clips([row[0] for row in ids])
        for table in ("failures", "datasets"):
            self.con.execute(f"delete from {table} where dataset = ?", [dataset])


def explain(error: Exception) -> StoreError:
    """A DuckDB error as one sentence for the person at the keyboard."""
    line = str(error).splitlines()[0]
    if any(word in str(error) for word in FULL):
        return StoreError(
            f"The disk is full ({line}). Free some space and build again: "
            "finished batches are kept and the current snapshot is untouched."
        )
    return StoreError(f"The store could not be written: {line}")
