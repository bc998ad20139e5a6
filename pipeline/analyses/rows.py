"""A unit's results as the store's rows; the long tables whole columns at a time."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.analyses.recipe import KEPT, SPACES, ProjectionSpec, clustering_id, projection_id
from pipeline.analyses.unit import Result, UnitName
from pipeline.clusterings.cluster import Clustering
from pipeline.projections.projection import Projection
from store.results import UnitRows

Row = dict[str, Any]


def rows_of(result: Result) -> UnitRows:
    """Everything that was computed of a unit."""
    clip_ids = result.clip_ids
    facts = {"clips": len(clip_ids), "seconds": result.seconds, "notes": list(result.notes)}
    projections = [(_projection(result.name, *pair), pair[1]) for pair in result.projections]
    clusterings = [(_clustering(result.name, *pair), pair[1]) for pair in result.clusterings]
    trees = (_tree(row["clustering_id"], one) for row, one in clusterings)
    return UnitRows(
        unit=asdict(result.name) | facts,
        gaps=[{"what": what, "reason": reason} for what, reason in result.gaps],
        projections=[row for row, _ in projections],
        points=[_points(row["projection_id"], clip_ids, one) for row, one in projections],
        axes=[axis for row, one in projections for axis in _axes(row["projection_id"], result.columns, one)],
        clusterings=[row for row, _ in clusterings],
        members=[_members(row["clustering_id"], clip_ids, one) for row, one in clusterings],
        trees=[tree for tree in trees if tree is not None],
    )


def _projection(name: UnitName, spec: ProjectionSpec, one: Projection) -> Row:
    # What a person set stays as it was set, though few clips lowered it this time: a note says so.
    parameters = {**one.parameters, **(spec.parameters if spec.origin == KEPT else {})}
    return {
        "projection_id": projection_id(name.dataset, name.view, spec),
        "stage": name.stage,
        "dataset": name.dataset,
        "view": name.view,
        "method": one.method,
        "dimension": one.dimension,
        "parameters": as_json(parameters),
        "origin": spec.origin,
        "clips": len(one.positions),
        "neighbours": one.quality.neighbours,
        "trustworthiness": one.quality.trustworthiness,
        "continuity": one.quality.continuity,
        "explained": [] if one.axes is None else [float(share) for share in one.axes.explained],
        "notes": list(one.notes),
        "seconds": one.seconds,
    }


def _points(id_: str, clip_ids: NDArray[np.object_], one: Projection) -> pa.Table:
    n, k = one.positions.shape
    flat = pa.array(np.ascontiguousarray(one.positions, dtype=np.float32).ravel())  # (n * k,)
    offsets = pa.array(np.arange(0, n * k + 1, k, dtype=np.int32))
    return pa.table(
        {
            "projection_id": pa.repeat(pa.scalar(id_), n),
            "clip_id": pa.array(clip_ids, pa.string()),
            "position": pa.ListArray.from_arrays(offsets, flat),
            "trustworthiness": pa.array(one.quality.per_clip_trustworthiness),
            "continuity": pa.array(one.quality.per_clip_continuity),
        }
    )


def _axes(id_: str, columns: tuple[str, ...], one: Projection) -> list[Row]:
    """None where the axes mean nothing."""
    if one.axes is None:
        return []
    pairs = zip(one.axes.explained.tolist(), one.axes.loadings.tolist(), strict=True)
    named = {"projection_id": id_, "columns": list(columns)}
    return [
        named | {"axis": axis, "explained": share, "loadings": weights}
        for axis, (share, weights) in enumerate(pairs, start=1)
    ]


def _clustering(name: UnitName, origin: str, one: Clustering) -> Row:
    """Agreement and rank come when all of a dataset are there."""
    space = SPACES.get(one.space)
    return {
        "clustering_id": clustering_id(name.dataset, name.view, one.space, one.method, one.parameters),
        "stage": name.stage,
        "dataset": name.dataset,
        "view": name.view,
        "space": one.space,
        "space_dimension": one.space_dimension,
        "projection_id": projection_id(name.dataset, name.view, space) if space else None,
        "method": one.method,
        "parameters": as_json(one.parameters),
        "origin": origin,
        "clips": len(one.fitted.labels),
        **{name: _plain(value) for name, value in asdict(one.scores).items()},
        "stability": one.stability,
        "stability_spread": one.stability_spread,
        "generalisation": one.generalisation,
        "within_stability": one.within_stability,
        "trust_spread": one.trust_spread,
        "notes": list(one.notes),
        "seconds": one.seconds,
    }


def _members(id_: str, clip_ids: NDArray[np.object_], one: Clustering) -> pa.Table:
    n, strengths = len(clip_ids), one.fitted.strengths
    return pa.table(
        {
            "clustering_id": pa.repeat(pa.scalar(id_), n),
            "clip_id": pa.array(clip_ids, pa.string()),
            "cluster": pa.array(one.fitted.labels.astype(np.int32)),
            "strength": pa.nulls(n, pa.float32()) if strengths is None else pa.array(strengths),
        }
    )


def _tree(id_: str, one: Clustering) -> pa.Table | None:
    """None where the method has no condensed tree."""
    tree = one.fitted.tree
    if tree is None:
        return None
    return pa.table(
        {
            "clustering_id": pa.repeat(pa.scalar(id_), len(tree.parent)),
            "parent": pa.array(tree.parent),
            "child": pa.array(tree.child),
            "lambda": pa.array(tree.lambda_),
            "size": pa.array(tree.size),
            "selected": pa.array(np.isin(tree.child, tree.selected)),
        }
    )


def as_json(parameters: Mapping[str, Any]) -> str:
    return json.dumps({name: _plain(value) for name, value in parameters.items()}, sort_keys=True)


def _plain(value: Any) -> Any:
    """NumPy's numbers as Python's; what is no number as nothing, for JSON and SQL know no NaN."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
