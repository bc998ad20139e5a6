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
BAR_PX = 22


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
    told = clips[keys].astype("string").fillna("not told")
    return told.value_counts().rename("clips").reset_index().sort_values(keys)


def histogram(values: pd.Series, title: str, unit: str, bins: int = 40) -> go.Figure:
    """How often each value occurs; counted here, so that only the bars travel to the browser."""
    table = histogram_table(values, bins)
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
    figure.update_layout(title=title, bargap=0.02, height=320)
    return figure.update_xaxes(title=unit).update_yaxes(title="clips")


def histogram_table(values: pd.Series, bins: int = 40) -> pd.DataFrame:
    """The numbers behind :func:`histogram`: ``from``, ``to``, ``clips``."""
    known = values.dropna().to_numpy(dtype=float)
    distinct = np.unique(known)
    if len(distinct) <= 1:
        centre = float(distinct[0]) if len(distinct) else 0.0
        half = max(abs(centre) * 0.05, 0.5)
        return pd.DataFrame({"from": [centre - half], "to": [centre + half], "clips": [len(known)]})
    counts, edges = np.histogram(known, bins=bins)
    return pd.DataFrame({"from": edges[:-1], "to": edges[1:], "clips": counts})


def distribution(frame: pd.DataFrame, value: str, by: str, kind: str, title: str, unit: str) -> go.Figure:
    """One column by class, as violins or boxes, ordered by median."""
    order = frame.groupby(by)[value].median().sort_values().index.tolist()
    draw = px.violin if kind == "violin" else px.box
    shown = frame if len(frame) <= MOST_POINTS else frame.sample(MOST_POINTS, random_state=0)
    hover = ["clip_id"] if "clip_id" in frame else None
    figure = draw(shown, y=by, x=value, orientation="h", points="outliers", hover_data=hover, title=title)
    if kind == "violin":
        # The same width for all: the shapes are compared, not the counts. No tail beyond the data.
        figure.update_traces(scalemode="width", width=0.85, spanmode="hard", meanline_visible=True)
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
    """Pearson's correlation of every two columns, blue for together and red for against."""
    names = list(table.columns)
    figure = go.Figure(
        go.Heatmap(
            z=table.to_numpy().round(3),
            x=names,
            y=names,
            zmin=-1,
            zmax=1,
            colorscale="RdBu",
            colorbar={"title": "r"},
            hovertemplate="%{y}<br>%{x}<br>r = %{z}<extra></extra>",
        )
    )
    side = max(420, 120 + 14 * len(names))
    figure.update_yaxes(autorange="reversed")
    return figure.update_layout(title=title, height=min(side, 900))


def correlation_table(values: NDArray[np.float32], names: Sequence[str]) -> pd.DataFrame:
    """The numbers behind :func:`correlation`; a constant column correlates with nothing (NaN)."""
    return pd.DataFrame(values, columns=list(names)).corr()
