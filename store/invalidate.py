"""What was computed from clips and views as a whole goes when they go: one place that knows all of it.

Call each function inside ``writer.transaction()``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from store.audits import drop_audits
from store.database import view_table
from store.results import drop_learned, drop_scores, drop_units
from store.writer import Writer


def forget(writer: Writer, *, dataset: str | None = None, view: str | None = None) -> None:
    """Forget all that was computed from a dataset's clips, from any dataset's view of that name, or, where
    both are named, from the one view of the one dataset."""
    drop_units(writer, dataset=dataset, view=view)
    drop_scores(writer, dataset=dataset, view=view)
    drop_learned(writer, dataset=dataset, view=view)
    drop_audits(writer, dataset=dataset if view is None else None)
    # Vectors may have gone: which are there is to be looked at again.
    if dataset is None:
        writer.con.execute("delete from embeddings where view = ?", [view])
    elif view is None:
        writer.con.execute("delete from embeddings where dataset = ?", [dataset])


def delete_clips(writer: Writer, clip_ids: Sequence[str]) -> None:
    """Forget clips, their vectors in every view, and all that was computed from their datasets."""
    if not len(clip_ids):
        return
    losing = "select distinct dataset from clips where clip_id in (select unnest($ids))"
    for (dataset,) in writer.con.execute(losing, {"ids": list(clip_ids)}).fetchall():
        forget(writer, dataset=dataset)
    views = [row[0] for row in writer.con.execute("select view from views").fetchall()]
    for table in ["clips", *(view_table(view) for view in views)]:
        statement = f"delete from {table} where clip_id in (select unnest($ids))"
        writer.con.execute(statement, {"ids": list(clip_ids)})


def keep_datasets(writer: Writer, rows: Sequence[Mapping[str, Any]]) -> None:
    """Let ``rows`` be all the datasets there are; of the others nothing stays."""
    kept = {row["dataset"] for row in rows}
    for (dataset,) in writer.con.execute("select dataset from datasets").fetchall():
        if dataset not in kept:
            _delete_dataset(writer, dataset)
    writer.upsert("datasets", rows)


def _delete_dataset(writer: Writer, dataset: str) -> None:
    ids = writer.con.execute("select clip_id from clips where dataset = ?", [dataset]).fetchall()
    delete_clips(writer, [row[0] for row in ids])
    forget(writer, dataset=dataset)
    for table in ("failures", "datasets"):
        writer.con.execute(f"delete from {table} where dataset = ?", [dataset])
