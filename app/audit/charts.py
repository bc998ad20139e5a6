"""Figures of an audit: DataFrame to Plotly. Knows no Streamlit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.ui import charts

MOST_LABELS = 60
ROW_PX = 26
LONGEST_NAME = 22
LINES = {"chance": ("chance", "dot"), "majority": ("most frequent label", "dash")}
FEWER, MORE = "rgba(213, 94, 0, 0.6)", "rgba(0, 114, 178, 0.6)"
"""As in `charts`, but light enough to read a number on in either theme."""
VERDICTS = {"empty": " empty", "few": " few", "many": " many", "even": ""}


def facts(table: pd.DataFrame, title: str) -> go.Figure:
    """How well each recording fact alone predicts the label, the best on top.

    Parameters
    ----------
    table : DataFrame
        ``title``, ``balanced_accuracy``, ``accuracy``, ``spread``, and ``chance`` and ``majority``, the
        same in every row.
    title : str
    """
    rows = table.iloc[::-1]
    figure = go.Figure(
        go.Bar(
            orientation="h",
            x=rows["balanced_accuracy"],
            y=rows["title"],
            customdata=rows[["accuracy", "spread"]],
            text=[f"{value:.0%}" for value in rows["balanced_accuracy"]],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}<br>balanced accuracy %{x:.1%}<br>accuracy %{customdata[0]:.1%}, "
            "± %{customdata[1]:.1%} between folds<extra></extra>",
            showlegend=False,
        )
    )
    for column, (name, dash) in LINES.items():
        value = float(table[column].iloc[0])
        line = {"color": charts.AGAINST, "dash": dash, "width": 2}
        ends = {"x": [value, value], "y": [-0.5, len(rows) - 0.5]}
        figure.add_scatter(
            **ends, mode="lines", line=line, name=f"{name} {value:.0%}", hoverinfo="name", yaxis="y2"
        )
    # Lines on an axis of numbers beside that of names: they reach from the first bar's edge to the last's.
    figure.update_layout(
        title=title,
        height=190 + ROW_PX * len(rows),
        yaxis={"title": None, "type": "category", "automargin": True, "fixedrange": True},
        yaxis2={"overlaying": "y", "range": [-0.5, len(rows) - 0.5], "visible": False, "fixedrange": True},
    )
    most = max(rows["balanced_accuracy"].max(), *(table[column].max() for column in LINES))
    return figure.update_xaxes(
        title="balanced accuracy", tickformat=".0%", range=[0, min(1.0, most) * 1.15], fixedrange=True
    )


def balance(cells: pd.DataFrame, title: str) -> go.Figure:
    """Clips by label and side; the colour says how far from an even spread, in standard deviations.

    Parameters
    ----------
    cells : DataFrame
        ``label``, ``side``, ``clips``, ``expected``, ``residual``, ``verdict``.
    title : str
    """
    names = drawn_labels(cells)
    sides = cells["side"].drop_duplicates().tolist()
    tables = {
        column: cells.pivot(index="label", columns="side", values=column).loc[names, sides]
        for column in ("clips", "expected", "residual", "verdict")
    }
    counts = tables["clips"].to_numpy()
    verdicts = tables["verdict"].map(VERDICTS.__getitem__).to_numpy()
    across = [side if not side.isdecimal() else f"fold {side}" for side in sides]
    down = [_short(name) for name in names]
    figure = go.Figure(
        go.Heatmap(
            z=tables["residual"].to_numpy(),
            x=across,
            y=down,
            customdata=np.dstack([counts, tables["expected"].to_numpy()]),
            zmid=0,
            zmin=-4,
            zmax=4,
            xgap=1,
            ygap=1,
            colorscale=[[0, FEWER], [0.5, charts.NEITHER], [1, MORE]],
            showscale=False,
            hovertemplate="%{y}, %{x}<br>%{customdata[0]} clips, %{customdata[1]:.1f} if spread evenly"
            "<br>%{z:+.1f} standard deviations<extra></extra>",
        )
    )
    # Text of its own: in a heatmap Plotly chooses black or white by the colour alone, not by what lies below it.
    figure.add_scatter(
        x=np.tile(across, len(down)),
        y=np.repeat(down, len(across)),
        text=[f"{clips}{word}" for clips, word in zip(counts.ravel(), verdicts.ravel(), strict=True)],
        mode="text",
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_yaxes(
        autorange="reversed", type="category", fixedrange=True, automargin=True, showgrid=False
    )
    figure.update_xaxes(type="category", fixedrange=True, title=None, showgrid=False)
    return figure.update_layout(title=title, height=160 + ROW_PX * max(len(names), 3))


def drawn_labels(cells: pd.DataFrame) -> list[str]:
    """The labels that fit into the figure, alphabetically: where there are too many, the least even."""
    far = cells["residual"].abs().where(cells["verdict"] != "empty", np.inf)
    worst = far.groupby(cells["label"]).max().sort_values(ascending=False, kind="stable")
    return sorted(worst.index[:MOST_LABELS])


def removal(table: pd.DataFrame, title: str) -> go.Figure:
    """Accuracies with their intervals, one below the other.

    Parameters
    ----------
    table : DataFrame
        ``when``, ``accuracy``, ``low``, ``high``, 0 to 1.
    title : str
    """
    figure = go.Figure(
        go.Scatter(
            x=table["accuracy"],
            y=table["when"],
            mode="markers+text",
            text=[f"{value:.1%}" for value in table["accuracy"]],
            textposition="top center",
            marker={"size": 11},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": table["high"] - table["accuracy"],
                "arrayminus": table["accuracy"] - table["low"],
                "thickness": 2,
                "width": 6,
            },
            customdata=table[["low", "high"]],
            hovertemplate="%{y}: %{x:.1%}<br>95% interval %{customdata[0]:.1%} to %{customdata[1]:.1%}<extra></extra>",
        )
    )
    reach = 0.25 * max(float((table["high"] - table["low"]).max()), 0.02)
    edges = [max(0.0, table["low"].min() - reach), min(1.0, table["high"].max() + reach)]
    figure.update_xaxes(title="accuracy", tickformat=".0%", range=edges, fixedrange=True)
    figure.update_yaxes(
        type="category", title=None, range=[len(table) - 0.5, -0.7], automargin=True, fixedrange=True
    )
    return figure.update_layout(title=title, height=240)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
