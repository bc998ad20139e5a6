"""How every chart stands on a page: the figure, and the table behind it to look at and download."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

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
        What was left out or sampled, in a sentence.
    """
    figure.update_layout(margin={"t": 56, "b": 48, "r": 8}, legend=LEGEND_BELOW)
    st.plotly_chart(figure, key=f"chart_{name}", config={"displaylogo": False}, alt=figure.layout.title.text)
    if caption:
        st.caption(caption)
    with st.expander("The numbers behind this chart", icon=":material/table:"):
        st.dataframe(table, hide_index=True, key=f"table_{name}", height=min(400, 38 + 35 * len(table)))
        download(table, name)


def counted(number: int, what: str) -> str:
    """A number with its noun: ``1 file``, ``2 files``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def download(table: pd.DataFrame, name: str) -> None:
    st.download_button(
        "Download as CSV",
        data=lambda: table.to_csv(index=False).encode("utf-8"),
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
