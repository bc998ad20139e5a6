"""Views and their vectors in the staging database: one table a view."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from store.database import view_query, view_table
from store.invalidate import delete_clips, forget
from store.writer import Writer


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


def define_views(writer: Writer, specs: Sequence[ViewSpec]) -> None:
    """Make a table for each view. Vectors under another key mean something else: they are dropped, and
    with them what was computed from the view.

    Views that are not among ``specs`` go as well.
    """
    keys = {spec.name: spec.key for spec in specs}
    for name, key in writer.con.execute("select view, key from views").fetchall():
        if keys.get(name) != key:
            writer.con.execute(f"drop table if exists {view_table(name)}")
            forget(writer, view=name)
    writer.con.execute("delete from views")
    for position, spec in enumerate(specs):
        writer.insert("views", pa.Table.from_pylist([view_row(spec, position)]))
        writer.con.execute(
            f"create table if not exists {view_table(spec.name)} "
            f"(clip_id varchar primary key, vector float[{len(spec.columns)}] not null)"
        )


def copy_vectors(writer: Writer, views: Collection[str], hashes: Mapping[str, str]) -> int:
    """Give clips the vectors of clips of the same content, in place of what they had.

    Parameters
    ----------
    views : collection of str
        The views to copy.
    hashes : mapping of str to str
        Clip id to content hash. Ids may be new or known.

    Returns
    -------
    int
        How many vectors were copied.
    """
    if not hashes:
        return 0
    bound = {"ids": list(hashes), "hashes": list(hashes.values())}
    # All are looked up before any is dropped: two recordings may have changed places.
    for view in views:
        text = view_query("vectors_of_same_content", view)
        writer.con.execute(f"create or replace temp table copied_{view} as {text}", bound)
    delete_clips(writer, list(hashes))
    count = 0
    for view in views:
        table = view_table(view)
        inserted = writer.con.execute(f"insert into {table} select * from copied_{view}").fetchall()
        count += int(inserted[0][0])
        writer.con.execute(f"drop table copied_{view}")
    return count


def upsert_vectors(writer: Writer, view: str, clip_ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
    """Write one vector a clip; ``vectors`` is float32, shape ``(len(clip_ids), dimension)``."""
    if not len(clip_ids):
        return
    flat = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).ravel())  # (clips * dimension,)
    column = pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
    writer.insert(view_table(view), pa.table({"clip_id": pa.array(list(clip_ids)), "vector": column}))


def replace_embeddings(
    writer: Writer, view: str, found: Mapping[str, tuple[str, Sequence[str], NDArray[np.float32]]]
) -> None:
    """Let these be all the vectors of a view that networks made; call it inside ``writer.transaction()``.

    Parameters
    ----------
    found : mapping of str to (key, clip_ids, vectors)
        By dataset: the key of the training, and its clips' vectors, float32 (clips, dimension); no clips
        where the training does not speak of them as they are.
    """
    rows = writer.con.execute("select dataset, key, clips from embeddings where view = ?", [view]).fetchall()
    before = {dataset: (key, clips) for dataset, key, clips in rows}
    after = {dataset: (key, len(clip_ids)) for dataset, (key, clip_ids, _) in found.items()}
    for dataset in before.keys() | after.keys():
        if before.get(dataset) != after.get(dataset):
            forget(writer, dataset=dataset, view=view)
    writer.con.execute("delete from embeddings where view = ?", [view])
    writer.con.execute(f"delete from {view_table(view)}")
    for dataset, (key, clip_ids, values) in found.items():
        upsert_vectors(writer, view, clip_ids, values)
        row = {
            "view": view, "dataset": dataset, "key": key, "clips": len(clip_ids), "missing": 0, "reason": None,
        }  # fmt: skip
        writer.append("embeddings", [row])


def open_embeddings(writer: Writer, view: str, dataset: str) -> None:
    """Before vectors are added to those of a dataset in a view that a network makes: what was computed from fewer
    is forgotten. Call these inside ``writer.transaction()``."""
    forget(writer, dataset=dataset, view=view)
    writer.con.execute("delete from embeddings where view = ? and dataset = ?", [view, dataset])


def close_embeddings(
    writer: Writer, view: str, dataset: str, key: str, missing: int = 0, reason: str | None = None
) -> None:
    """Say of what the dataset's vectors in a view are, by ``key``, now that all are there that there will be.

    ``missing`` counts the clips that have none, and ``reason`` says why not.
    """
    where = f"select count(*) from {view_table(view)} v join clips c using (clip_id) where c.dataset = ?"
    ((clips,),) = writer.con.execute(where, [dataset]).fetchall()
    writer.con.execute("delete from embeddings where view = ? and dataset = ?", [view, dataset])
    row = {"view": view, "dataset": dataset, "key": key, "clips": clips, "missing": missing, "reason": reason}
    writer.append("embeddings", [row])


def drop_embeddings(writer: Writer, view: str, dataset: str) -> None:
    """Forget a dataset's vectors in a view that a network makes, and what was computed from them."""
    open_embeddings(writer, view, dataset)
    mine = "clip_id in (select clip_id from clips where dataset = ?)"
    writer.con.execute(f"delete from {view_table(view)} where {mine}", [dataset])


def view_row(spec: ViewSpec, position: int) -> dict[str, Any]:
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
