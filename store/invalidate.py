"""What was computed from clips and views as a whole goes when they go: one place that knows all of it."""

from __future__ import annotations

import duckdb

from store.audits import drop_audits
from store.experiments import drop_learned
from store.results import drop_units


def forget(con: duckdb.DuckDBPyConnection, *, dataset: str | None = None, view: str | None = None) -> None:
    """Forget all that was computed from a dataset's clips, from any dataset's view of that name, or, where
    both are named, from the one view of the one dataset.

    Call it inside ``writer.transaction()``.
    """
    drop_units(con, dataset=dataset, view=view)
    drop_learned(con, dataset=dataset, view=view)
    drop_audits(con, dataset=dataset if view is None else None)
    # Vectors may have gone: which are there is to be looked at again.
    if dataset is None:
        con.execute("delete from embeddings where view = ?", [view])
    elif view is None:
        con.execute("delete from embeddings where dataset = ?", [dataset])
