"""HDBSCAN's condensed tree as a picture: a click on a branch picks the clips below it.

Drawn after ``hdbscan.plots.CondensedTree``: downwards grows the density, a branch is as wide as the clips
that are still in it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from app.clusters.branches import NONE, Branch, branches, members, root, told
from app.ui import charts

OTHERS = "rgba(128, 128, 128, 0.45)"
HEIGHT_PX = 460

Mask = NDArray[np.bool_] | None


def figure(found: list[Branch], title: str, chosen: int = NONE) -> go.Figure:
    """The tree as bars: Streamlit hears clicks on them, and on no filled shape."""
    made = go.Figure()
    # Clusters first: Plotly hands out the theme's colours in the order of the traces.
    for cluster in [*sorted({one.cluster for one in found} - {NONE}), NONE]:
        of_it = [one for one in found if one.cluster == cluster]
        if of_it:
            made.add_trace(_bars(of_it, cluster))
    for one in found:
        if one.node == chosen:
            made.add_shape(
                type="rect",
                x0=one.centre - one.size / 2,
                x1=one.centre + one.size / 2,
                y0=one.edges[0],
                y1=one.edges[-1],
                line={"color": charts.AGAINST, "width": 2},
            )
    made.update_xaxes(
        title="clips", range=[0, found[0].size], showgrid=False, zeroline=False, fixedrange=True
    )
    made.update_yaxes(title="density λ = 1 / distance", autorange="reversed", zeroline=False, fixedrange=True)
    return made.update_layout(
        title=title,
        height=HEIGHT_PX,
        margin={"t": 56, "b": 48, "r": 8},
        barmode="overlay",
        bargap=0,
        showlegend=False,
    )


def _bars(of_it: list[Branch], cluster: int) -> go.Bar:
    centres = [one.centre for one in of_it for _ in one.widths]
    names = [[one.node, told(one)] for one in of_it for _ in one.widths]
    widths = np.concatenate([one.widths for one in of_it])
    return go.Bar(
        name="no cluster" if cluster == NONE else f"cluster {cluster}",
        x=centres,
        base=np.concatenate([one.edges[:-1] for one in of_it]),
        y=np.concatenate([np.diff(one.edges) for one in of_it]),
        width=widths,
        customdata=[[*name, int(width)] for name, width in zip(names, widths, strict=True)],
        marker={"line_width": 0} | ({"color": OTHERS} if cluster == NONE else {}),
        hovertemplate="%{customdata[1]}<br>%{customdata[2]:,} clips left here<extra></extra>",
        selected_marker_opacity=1,
        unselected_marker_opacity=1,
    )


def draw(
    tree: pd.DataFrame,
    *,
    key: str,
    title: str = "Condensed tree",
    on_pick: Callable[[Mask], None] | None = None,
) -> Mask:
    """Draw the tree; the clips below the branch that is clicked or chosen, None where none is.

    Parameters
    ----------
    tree : DataFrame
        As :func:`members` takes it; empty where the clustering has none.
    key : str
        A prefix, unique on the page.
    on_pick : callable, optional
        Called with the clips only when a person chooses or lets go, before the page is drawn anew.
    """
    if tree.empty:
        st.info(
            "Only HDBSCAN makes a condensed tree; this clustering has none.", icon=":material/account_tree:"
        )
        return None
    found = branches(tree)
    names = {one.node: told(one) for one in found}
    box = f"{key}_branch"
    if st.session_state.get(box, NONE) not in {NONE, *names}:
        st.session_state[box] = NONE  # of another tree

    def chosen() -> Mask:
        node = st.session_state.get(box, NONE)
        return None if node == NONE else members(tree, node)

    def picked() -> None:
        if on_pick:
            on_pick(chosen())

    st.selectbox(
        "Branch",
        [NONE, *names],
        key=box,
        format_func=lambda one: names.get(one, "none"),
        width=520,
        on_change=picked,
    )
    _picture(found, title, f"{key}_chart", box, picked)
    st.caption(_caption(len(found), int((tree["child"] >= root(tree)).sum()) + 1))
    return chosen()


def _picture(found: list[Branch], title: str, key: str, box: str, picked: Callable[[], None]) -> None:
    def clicked() -> None:
        points = st.session_state[key]["selection"]["points"]
        if points:
            node = int(points[0]["customdata"][0])
            st.session_state[box] = NONE if st.session_state[box] == node else node
            picked()

    st.plotly_chart(
        figure(found, title, st.session_state.get(box, NONE)),
        key=key,
        on_select=clicked,
        selection_mode="points",
        config={"displaylogo": False, "displayModeBar": False},
        alt=title,
    )


def _caption(drawn: int, there: int) -> str:
    left_out = f" The {drawn} largest of {there:,} branches are drawn." if there > drawn else ""
    return (
        "Downwards the density grows. A branch is as wide as the clips in it; coloured ones were taken as "
        "clusters. Click one to pick its clips, again to let them go; or take the box above." + left_out
    )
