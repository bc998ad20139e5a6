"""Keep what a person has tried on a page: the store's next snapshot holds it beside all it held before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.analyses.recipe import CLUSTERINGS, KEPT, OVERVIEW, PICTURES, kept_spec
from pipeline.analyses.rows import rows_of
from pipeline.analyses.unit import Result, UnitName
from pipeline.clusterings.cluster import Clustering
from pipeline.clusterings.ranking import rank
from pipeline.errors import PipelineError
from pipeline.inputs import ALL
from pipeline.projections.projection import Projection
from pipeline.runtime.events import new_run_id
from pipeline.session import amended, require_rest
from store import results
from store.errors import os_errors_as_store_errors
from store.reader import Reader
from store.results import UnitRows
from store.snapshots import Snapshot, Store
from store.writer import Writer


@dataclass(frozen=True, slots=True)
class Tried:
    """What was computed from the clips of one snapshot, and of which view."""

    snapshot: int
    dataset: str
    view: str
    clip_ids: NDArray[np.object_]
    columns: tuple[str, ...]
    found: Sequence[Projection | Clustering]


def keep(store: Store, tried: Tried) -> Snapshot:
    """
    Publish a snapshot with what was tried; a build computes it again whenever the clips change.

    Raises
    ------
    SesatlasError
        A build is at work or lies unfinished, or the store has moved on since this was tried. Nothing
        is lost: it can be kept again afterwards.
    """
    with os_errors_as_store_errors(store.root, is_build=False), store.lock():
        current = require_rest(store, "what was tried")
        if current.number != tried.snapshot:
            raise PipelineError(
                f"This was tried on snapshot {tried.snapshot}, which is no longer the current one. "
                "Try it on the present snapshot, then keep it."
            )
        rows = _rows(current, tried)
        with amended(store, current, new_run_id("kept")) as amendment:
            with amendment.writer.transaction():
                for one in rows:
                    results.add_to_unit(amendment.writer, one)
            _rank_again(amendment.writer, tried.dataset)
        return amendment.published


def _rows(current: Snapshot, tried: Tried) -> list[UnitRows]:
    """By the stage whose unit each belongs to."""
    by_stage: dict[str, Result] = {}
    with Reader(current.path) as reader:
        units = reader.units()
    for one in tried.found:
        stage = _stage(tried.view, one)
        key = units.get((stage, tried.dataset, tried.view))
        if key is None:
            raise PipelineError(
                f"The view '{tried.view}' of '{tried.dataset}' was built without projections and clusterings, and "
                "what is kept stands beside them. Build with them on the Pipeline page, then keep this."
            )
        name = UnitName(stage, tried.dataset, tried.view, key)
        result = by_stage.setdefault(stage, Result(name, tried.clip_ids, tried.columns))
        if isinstance(one, Projection):
            result.projections.append((kept_spec(one), one))
        else:
            result.clusterings.append((KEPT, one))
    return [rows_of(result) for result in by_stage.values()]


def _stage(view: str, one: Projection | Clustering) -> str:
    if isinstance(one, Projection):
        return OVERVIEW if view == ALL else PICTURES
    return CLUSTERINGS


def _rank_again(writer: Writer, dataset: str) -> None:
    """Put all clusterings of a dataset in their order of trust."""
    staged = results.Staged(writer)
    table, members = staged.clusterings(dataset), staged.all_members(dataset)
    if table.empty:
        return
    table = table.set_index("clustering_id").loc[list(members.clustering_ids)].reset_index()
    # A view that was learned from labels would bring them into a ranking that looks at none.
    blind = ~table["view"].isin(staged.embeddings()["view"]).to_numpy()
    if not blind.any():
        return
    ranks = rank(table[blind].reset_index(drop=True), members.labels[blind])
    with writer.transaction():
        results.write_ranks(writer, dataset, pd.DataFrame(ranks[["clustering_id", *results.RANKED]]))
