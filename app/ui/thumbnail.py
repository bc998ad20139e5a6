"""A collection as a small still picture: its clips in two dimensions, coloured by label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.cache import snapshot, tables
from app.cache.snapshot import of_snapshot
from pipeline.inputs import ALL
from store.reader import Reader

MAX_POINTS = 2_000
WIDTH, HEIGHT, MARGIN = 480, 240, 10
MAX_STRETCH = 2.5
"""A card is wide and low, and one island far off would leave most of it empty."""
LAYERS = 8
"""Points are painted in this many layers, each with every class: else the last class would cover the others."""
METHODS = ("umap", "tsne", "pca")
"""The first of these that the store holds is shown."""
GREY = "#8a939c"
"""For clips without a label; in the middle between both themes' backgrounds."""


@of_snapshot(entries=64)
def draw(reader: Reader, dataset: str, colours: tuple[str, ...]) -> tuple[str, str] | None:
    """A collection as SVG, and the method that laid it out; None before there is a projection.

    Parameters
    ----------
    dataset : str
    colours : tuple of str
        See :func:`svg`.
    """
    row = best(tables.projections(dataset))
    if row is None:
        return None
    points = tables.points(str(row["projection_id"]))
    clips = tables.aligned(snapshot.clips(dataset), points.clip_ids)
    return svg(points.positions, clips["label"].tolist(), colours), str(row["method"])


def best(projections: pd.DataFrame) -> pd.Series | None:
    """The projection to show of a collection: of all views together, in 2-D; None where there is none.

    Parameters
    ----------
    projections : DataFrame
        The store's rows of one dataset.
    """
    rows = projections[
        (projections["view"] == ALL) & (projections["dimension"] == 2) & (projections["origin"] == "build")
    ]
    for method in METHODS:
        found = rows[rows["method"] == method]
        if len(found):
            return found.iloc[0]
    return None


def svg(positions: NDArray[np.float32], labels: Sequence[object], colours: Sequence[str]) -> str:
    """The picture as SVG, without a background.

    Parameters
    ----------
    positions : float32, shape (n, 2)
        Of more than ``MAX_POINTS``, an even sample is drawn.
    labels : sequence, length n
        None or NaN where a clip has none.
    colours : sequence of str
        Of the labels in their natural order, again from the first where there are more labels.
    """
    codes, known = _codes(labels)
    rows = np.unique(np.linspace(0, len(positions) - 1, min(len(positions), MAX_POINTS)).astype(int))
    places, codes = _fitted(positions[rows]), codes[rows]
    order = np.random.default_rng(0).permutation(len(rows))
    size = float(np.clip(90 / np.sqrt(max(len(rows), 1)), 3.5, 8))
    paths = [
        _path(places[layer[codes[layer] == code]], GREY if code < 0 else colours[code % len(colours)])
        for layer in np.array_split(order, LAYERS)
        for code in range(-1, known)
        if (codes[layer] == code).any()
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'fill="none" stroke-width="{size:.1f}" stroke-linecap="round" stroke-opacity="0.8">{"".join(paths)}</svg>'
    )


def _codes(labels: Sequence[object]) -> tuple[NDArray[np.intp], int]:
    """The place of each label among all, -1 where there is none, and how many there are."""
    values = pd.Series(list(labels), dtype=object)
    known = sorted(values.dropna().unique().tolist())
    return pd.Index(known, dtype=object).get_indexer(pd.Index(values)), len(known)


def _fitted(positions: NDArray[np.float32]) -> NDArray[np.float64]:
    """Into the picture, (n, 2); upwards is upwards, and an axis is stretched at most ``MAX_STRETCH`` times."""
    low, high = positions.min(axis=0).astype(float), positions.max(axis=0).astype(float)
    room = np.array([WIDTH, HEIGHT], dtype=float) - 2 * MARGIN
    scales = room / np.maximum(high - low, 1e-9)
    scales = np.minimum(scales, MAX_STRETCH * scales.min())
    places = (positions - (low + high) / 2) * (scales * [1, -1])
    return places + np.array([WIDTH / 2, HEIGHT / 2])


def _path(places: NDArray[np.float64], colour: str) -> str:
    # Lines without length have round ends: points, of which one takes a few letters.
    points = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in places)
    return f'<path stroke="{colour}" d="{points}"/>'
