"""DataFrame to Plotly figure. Knows no Streamlit: colours come from the theme when the page shows it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
from numpy.typing import NDArray

MOST_POINTS = 5_000
"""More points than this make a browser slow and a picture no clearer; a fixed sample is shown instead."""
MOST_BARS = 50
BAR_PX = 22
TOGETHER, AGAINST, NEITHER = "#0072b2", "#d55e00", "rgba(128, 128, 128, 0.1)"


def class_balance(clips: pd.DataFrame, by: str, colour: str | None, title: str) -> go.Figure:
    """Clips in each class, most first; bars split by ``colour`` where it is given."""
    counts = balance_table(clips, by, colour)
    order = counts.groupby(by)["clips"].sum().sort_values().index.tolist()
    figure = px.bar(counts, y=by, x="clips", color=colour, orientation="h", title=title)
    figure.update_yaxes(categoryorder="array", categoryarray=order, type="category", title=None)
    figure.update_xaxes(title="clips")
    return figure.update_layout(height=max(260, 130 + BAR_PX * len(order)))


def balance_table(clips: pd.DataFrame, by: str, colour: str | None) -> pd.DataFrame:
    """The numbers behind :func:`class_balance`."""
    keys = [by] if colour in (None, by) else [by, str(colour)]
    values = clips[keys].astype("string").fillna("unknown")
    return values.value_counts().rename("clips").reset_index().sort_values(keys)


def histogram(values: pd.Series, name: str, unit: str) -> go.Figure:
    """How often each value occurs; counted here, so that only the bars travel to the browser."""
    table = histogram_table(values)
    width = table["to"] - table["from"]
    figure = go.Figure(
        go.Bar(
            x=table["from"] + width / 2,
            y=table["clips"],
            width=width,
            customdata=table[["from", "to"]],
            hovertemplate="%{customdata[0]:.4g} to %{customdata[1]:.4g} "
            + unit
            + "<br>%{y} clips<extra></extra>",
        )
    )
    figure.update_layout(title=f"{name} (n = {int(table['clips'].sum()):,})", bargap=0.02, height=300)
    return figure.update_xaxes(title=f"{name} ({unit})").update_yaxes(title="clips")


def histogram_table(values: pd.Series) -> pd.DataFrame:
    """The numbers behind :func:`histogram`: ``from``, ``to``, ``clips``; as many bars as the values deserve."""
    known = values.dropna().to_numpy(dtype=float)
    if len(known) and np.ptp(known) <= 1e-9 * np.abs(known).max() + np.finfo(float).tiny:
        known = np.full_like(known, known[0])  # apart by rounding only: too close for any bars between them
    edges = np.histogram_bin_edges(known, bins="auto")
    edges = edges if len(edges) <= MOST_BARS + 1 else np.histogram_bin_edges(known, bins=MOST_BARS)
    counts, _ = np.histogram(known, bins=edges)
    return pd.DataFrame({"from": edges[:-1], "to": edges[1:], "clips": counts})


def distribution(frame: pd.DataFrame, value: str, by: str, kind: str, title: str, unit: str) -> go.Figure:
    """One column by class, as violins or boxes, ordered by median."""
    order = frame.groupby(by)[value].median().sort_values().index.tolist()
    shown = frame if len(frame) <= MOST_POINTS else frame.sample(MOST_POINTS, random_state=0)
    hover = ["clip_id"] if "clip_id" in frame else None
    options = {
        "y": by,
        "x": value,
        "orientation": "h",
        "points": "outliers",
        "hover_data": hover,
        "title": title,
    }
    if kind == "violin":
        # A trace each: Plotly gives the violins of one trace one scale, and all but the narrowest class
        # become lines. The same width for all, as shapes are compared, and no tail beyond the data.
        figure = px.violin(shown, color=by, violinmode="overlay", **options)
        figure.update_traces(scalemode="width", width=0.85, spanmode="hard", meanline_visible=True)
        figure.for_each_trace(lambda trace: trace.update(marker_color=figure.data[0].marker.color))
        figure.update_layout(showlegend=False)
    else:
        figure = px.box(shown, **options)
    figure.update_yaxes(categoryorder="array", categoryarray=order, type="category", title=None)
    figure.update_xaxes(title=unit)
    return figure.update_layout(height=max(320, 130 + 34 * len(order)))


def against(frame: pd.DataFrame, x: str, y: str, colour: str | None, title: str) -> go.Figure:
    """Two columns against each other, a point a clip; colour and symbol tell the class."""
    shown = frame if len(frame) <= MOST_POINTS else frame.sample(MOST_POINTS, random_state=0)
    figure = px.scatter(
        shown,
        x=x,
        y=y,
        color=colour,
        symbol=colour,
        hover_name="clip_id",
        custom_data=["clip_id"],
        title=title,
    )
    return figure.update_traces(marker_size=7).update_layout(height=520, dragmode="pan")


def correlation(table: pd.DataFrame, title: str) -> go.Figure:
    """Pearson's correlation of every two columns, blue for together and orange for against."""
    names = list(table.columns)
    figure = go.Figure(
        go.Heatmap(
            z=table.to_numpy().round(3),
            x=names,
            y=names,
            zmin=-1,
            zmax=1,
            colorscale=[[0, AGAINST], [0.5, NEITHER], [1, TOGETHER]],
            colorbar={"title": "r", "thickness": 10},
            hovertemplate="%{y}<br>%{x}<br>r = %{z}<extra></extra>",
        )
    )
    side = max(420, 120 + 14 * len(names))
    figure.update_yaxes(autorange="reversed")
    return figure.update_layout(title=title, height=min(side, 900))


def correlation_table(values: NDArray[np.float32], names: Sequence[str]) -> pd.DataFrame:
    """The numbers behind :func:`correlation`; a constant column correlates with nothing (NaN)."""
    return pd.DataFrame(values, columns=list(names)).corr()
