"""Bars of one experiment: its folds, its columns, what it took a clip for. Knows no Streamlit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.experiments.charts import short
from app.ui.charts import AGAINST, BAR_PX


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
    """How much worse it gets where a column's values are exchanged between the clips.

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
    figure.update_xaxes(title="rise of the log loss (nats)")
    figure.update_yaxes(tickvals=list(range(len(rows))), ticktext=[short(one) for one in rows["name"]])
    return figure.update_layout(title=title, height=150 + BAR_PX * max(len(rows), 3))


def probabilities(table: pd.DataFrame, title: str) -> go.Figure:
    """What one clip was taken for: ``name`` and ``probability``, the likeliest first."""
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
