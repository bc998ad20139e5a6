"""Curves of experiments: what a threshold trades, whether probabilities hold, what more clips would bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from app.ui.charts import NEITHER
from pipeline.classify.metrics import Curve, Reliability

MOST_POINTS = 200
"""Of a curve: more make the page slower and the line no smoother."""
GREY = {"dash": "dot", "width": 1.5, "color": "rgba(128, 128, 128, 0.8)"}
SHARES = {"tickformat": ".0%", "range": [-0.02, 1.02]}


def curve_table(curves: Mapping[str, Curve], x: str, y: str) -> pd.DataFrame:
    """Curves one below the other: ``class``, the two axes, ``threshold``; classes without a curve have no row."""
    parts = []
    for name, one in curves.items():
        kept = np.unique(np.linspace(0, len(one.x) - 1, min(len(one.x), MOST_POINTS)).round().astype(int))
        part = {"class": name, x: one.x[kept], y: one.y[kept], "threshold": one.thresholds[kept]}
        parts.append(pd.DataFrame(part))
    return (
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["class", x, y, "threshold"])
    )


def curves(table: pd.DataFrame, x: str, y: str, title: str, *, stepped: bool) -> go.Figure:
    """A line a class from :func:`curve_table`; ``stepped`` where no point lies between two of them."""
    figure = px.line(
        table,
        x=x,
        y=y,
        color="class",
        render_mode="svg",
        line_dash="class" if table["class"].nunique() > 1 else None,
        hover_data={"threshold": ":.3f"},
        title=title,
        line_shape="vh" if stepped else "linear",
    )
    figure.update_xaxes(title=x, **SHARES)
    figure.update_yaxes(title=y, **SHARES)
    return figure.update_layout(height=460, legend_title=None)


def with_diagonal(figure: go.Figure) -> go.Figure:
    """The line of what guessing, or a perfectly calibrated model, does."""
    return figure.add_shape(type="line", x0=0, y0=0, x1=1, y1=1, line=GREY, layer="below")


def reliability_table(told: Reliability) -> pd.DataFrame:
    """The numbers behind :func:`reliability`, a row a bin."""
    return pd.DataFrame(
        {
            "from": told.edges[:-1],
            "to": told.edges[1:],
            "clips": told.clips,
            "confidence": told.confidence,
            "accuracy": told.accuracy,
        }
    )


def reliability(table: pd.DataFrame, title: str) -> go.Figure:
    """How often a stated confidence is right: on the diagonal it is as often as it says."""
    there = table[table["clips"] > 0]
    gaps = np.abs(there["accuracy"] - there["confidence"])
    figure = go.Figure()
    figure.add_trace(
        go.Bar(
            x=(table["from"] + table["to"]) / 2,
            y=table["clips"] / max(int(table["clips"].sum()), 1),
            width=table["to"] - table["from"],
            marker={"color": NEITHER.replace("0.1", "0.3"), "line_width": 0},
            customdata=table["clips"],
            hovertemplate="%{customdata} clips, %{y:.0%} of all<extra></extra>",
            name="share of the clips",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=there["confidence"],
            y=there["accuracy"],
            mode="lines+markers",
            marker_size=9,
            customdata=np.column_stack([there["clips"], gaps]),
            hovertemplate="said %{x:.1%}, right %{y:.1%}<br>%{customdata[0]} clips<extra></extra>",
            name="right, of those who say so",
        )
    )
    figure.update_xaxes(title="confidence in what was predicted", **SHARES)
    figure.update_yaxes(title="share", **SHARES)
    return with_diagonal(figure.update_layout(title=title, height=460))


def learning(table: pd.DataFrame, title: str) -> go.Figure:
    """Accuracy over the number of training clips: ``clips``, ``accuracy``, ``spread``, ``train_accuracy``."""
    figure = go.Figure()
    for column, name, dash in (
        ("train_accuracy", "training clips", "dot"),
        ("accuracy", "tested clips", "solid"),
    ):
        figure.add_trace(
            go.Scatter(
                x=table["clips"],
                y=table[column],
                error_y={"array": table["spread"], "thickness": 1.5} if column == "accuracy" else None,
                mode="lines+markers",
                line_dash=dash,
                marker_size=8,
                name=name,
                hovertemplate="%{x:.0f} clips: %{y:.1%}",
            )
        )
    figure.update_xaxes(title="training clips", rangemode="tozero")
    figure.update_yaxes(title="accuracy", tickformat=".0%", range=[0, 1.05])
    return figure.update_layout(title=title, height=420)


def epochs(history: pd.DataFrame, metrics: Sequence[str], title: str, unit: str) -> go.Figure:
    """A line a fold and metric over the epochs: ``fold``, ``epoch``, ``metric``, ``value``."""
    rows = history[history["metric"].isin(metrics)]
    rows = rows.assign(metric=rows["metric"].str.replace("_", " ")).sort_values(["metric", "fold", "epoch"])
    figure = px.line(
        rows,
        x="epoch",
        y="value",
        color="fold",
        render_mode="svg",
        line_dash="metric" if len(metrics) > 1 else None,
        title=title,
    )
    if unit == "accuracy":
        figure.update_yaxes(tickformat=".0%")
    figure.update_yaxes(title=unit)
    return figure.update_layout(height=420, legend_title=None)
