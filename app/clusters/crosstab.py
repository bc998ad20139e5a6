"""Which label lies in which cluster: the table, and the clips of a cell that is clicked or chosen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.ui import heatmap
from app.ui.heatmap import ALL, Cell, drawn, figure

NOISE, NO_LABEL = "noise", "no label"

Mask = NDArray[np.bool_] | None


def cluster_names(clusters: pd.Series) -> pd.Series:
    """Numbers of clusters in words: -1 is noise."""
    return clusters.astype(int).map(lambda one: NOISE if one < 0 else str(one))


def label_names(labels: pd.Series) -> pd.Series:
    """Labels in words, for clips that have none as well."""
    return labels.astype("string").fillna(NO_LABEL).astype(object)


def table(labels: pd.Series, clusters: pd.Series) -> pd.DataFrame:
    """Count the clips of each label in each cluster.

    Parameters
    ----------
    labels : Series of str or None, length n
    clusters : Series of int, length n
        -1 for noise, which becomes the last column.

    Returns
    -------
    DataFrame of int
        A row a label in alphabetical order, a column a cluster in the order of their numbers.
    """
    counts = pd.crosstab(label_names(labels).to_numpy(), cluster_names(clusters).to_numpy())
    columns = sorted(counts.columns, key=lambda one: np.inf if one == NOISE else int(one))
    return counts[columns].rename_axis(index="label", columns="cluster")


def members(labels: pd.Series, clusters: pd.Series, chosen: Cell) -> Mask:
    """Which clips lie in the chosen cell, row or column; None where nothing is chosen."""
    label, cluster = chosen
    if chosen == (ALL, ALL):
        return None
    kept = np.ones(len(labels), dtype=bool)
    if label != ALL:
        kept &= (label_names(labels) == label).to_numpy()
    if cluster != ALL:
        kept &= (cluster_names(clusters) == cluster).to_numpy()
    return kept


def draw(
    labels: pd.Series,
    clusters: pd.Series,
    *,
    key: str,
    title: str = "Labels by clusters",
    on_pick: Callable[[Mask], None] | None = None,
) -> Mask:
    """Draw the table; the clips of the cell that is clicked or chosen, None where none is.

    Parameters
    ----------
    labels, clusters : Series, length n
        Of the same clips in the same order.
    key : str
        A prefix, unique on the page.
    on_pick : callable, optional
        Called with the clips only when a person chooses or lets go, before the page is drawn anew.
    """
    counts = table(labels, clusters)
    boxes = (f"{key}_label", f"{key}_cluster")
    kept = [str(st.session_state.get(box, ALL)) for box in boxes]
    # Of another clustering, it may be none of these.
    chosen = (kept[0] if kept[0] in counts.index else ALL, kept[1] if kept[1] in counts.columns else ALL)

    def pick(cell: Cell) -> None:
        for box, name in zip(boxes, cell, strict=True):
            st.session_state[box] = name
        if on_pick:
            on_pick(members(labels, clusters, cell))

    shown = drawn(counts)
    left_out = (
        f" Drawn are the {len(shown)} largest of {len(counts)} labels and the {shown.shape[1]} largest "
        f"of {counts.shape[1]} clusters; the boxes hold all."
    )
    heatmap.draw(
        counts,
        figure(shown, title, chosen),
        chosen,
        boxes=(("Label", boxes[0]), ("Cluster", boxes[1])),
        every="all",
        caption="The colour is the share of a label's clips that lie in the cluster, the number their count. Click a "
        "cell to pick its clips, again to let them go; or take the boxes above."
        + (left_out if shown.shape != counts.shape else ""),
        file=f"{key}_labels_by_clusters",
        key=key,
        on_pick=pick,
    )
    return members(labels, clusters, chosen)
