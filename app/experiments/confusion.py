"""The confusion matrix: counts of actual against predicted classes, and the cell that is chosen in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from app.ui import heatmap
from app.ui.heatmap import ALL, Cell

MOST = 50
"""Classes in the picture: those of ESC-50. The boxes hold all."""
ACTUAL, PREDICTED = "true", "said"
"""Parameters of the page's address: the chosen cell's row and column."""


def table(truth: NDArray[np.intp], predicted: NDArray[np.intp], classes: Sequence[str]) -> pd.DataFrame:
    """Count the clips of each actual class (rows) by predicted class (columns), in the order of ``classes``."""
    n = len(classes)
    counts = np.bincount(truth * n + predicted, minlength=n * n).reshape(n, n)
    return pd.DataFrame(counts, index=list(classes), columns=list(classes))


def drawn(counts: pd.DataFrame) -> pd.DataFrame:
    """What fits into the figure: of many classes those with the most errors, as actual or predicted class."""
    if len(counts) <= MOST:
        return counts
    wrong = counts.to_numpy().copy()
    np.fill_diagonal(wrong, 0)
    places = np.sort(np.argsort(-(wrong.sum(axis=0) + wrong.sum(axis=1)), kind="stable")[:MOST])
    return counts.iloc[places, places]


def figure(counts: pd.DataFrame, title: str, chosen: Cell) -> go.Figure:
    """Coloured cells, each a bar: Plotly reports no click on the cells of a heatmap."""
    made = heatmap.figure(counts, title, chosen)
    made.update_traces(
        hovertemplate="%{customdata[0]}<br>predicted as %{customdata[1]}<br>%{text} clips, "
        "%{customdata[2]:.0%} of the class<extra></extra>"
    )
    # Slanted upwards: downwards the last ones would end outside of a narrow window.
    made.update_xaxes(tickangle=-60 if len(counts) > 3 else 0)
    return made.update_layout(xaxis_title="predicted", yaxis_title="actual")


def cell_of(classes: Sequence[str]) -> Cell:
    """The cell that the address names, ``ALL`` for what it does not name or these classes do not have."""
    actual, predicted = st.query_params.get(ACTUAL, ALL), st.query_params.get(PREDICTED, ALL)
    return (actual if actual in classes else ALL, predicted if predicted in classes else ALL)


def put(cell: Cell) -> None:
    """Write the cell into the address."""
    for name, value in zip((ACTUAL, PREDICTED), cell, strict=True):
        if value == ALL:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = value


def draw(
    counts: pd.DataFrame, title: str, *, key: str, caption: str, on_pick: Callable[[Cell], None]
) -> Cell:
    """Draw boxes and picture; the chosen cell, ``ALL`` in place of a class where none is chosen.

    Parameters
    ----------
    counts : DataFrame
        From :func:`table`.
    key : str
        A prefix, unique on the page.
    caption : str
        What the picture is of: dataset, snapshot, protocol, number of clips.
    on_pick : callable
        Called with the cell when a person chooses one, before the page is drawn anew.
    """
    classes = list(counts.index)
    cell = cell_of(classes)
    many = (
        f" Drawn are the {MOST} of {len(classes)} classes with the most errors."
        if len(classes) > MOST
        else ""
    )
    heatmap.draw(
        counts.rename_axis(index="actual"),
        figure(drawn(counts), title, cell),
        cell,
        boxes=(("Actual", f"{key}_actual"), ("Predicted", f"{key}_predicted")),
        every="any class",
        caption=f"{caption} Click a cell to hear its clips, again to clear it.{many}",
        file=f"{key}_confusion",
        key=key,
        on_pick=on_pick,
    )
    return cell
