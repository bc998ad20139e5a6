"""How far a picture can be believed: its quality in numbers, what its axes mean, and what is missing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.express as px
import streamlit as st

from app.ui import escape, show

MEANING = (
    "**Trustworthiness** asks whether the neighbours one sees are neighbours in truth, **continuity** whether "
    "true neighbours are still side by side; 1 is perfect (Venna and Kaski 2001, {neighbours} neighbours a clip). "
    "Colour the clouds by either to see where the picture lies, or choose a clip: lines lead to its true "
    "neighbours. Distances between far groups mean nothing in t-SNE and little in UMAP."
)
COLUMNS = {
    "title": "projection",
    "dimension": "dimensions",
    "trustworthiness": "trustworthiness",
    "continuity": "continuity",
    "clips": "n",
    "seconds": "seconds",
    "parameters": "parameters",
    "origin": "origin",
}
AXIS_COLUMNS = 12


def draw(
    projections: pd.DataFrame, titles: Sequence[str], axes: pd.DataFrame | None, gaps: pd.DataFrame
) -> None:
    """Draw the quality of each projection of a view.

    Parameters
    ----------
    projections : DataFrame
        The store's rows of one view.
    titles : sequence of str
        What each is called.
    axes : DataFrame or None
        The loadings of its principal components, where there are any.
    gaps : DataFrame
        What could not be computed of this view, with reasons.
    """
    if len(projections):
        neighbours = int(projections["neighbours"].iloc[0])
        st.markdown(MEANING.format(neighbours=neighbours))
        table = projections.assign(
            title=titles, parameters=projections["parameters"].map(describe_parameters)
        )[list(COLUMNS)].rename(columns=COLUMNS)
        numbers: dict[str, Any] = {
            name: st.column_config.NumberColumn(format="%.3f") for name in ("trustworthiness", "continuity")
        }
        numbers["seconds"] = st.column_config.NumberColumn(format="%.1f")
        st.dataframe(table, hide_index=True, column_config=numbers, key="quality_table")
        show.download(table, "projections")
    for note in sorted({note for notes in projections["notes"] for note in notes}):
        st.caption(escape.sentence(note))
    if axes is not None and len(axes):
        _axes(axes)
    if len(gaps):
        st.subheader("What is missing, and why", anchor=False)
        st.dataframe(gaps[["what", "reason"]], hide_index=True, key="gaps_table")


def _axes(axes: pd.DataFrame) -> None:
    """The columns that weigh most on each principal component, as bars."""
    st.subheader("What the principal components are made of", anchor=False)
    places = st.columns(min(len(axes), 3))
    for place, (_, axis) in zip(places, axes.head(3).iterrows(), strict=False):
        table = heaviest(axis)
        share = f"{axis['explained']:.1%} of the variance"
        figure = px.bar(table[::-1], x="loading", y="column", orientation="h")
        figure.update_layout(title=f"PC{axis['axis']}: {share}", height=360)
        figure.update_yaxes(title=None)
        with place:
            show.chart(figure, table, f"axis_{axis['axis']}")


def heaviest(axis: pd.Series, most: int = AXIS_COLUMNS) -> pd.DataFrame:
    """``column`` and ``loading`` of those that weigh most, heaviest first."""
    table = pd.DataFrame({"column": list(axis["columns"]), "loading": list(axis["loadings"])})
    return table.reindex(table["loading"].abs().sort_values(ascending=False, kind="stable").index).head(most)


def describe_parameters(parameters: str, leave_out: tuple[str, ...] = ("seed",)) -> str:
    """Parameters as the store has them (JSON) in a form to read."""
    named = {name: value for name, value in json.loads(parameters).items() if name not in leave_out}
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in named.items())
