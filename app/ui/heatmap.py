"""A table of counts as a picture whose cells can be clicked, e.g. labels by clusters, actual by predicted classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app.ui import charts, show

ALL = ""
"""Stands for every label or cluster: a label may well be called `all`."""
Cell = tuple[str, str]
"""The names of a row and a column; ``ALL`` for every one."""
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


def figure(counts: pd.DataFrame, title: str, chosen: Cell = (ALL, ALL)) -> go.Figure:
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


def _outline(counts: pd.DataFrame, chosen: Cell) -> dict[str, object]:
    """A frame round the chosen cell, row or column; invisible where nothing drawn is chosen."""
    rows = [number for number, one in enumerate(counts.index) if chosen[0] in (one, ALL)]
    columns = [number for number, one in enumerate(counts.columns) if chosen[1] in (one, ALL)]
    if chosen == (ALL, ALL) or not rows or not columns:
        return {"type": "rect", "x0": 0, "x1": 0, "y0": 0, "y1": 0, "visible": False}
    x, y = (columns[0] - 0.5, columns[-1] + 0.5), (rows[0] - 0.5, rows[-1] + 0.5)
    line = {"color": charts.AGAINST, "width": 3}
    return {"type": "rect", "x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1], "line": line}


def draw(
    counts: pd.DataFrame,
    made: go.Figure,
    chosen: Cell,
    *,
    boxes: Sequence[tuple[str, str]],
    every: str,
    caption: str,
    file: str,
    key: str,
    on_pick: Callable[[Cell], None],
) -> None:
    """Draw a box for the rows and one for the columns, the picture, and the numbers behind it.

    Parameters
    ----------
    counts : DataFrame
        All of them; the boxes offer every row and column.
    made : go.Figure
        From :func:`figure`, perhaps of a part of them.
    chosen : Cell
        What boxes and picture show as chosen.
    boxes : sequence of (str, str)
        Title and key, of the rows' and of the columns' box.
    every : str
        What :data:`ALL` is called in the boxes.
    caption, file : str
        What stands below the picture, and the name of the download.
    key : str
        A prefix, unique on the page.
    on_pick : callable
        Called with the cell that a person chooses, before the page is drawn anew; a second click on a cell lets go.
    """
    rows, columns = boxes
    for (_, box), name in zip(boxes, chosen, strict=True):
        st.session_state[box] = name

    def picked() -> None:
        on_pick((st.session_state[rows[1]], st.session_state[columns[1]]))

    with st.container(horizontal=True):
        for (title, box), names in ((rows, counts.index), (columns, counts.columns)):
            st.selectbox(
                title,
                [ALL, *names],
                key=box,
                width=260,
                on_change=picked,
                format_func=lambda one: one or every,
            )
    # A chart forgets which cell was clicked only when it is another chart: else a third click on it would do nothing.
    clicks = f"{key}_chart_clicks"
    chart = f"{key}_chart_{st.session_state.setdefault(clicks, 0)}"

    def clicked() -> None:
        points = st.session_state[chart]["selection"]["points"]
        if points:
            st.session_state[clicks] += 1
            row, column, *_ = map(str, made.data[0].customdata[points[0]["point_index"]])
            on_pick((ALL, ALL) if (row, column) == chosen else (row, column))

    show.plot(made, chart, on_select=clicked, selection_mode="points", config=show.NO_TOOLS)
    st.caption(caption)
    with st.expander("The numbers behind this chart", icon=":material/table:"):
        st.dataframe(counts, key=f"{key}_numbers", height=min(400, 38 + 35 * len(counts)))
        show.download(counts.reset_index(), file)
