"""Which label lies in which cluster: the table, and the clips of a cell that is clicked or chosen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.ui import show
from app.ui.heatmap import ALL, drawn, figure

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


def members(labels: pd.Series, clusters: pd.Series, chosen: tuple[str, str]) -> Mask:
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
    for box, names in zip(boxes, (counts.index, counts.columns), strict=True):
        if st.session_state.get(box, ALL) not in {ALL, *names}:
            st.session_state[box] = ALL  # of another clustering

    def picked() -> None:
        if on_pick:
            on_pick(members(labels, clusters, _chosen(boxes)))

    with st.container(horizontal=True):
        for what, names, box in zip(("Label", "Cluster"), (counts.index, counts.columns), boxes, strict=True):
            st.selectbox(
                what,
                [ALL, *names],
                key=box,
                width=260,
                on_change=picked,
                format_func=lambda one: one or "all",
            )
    _picture(counts, boxes, title, f"{key}_chart", picked)
    with st.expander("The numbers behind this table", icon=":material/table:"):
        st.dataframe(counts, key=f"{key}_numbers", height=min(400, 38 + 35 * len(counts)))
        show.download(counts.reset_index(), f"{key}_labels_by_clusters")
    return members(labels, clusters, _chosen(boxes))


def _picture(
    counts: pd.DataFrame, boxes: tuple[str, str], title: str, key: str, picked: Callable[[], None]
) -> None:
    # A chart forgets which cell was clicked only when it is another chart: else no third click on it would tell.
    clicks = f"{key}_clicks"
    chart = f"{key}_{st.session_state.setdefault(clicks, 0)}"

    def clicked() -> None:
        points = st.session_state[chart]["selection"]["points"]
        if points:
            st.session_state[clicks] += 1
            cell = tuple(map(str, points[0]["customdata"][:2]))
            again = cell == _chosen(boxes)
            for box, name in zip(boxes, cell, strict=True):
                st.session_state[box] = ALL if again else name
            picked()

    shown = drawn(counts)
    st.plotly_chart(
        figure(shown, title, _chosen(boxes)),
        key=chart,
        on_select=clicked,
        selection_mode="points",
        config={"displaylogo": False, "displayModeBar": False},
        alt=title,
    )
    told = (
        "The colour is the share of a label's clips that lie in the cluster, the number their count. Click a "
        "cell to pick its clips, again to let them go; or take the boxes above."
    )
    if shown.shape != counts.shape:
        told += (
            f" Drawn are the {len(shown)} largest of {len(counts)} labels and the {shown.shape[1]} largest "
            f"of {counts.shape[1]} clusters; the boxes hold all."
        )
    st.caption(told)


def _chosen(boxes: tuple[str, str]) -> tuple[str, str]:
    label, cluster = (str(st.session_state.get(box, ALL)) for box in boxes)
    return label, cluster
