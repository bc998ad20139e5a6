"""Figures of experiments: side by side, class by class, curves, folds, columns. DataFrame to Plotly; no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from app.ui.charts import AGAINST, BAR_PX, NEITHER
from pipeline.classify.metrics import Curve, Reliability

DASHES = ("dot", "dash", "dashdot", "longdash", "longdashdot", "5px,2px", "2px,6px")
LONGEST = 44
FULL = [0, 1.02]
MOST_POINTS = 200
"""Of a curve: more make the page slower, and the line no smoother."""
GREY = {"dash": "dot", "width": 1.5, "color": "rgba(128, 128, 128, 0.8)"}
SHARES = {"tickformat": ".0%", "range": [-0.02, 1.02]}


def short(name: str) -> str:
    """A name that leaves room for the figure beside it."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def accuracies(
    table: pd.DataFrame,
    lines: Mapping[str, float],
    title: str,
    dots: str = "measured here, with 95% interval",
) -> go.Figure:
    """Accuracies with their intervals, such as of experiments, and others to compare them with as lines.

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


def folds(table: pd.DataFrame, overall: float, title: str) -> go.Figure:
    """The accuracy on each fold's clips, and over all of them as a line. ``name`` and ``accuracy``."""
    figure = go.Figure(
        go.Bar(
            x=table["name"],
            y=table["accuracy"],
            text=[f"{one:.1%}" for one in table["accuracy"]],
            insidetextanchor="middle",
            hovertemplate="%{x}: %{y:.1%}<extra></extra>",
        )
    )
    figure.add_hline(y=overall, line={"dash": "dash", "color": AGAINST, "width": 2})
    figure.update_yaxes(title="accuracy", tickformat=".0%", range=[0, 1.08])
    figure.update_xaxes(type="category", title=None)
    return figure.update_layout(title=title, height=340)


def importance(table: pd.DataFrame, title: str) -> go.Figure:
    """How much worse it gets when a column's values are permuted between the clips.

    Parameters
    ----------
    table : DataFrame
        ``name``, ``loss_rise`` (nats), ``spread`` (over repetitions) and ``accuracy_drop`` (0 to 1), the most
        important first.
    """
    rows = table[::-1]
    figure = go.Figure(
        go.Bar(
            orientation="h",
            x=rows["loss_rise"],
            y=list(range(len(rows))),
            error_x={"array": np.nan_to_num(rows["spread"].to_numpy(dtype=float)), "thickness": 1.5},
            customdata=rows[["name", "accuracy_drop"]],
            hovertemplate="%{customdata[0]}<br>log loss + %{x:.3g}<br>accuracy - %{customdata[1]:.1%}<extra></extra>",
        )
    )
    figure.update_xaxes(title="increase in log loss (nats)")
    figure.update_yaxes(tickvals=list(range(len(rows))), ticktext=[short(one) for one in rows["name"]])
    return figure.update_layout(title=title, height=150 + BAR_PX * max(len(rows), 3))


def probabilities(table: pd.DataFrame, title: str) -> go.Figure:
    """Predicted classes of one clip: ``name`` and ``probability``, the likeliest first."""
    rows = table[::-1]
    figure = go.Figure(
        go.Bar(
            orientation="h",
            x=rows["probability"],
            y=rows["name"],
            text=[f"{one:.1%}" for one in rows["probability"]],
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )
    figure.update_xaxes(title="probability", tickformat=".0%", range=[0, 1.15])
    figure.update_yaxes(type="category", title=None)
    return figure.update_layout(title=title, height=130 + BAR_PX * max(len(rows), 3))


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
    """The line of guessing, or of a perfectly calibrated model."""
    return figure.add_shape(type="line", x0=0, y0=0, x1=1, y1=1, line=GREY, layer="below")


def reliability_table(reliability: Reliability) -> pd.DataFrame:
    """The numbers behind :func:`reliability`, a row a bin."""
    return pd.DataFrame(
        {
            "from": reliability.edges[:-1],
            "to": reliability.edges[1:],
            "clips": reliability.clips,
            "confidence": reliability.confidence,
            "accuracy": reliability.accuracy,
        }
    )


def reliability(table: pd.DataFrame, title: str) -> go.Figure:
    """Accuracy by confidence: on the diagonal predictions are correct as often as their confidence says."""
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
            name="share of clips",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=there["confidence"],
            y=there["accuracy"],
            mode="lines+markers",
            marker_size=9,
            customdata=np.column_stack([there["clips"], gaps]),
            hovertemplate="confidence %{x:.1%}, correct %{y:.1%}<br>%{customdata[0]} clips<extra></extra>",
            name="correct",
        )
    )
    figure.update_xaxes(title="confidence in the prediction", **SHARES)
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
