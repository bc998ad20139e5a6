"""How things are shown on every page: a chart with its numbers, a leaderboard, titles, counts, shares and marks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app.cache import snapshot
from app.ui import escape
from pipeline.clusterings import CLUSTERERS
from pipeline.inputs import ALL
from store.export import to_csv

NO_TOOLS = {"displaylogo": False, "displayModeBar": False}
LEGEND_BELOW = {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0}
"""Beside the chart it would take half of a narrow screen."""


def chart(figure: go.Figure, table: pd.DataFrame, name: str, *, caption: str = "") -> None:
    """Draw a figure with its numbers one click away.

    Parameters
    ----------
    figure : go.Figure
        With a title and units on its axes.
    table : DataFrame
        What the figure shows.
    name : str
        The download's file name without ending; unique on the page.
    caption : str
        What was left out or sampled, in a sentence; Markdown.
    """
    figure.update_layout(margin={"t": 56, "b": 48, "r": 8}, legend=LEGEND_BELOW)
    plot(figure, f"chart_{name}")
    if caption:
        st.caption(caption)
    with st.expander("The numbers behind this chart", icon=":material/table:"):
        st.dataframe(table, hide_index=True, key=f"table_{name}", height=min(400, 38 + 35 * len(table)))
        download(table, name)


def plot(figure: go.Figure, key: str, **options: Any) -> None:
    """Draw a figure, in which no label and no name becomes a link; ``options`` are those of ``st.plotly_chart``."""
    options = {"config": {"displaylogo": False}} | options
    st.plotly_chart(escape.figure(figure), key=key, alt=figure.layout.title.text, **options)


def counted(number: int, what: str) -> str:
    """A number with its noun: ``1 file``, ``2 files``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def percent(share: float) -> str:
    """A share of 0 to 1: ``91.5%``."""
    return f"{100 * share:.1f}%"


def listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def view_order(views: Sequence[str]) -> list[str]:
    """All together first, then as the store lists them."""
    listed = snapshot.views()["view"].tolist()
    return sorted(views, key=lambda one: (one != ALL, listed.index(one) if one in listed else len(listed)))


def view_titles(views: Sequence[str]) -> dict[str, str]:
    known = snapshot.views().set_index("view")["title"].to_dict()
    return {view: "All views together" if view == ALL else known.get(view, view) for view in views}


def download(table: pd.DataFrame, name: str) -> None:
    st.download_button(
        "Download as CSV",
        data=lambda: to_csv(table),
        on_click="ignore",
        file_name=f"sesatlas_{name}.csv",
        mime="text/csv",
        key=f"download_{name}",
        icon=":material/download:",
    )


def synthetic_mark(synthetic: bool) -> None:
    """Say which collections were synthesised wherever one is shown."""
    if synthetic:
        st.badge("synthetic", icon=":material/science:", color="violet")
    else:
        st.badge("real recordings", icon=":material/mic:", color="green")


Column = tuple[str, str, str | None, str]
"""Group, name, printf format of a number (None for words), and what it means."""


def choose_row(
    table: pd.DataFrame, columns: Mapping[str, Column], chosen: str | None, *, key: str, highest_px: int
) -> str | None:
    """Draw the table; the index of the row chosen in it, ``chosen`` where none is.

    Parameters
    ----------
    table : DataFrame
        As it is shown; what is chosen goes by its index.
    columns : mapping of str to tuple
        Of each column of the table.
    chosen : str or None
        What is chosen so far; it may be no row of this table.
    key : str
        A prefix, unique on the page.
    """
    grouped = table.set_axis(pd.MultiIndex.from_tuples([columns[str(one)][:2] for one in table]), axis=1)
    # Chosen rows are told by number: of other rows, the same number would be another one.
    rows = hashlib.sha256("\n".join(map(str, table.index)).encode("utf-8")).hexdigest()[:12]
    default = [table.index.tolist().index(chosen)] if chosen in table.index else []
    event = st.dataframe(
        grouped,
        hide_index=True,
        height=min(highest_px, 2 * 36 + 35 * len(table)),
        column_config=_config(table, columns),
        key=f"{key}_table_{rows}",
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": default}},
        placeholder="",
    )
    picked = event["selection"]["rows"]
    return str(table.index[picked[0]]) if picked else chosen


def _config(table: pd.DataFrame, columns: Mapping[str, Column]) -> dict[Any, Any]:
    config: dict[Any, Any] = {}
    for number, column in enumerate(table, 1):  # the index, though hidden, is column 0
        _, name, form, meaning = columns[str(column)]
        if form:
            config[number] = st.column_config.NumberColumn(name, help=meaning, format=form)
        else:
            config[number] = st.column_config.TextColumn(name, help=meaning)
    return config


SPACES = {
    "standardised": "all columns, standardised",
    "pca": "principal components",
    "umap": "UMAP",
    "umap_cosine": "UMAP by cosine",
}
CLUSTERING_TITLES = {
    "method": {name: one.title for name, one in CLUSTERERS.items()},
    "space": SPACES,
}
"""By column of the leaderboard: a method and a view may have the same short name."""
