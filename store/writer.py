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
from store.duck import DAMAGED, FULL, DamagedError, first_line, means, told_as
from store.errors import StoreError

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
        The file is not a store of this version, or the disk is full.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with told_as(explain):
            self.con = duckdb.connect(str(path))
        try:
            with self.transaction():
                self.con.execute(sql.schema())
                self._require_version()
        except BaseException:
            self.con.close()
            raise

    def _require_version(self) -> None:
        found = self.meta().get("schema_version", sql.SCHEMA_VERSION)
        if found != sql.SCHEMA_VERSION:
            raise StoreError(
                f"{self.path} has tables of version {found}, this program writes version {sql.SCHEMA_VERSION}. "
                "Move the store away, or set SESATLAS_STORE to another folder, and build again."
            )
        self.set_meta(schema_version=sql.SCHEMA_VERSION)

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
            with told_as(explain):
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
        with told_as(explain):
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
        return dict(self.con.execute(sql.query("meta")).fetchall())

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

    def define_views(self, specs: Sequence[ViewSpec]) -> None:
        """Make a table for each view. Vectors under another key mean something else: they are dropped.

        Views that are not among ``specs`` go as well.
        """
        keys = {spec.name: spec.key for spec in specs}
        for name, key in self.con.execute("select view, key from views").fetchall():
            if keys.get(name) != key:
                self.con.execute(f"drop table if exists {sql.view_table(name)}")
        self.con.execute("delete from views")
        for position, spec in enumerate(specs):
            self._insert("views", pa.Table.from_pylist([_view_row(spec, position)]))
            self.con.execute(
                f"create table if not exists {sql.view_table(spec.name)} "
                f"(clip_id varchar primary key, vector float[{len(spec.columns)}] not null)"
            )

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
            text = sql.view_query("lend_vectors", view)
            self.con.execute(f"create or replace temp table lent_{view} as {text}", bound)
        self.delete_clips(list(hashes))
        lent = 0
        for view in views:
            table = sql.view_table(view)
            told = self.con.execute(f"insert into {table} select * from lent_{view}").fetchall()
            lent += int(told[0][0])
            self.con.execute(f"drop table lent_{view}")
        return lent

    def upsert_vectors(self, view: str, clip_ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Write one vector a clip; ``vectors`` is float32, shape ``(len(clip_ids), dimension)``."""
        if not len(clip_ids):
            return
        flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).ravel())  # (clips * dimension,)
        column = pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
        self._insert(sql.view_table(view), pa.table({"clip_id": pa.array(list(clip_ids)), "vector": column}))

    def delete_clips(self, clip_ids: Sequence[str]) -> None:
        """Forget clips, their vectors in every view included."""
        if not len(clip_ids):
            return
        views = [row[0] for row in self.con.execute("select view from views").fetchall()]
        for table in ["clips", *(sql.view_table(view) for view in views)]:
            statement = f"delete from {table} where clip_id in (select unnest($ids))"
            self.con.execute(statement, {"ids": list(clip_ids)})

    def delete_failures(self) -> None:
        self.con.execute("delete from failures")

    def delete_dataset(self, dataset: str) -> None:
        """Forget a dataset: its clips, their vectors, its failures."""
        ids = self.con.execute("select clip_id from clips where dataset = ?", [dataset]).fetchall()
        self.delete_clips([row[0] for row in ids])
        for table in ("failures", "datasets"):
            self.con.execute(f"delete from {table} where dataset = ?", [dataset])

    def begin_build(self, build_id: str, started_at: datetime) -> None:
        """Enter a build into the history.

        One that still says 'running' was killed: only one works at a time, and it is this one.
        """
        self.con.execute("update builds set status = 'interrupted' where status = 'running'")
        self.upsert("builds", [{"build_id": build_id, "status": "running", "started_at": started_at}])

    def finish_build(
        self, build_id: str, snapshot: int, finished_at: datetime, counts: Mapping[str, int]
    ) -> None:
        """Complete a build's row of the history; it is published with the snapshot it made."""
        self.con.execute(
            "update builds set status = 'published', snapshot = ?, finished_at = ? where build_id = ?",
            [snapshot, finished_at, build_id],
        )
        for name, number in counts.items():
            self.con.execute(f"update builds set {name} = ? where build_id = ?", [number, build_id])

    def changes_since(self, published: Path | None) -> dict[str, int]:
        """``clips`` and ``failed`` in all; ``added``, ``updated`` and ``removed`` against a snapshot.

        None stands for an empty store. Call it outside a transaction.
        """
        with told_as(explain):
            totals = self.con.execute(sql.query("totals")).to_arrow_table().to_pylist()[0]
            changes = {"added": totals["clips"]} if published is None else self._changes(published)
        added, removed = changes.pop("added", 0), changes.pop("removed", 0)
        return totals | {"added": added, "removed": removed, "updated": sum(changes.values())}

    def _changes(self, published: Path) -> dict[str, int]:
        self.con.execute(f"attach {sql.file(published)} as old (read_only)")
        try:
            changed = self.con.sql(sql.query("diff_clips"))
            return dict(changed.aggregate("change, count(*)", "change").fetchall())
        finally:
            self.con.execute("detach old")


def _view_row(spec: ViewSpec, position: int) -> dict[str, Any]:
    return {
        "view": spec.name,
        "position": position,
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


def explain(message: str) -> StoreError:
    """DuckDB's refusal to write as one sentence."""
    line = first_line(message)
    if means(message, FULL):
        return StoreError(
            f"The disk is full ({line}). Free some space and build again: "
            "finished batches are kept and the current snapshot is untouched."
        )
    if means(message, DAMAGED):
        return DamagedError(
            f"The unfinished build is damaged ({line}) and has been put away. Build again; if that ends in "
            "the same way, go to another snapshot with `python -m pipeline snapshots use NUMBER` first."
        )
    return StoreError(f"The store could not be written ({line}). The current snapshot is untouched.")
