"""The label-by-cluster table as a picture whose cells can be clicked. Knows no Streamlit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.ui import charts

ALL = ""
"""Stands for every label or cluster: a label may well be called `all`."""
MOST_ROWS, MOST_COLUMNS = 60, 60
ROW_PX = 25
LONGEST_NAME = 22


def drawn(counts: pd.DataFrame) -> pd.DataFrame:
    """What fits into the picture, labels of the same cluster one below the other."""
    rows = counts.loc[counts.sum(axis=1).nlargest(MOST_ROWS).index]
    largest = set(rows.sum().nlargest(MOST_COLUMNS).index)
    rows = rows[[one for one in rows if one in largest]]
    main = rows.to_numpy().argmax(axis=1)
    share = rows.max(axis=1) / rows.sum(axis=1).clip(lower=1)
    order = pd.DataFrame({"main": main, "share": -share}, index=rows.index)
    return rows.loc[order.sort_values(["main", "share"], kind="stable").index]


def figure(counts: pd.DataFrame, title: str, chosen: tuple[str, str] = (ALL, ALL)) -> go.Figure:
    """The table as coloured cells: the colour is the share of the row's label, the text the count.

    Plotly sends no selection from a heatmap's cells. Bars it does: each cell is one, of width and height 1.
    """
    made = go.Figure(_cells(counts))
    made.add_shape(**_outline(counts, chosen))
    for axis, names, between in (
        (made.layout.xaxis, counts.columns, [-0.5, counts.shape[1] - 0.5]),
        (made.layout.yaxis, counts.index, [len(counts) - 0.5, -0.5]),
    ):
        short = [
            one if len(one) <= LONGEST_NAME else f"{one[: LONGEST_NAME - 1]}…" for one in map(str, names)
        ]
        axis.update(tickvals=list(range(len(names))), ticktext=short, range=between, fixedrange=True)
        axis.update(showgrid=False, zeroline=False, automargin=True)
    return made.update_layout(
        title=title,
        height=120 + ROW_PX * max(len(counts), 3),
        margin={"t": 56, "b": 48, "r": 8},
        barmode="overlay",
        coloraxis={"cmin": 0, "cmax": 1, "showscale": False},
        xaxis_title="cluster",
    )


def _cells(counts: pd.DataFrame) -> go.Bar:
    rows, columns = np.nonzero(counts.to_numpy())
    values = counts.to_numpy()[rows, columns]
    shares = values / counts.sum(axis=1).to_numpy()[rows]
    cells = zip(counts.index[rows], counts.columns[columns], shares.round(4).tolist(), strict=True)
    return go.Bar(
        orientation="h",
        base=columns - 0.5,
        x=np.ones(len(values)),
        y=rows,
        width=1,
        text=values,
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        customdata=[list(one) for one in cells],
        marker={"color": shares, "coloraxis": "coloraxis", "line_width": 0},
        hovertemplate="%{customdata[0]}<br>cluster %{customdata[1]}<br>%{text} clips, "
        "%{customdata[2]:.0%} of the label<extra></extra>",
        selected_marker_opacity=1,
        unselected_marker_opacity=1,
    )


def _outline(counts: pd.DataFrame, chosen: tuple[str, str]) -> dict[str, object]:
    """A frame round the chosen cell, row or column; invisible where nothing drawn is chosen."""
    rows = [number for number, one in enumerate(counts.index) if chosen[0] in (one, ALL)]
    columns = [number for number, one in enumerate(counts.columns) if chosen[1] in (one, ALL)]
    if chosen == (ALL, ALL) or not rows or not columns:
        return {"type": "rect", "x0": 0, "x1": 0, "y0": 0, "y1": 0, "visible": False}
    x, y = (columns[0] - 0.5, columns[-1] + 0.5), (rows[0] - 0.5, rows[-1] + 0.5)
    line = {"color": charts.AGAINST, "width": 3}
    return {"type": "rect", "x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1], "line": line}
