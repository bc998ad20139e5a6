"""The cloud with the query in it: a clip where it is, a new recording where it would fall."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.builds import waiting
from app.cache import snapshot, tables
from app.components.cloud.cloud import Colouring, Scene, cloud
from app.similar import search
from app.ui import colours, filters
from pipeline.projections import METHODS
from store.results_reader import Points

OWN = "your recording"
SAME = 1e-6
"""Nearer than this is rounding: the same sound."""
EXACT = "Your recording stands exactly where PCA puts it."
ESTIMATE = (
    "{} has no formula for a new recording: yours stands at the mean of its {} nearest clips, the nearer the "
    "heavier. Its neighbours are true, its place is an estimate."
)
NONE = (
    "The store holds no 3-D cloud of this collection in this view. Build again on the Pipeline page, which "
    "makes one, or says why it cannot."
)
LINES = "Lines lead to the ten nearest in the view itself: where they are long, the picture lies."


def draw(
    query: search.Query, near: pd.DataFrame, dataset: str, view: str, on_choose: Callable[[str], None]
) -> None:
    """Draw the query among the clips of a collection, with lines to its nearest; or say why not.

    ``near`` are the nearest of that collection, as in :class:`app.similar.search.Found`. ``on_choose`` is called
    with the clip whose point a person clicks.
    """
    projection = _projection(dataset, view)
    if projection is None:
        waiting.draw("pca", NONE, ":material/scatter_plot:")
        return
    points = tables.points(str(projection["projection_id"]))
    clips = tables.aligned(snapshot.clips(dataset), points.clip_ids)
    labels = colours.categories(clips["label"], "Label")
    links = _rows(points, near)
    ids, positions, note = list(points.clip_ids), points.positions, ""
    if query.clip_id in clips.index:
        chosen = ids.index(query.clip_id)
    else:
        place, note = _place(query, projection, points, near, dataset)
        chosen, positions, labels = len(ids), np.vstack([positions, place]), _with_one_more(labels)
        ids.append(OWN)
    title = METHODS[projection["method"]].title
    collection = filters.titles(snapshot.datasets())[dataset]
    cloud(
        [Scene(name=title, dimension=3, points=positions, title=f"{title} of {collection}")],
        ids,
        labels,
        None,
        labels,
        symbols=False,
        selected=None,
        chosen=chosen,
        links=[int(row) for row in links if row >= 0],
        sound=None,
        on_choose=lambda place: on_choose(ids[place]) if ids[place] != OWN else None,
        on_select=lambda _: None,
        key="similar_cloud",
    )
    st.caption(f"{LINES} {note}")


def _projection(dataset: str, view: str) -> pd.Series | None:
    """The box that chooses one of the build's 3-D projections, and the store's row of it."""
    there = tables.projections(dataset)
    there = there[(there["view"] == view) & (there["dimension"] == 3) & (there["origin"] == "build")]
    rows = {METHODS[row["method"]].title: row for _, row in there.iterrows() if row["method"] in METHODS}
    titles = [method.title for method in METHODS.values() if method.title in rows]
    if not titles:
        return None
    title = st.segmented_control(
        "Projection", titles, default=titles[-1], required=True, key="projection", bind="query-params"
    )
    return rows[str(title)]


def _place(
    query: search.Query, projection: pd.Series, points: Points, near: pd.DataFrame, dataset: str
) -> tuple[NDArray[np.float32], str]:
    """Where a recording that is not in the collection stands, shape ``(3,)``, and how that was found."""
    view = str(projection["view"])
    if projection["method"] == "pca":
        axes = tables.axes(str(projection["projection_id"]))
        target = search.vector(query, dataset, view)
        exact = by_axes(target, snapshot.standardised(dataset, view).columns, axes)
        if exact is not None:
            return exact, EXACT
    rows = _rows(points, near)
    known = rows >= 0
    place = by_neighbours(points.positions[rows[known]], near["distance"].to_numpy(float)[known])
    return place, ESTIMATE.format(METHODS[projection["method"]].title, int(known.sum()))


def _rows(points: Points, near: pd.DataFrame) -> NDArray[np.intp]:
    """The rows of the neighbours among the points, -1 where one has no place."""
    return pd.Index(points.clip_ids).get_indexer(pd.Index(near["clip_id"]))


def _with_one_more(labels: Colouring) -> Colouring:
    """The colours with a grey point behind the last."""
    grey = np.array([np.iinfo(labels.codes.dtype).max], dtype=labels.codes.dtype)
    missing = "no label, or yours" if (labels.codes == grey).any() else OWN
    return replace(labels, codes=np.concatenate([labels.codes, grey]), missing=missing)


def by_axes(
    target: NDArray[np.float32], columns: Sequence[str], axes: pd.DataFrame
) -> NDArray[np.float32] | None:
    """Exactly where PCA puts vectors, shape ``(..., k)``; None where its axes are of other columns.

    Parameters
    ----------
    target : float32, shape (..., d)
        One standardised vector, or several.
    columns : sequence of str
        What its numbers are.
    axes : DataFrame
        A row an axis, with its ``columns`` and ``loadings``, as the store holds them.
    """
    if axes.empty or any(tuple(names) != tuple(columns) for names in axes["columns"]):
        return None
    loadings = np.stack(axes["loadings"].to_list())  # (k, d)
    return (target @ loadings.T).astype(np.float32)


def by_neighbours(positions: NDArray[np.float32], distances: NDArray[np.float64]) -> NDArray[np.float32]:
    """
    The mean of the neighbours' positions, each weighted by one over its distance, shape ``(k,)``.

    t-SNE and UMAP have no formula for a new point. Where a neighbour is at distance 0, its place is it.
    """
    same = distances < SAME
    weights = same.astype(float) if same.any() else 1 / distances
    return np.average(positions, axis=0, weights=weights).astype(np.float32)
