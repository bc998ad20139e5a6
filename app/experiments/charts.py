"""Experiments side by side and class by class: DataFrame to Plotly. Knows no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.ui.charts import BAR_PX

DASHES = ("dot", "dash", "dashdot", "longdash", "longdashdot", "5px,2px", "2px,6px")
LONGEST = 44
FULL = [0, 1.02]


def short(name: str) -> str:
    """A name that leaves room for the figure beside it."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def accuracies(
    table: pd.DataFrame,
    lines: Mapping[str, float],
    title: str,
    dots: str = "measured here, with 95% interval",
) -> go.Figure:
    """Accuracies with their intervals, such as of experiments, and what there is to hold them against as lines.

    Parameters
    ----------
    table : DataFrame
        ``name``, ``accuracy``, ``low``, ``high`` (0 to 1), best first, names unique.
    lines : mapping of str to float
        Accuracies that are drawn across the figure, by their names.
    dots : str
        What the dots are called in the legend.
    """
    rows = table[::-1]
    ends = [-0.5, len(rows) - 0.5]
    figure = go.Figure([_dots(rows, dots), *_across(lines, ends)])
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[short(one) for one in rows["name"]],
        range=ends,
        showgrid=False,
    )
    figure.update_xaxes(title="accuracy", tickformat=".0%", range=FULL)
    # The legend stands below and takes a line an entry where the window is narrow.
    below = 24 * (len(lines) + 1)
    return figure.update_layout(title=title, height=170 + BAR_PX * len(rows) + below)


def _dots(rows: pd.DataFrame, name: str) -> go.Scatter:
    return go.Scatter(
        x=rows["accuracy"],
        y=list(range(len(rows))),
        mode="markers",
        marker_size=9,
        error_x={
            "array": rows["high"] - rows["accuracy"],
            "arrayminus": rows["accuracy"] - rows["low"],
            "thickness": 1.5,
        },
        customdata=rows[["name", "low", "high"]],
        hovertemplate="%{customdata[0]}<br>%{x:.1%}, 95% interval %{customdata[1]:.1%} to "
        "%{customdata[2]:.1%}<extra></extra>",
        name=name,
    )


def _across(lines: Mapping[str, float], ends: list[float]) -> list[go.Scatter]:
    return [
        go.Scatter(
            x=[accuracy, accuracy],
            y=ends,
            mode="lines",
            line={"dash": DASHES[number % len(DASHES)], "width": 2},
            name=f"{name} {accuracy:.1%}",
            hovertemplate=f"{name}: {accuracy:.1%}<extra></extra>",
        )
        for number, (name, accuracy) in enumerate(lines.items())
    ]


def classes(table: pd.DataFrame, title: str) -> go.Figure:
    """Precision, recall and F1 of each class as dots on a line, the hardest class on top.

    Parameters
    ----------
    table : DataFrame
        ``name``, ``precision``, ``recall``, ``f1`` (0 to 1; None where a class has no tested clip).
    """
    rows = table.sort_values("f1", ascending=False, na_position="first")
    figure = go.Figure()
    for metric, symbol in (("precision", "triangle-up"), ("recall", "square"), ("f1", "circle")):
        figure.add_trace(
            go.Scatter(
                x=rows[metric],
                y=rows["name"],
                mode="markers",
                marker={"symbol": symbol, "size": 10},
                name="F1" if metric == "f1" else metric,
                hovertemplate="%{y}: %{x:.1%}",
            )
        )
    least = np.nanmin(rows[["precision", "recall", "f1"]].to_numpy(dtype=float), initial=1.0)
    figure.update_xaxes(
        title="share", tickformat=".0%", range=[max(np.floor(10 * least) / 10 - 0.05, -0.02), 1.02]
    )
    figure.update_yaxes(type="category", title=None)
    return figure.update_layout(title=title, height=160 + BAR_PX * len(rows))
