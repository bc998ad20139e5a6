"""HDBSCAN's condensed tree as a picture: a click on a branch picks the clips below it.

Every clip begins in the root; the higher the density (lambda, one over the distance), the more clips have fallen out
and the more often the rest has parted (Campello, Moulavi and Sander 2013). Drawn after
``hdbscan.plots.CondensedTree``: downwards grows the density, a branch is as wide as the clips that are still in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from app.ui import charts, show

MOST_BRANCHES = 300
"""Drawn at most, the largest; thinner ones are narrower than a pixel."""
MOST_BARS = 3_000
NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """A node of the tree with what is needed to draw it.

    Attributes
    ----------
    node, size : int
        Its number (the root's is the number of clips), and the clips that are in it where it begins.
    centre : float
        Place along the clips, from 0 to n.
    edges : float, shape (steps + 1,)
        Lambdas at which clips leave it, from where it begins to where it ends.
    widths : int, shape (steps,)
        Clips left between one edge and the next.
    cluster : int
        Number of the selected cluster it is or lies in; -1 where it lies in none.
    """

    node: int
    size: int
    centre: float
    edges: NDArray[np.float64]
    widths: NDArray[np.int64]
    cluster: int


def root(tree: pd.DataFrame) -> int:
    """The root's number, which is also the number of clips."""
    return int(tree["parent"].min())


def below(tree: pd.DataFrame, node: int) -> list[int]:
    """A node and all nodes below it; clips are none."""
    nodes = {node}
    inner = tree.loc[tree["child"] >= root(tree), ["parent", "child"]].sort_values("child")
    for parent, child in inner.itertuples(index=False):  # a child has a higher number than its parent
        if parent in nodes:
            nodes.add(int(child))
    return sorted(nodes)


def members(tree: pd.DataFrame, node: int) -> NDArray[np.bool_]:
    """Which clips lie below a node, those that fall out of it on the way included; shape (n,).

    Parameters
    ----------
    tree : DataFrame
        ``parent, child, lambda_val, size, selected``; a child below n is a clip, in the order of the clips.
    """
    kept = np.zeros(root(tree), dtype=bool)
    leaves = tree["parent"].isin(below(tree, node)) & (tree["child"] < len(kept))
    kept[tree.loc[leaves, "child"].to_numpy(dtype=int)] = True
    return kept


def clusters(tree: pd.DataFrame) -> dict[int, int]:
    """Number of the cluster of every node that was selected or lies below one; hdbscan counts by node."""
    chosen = tree.loc[tree["selected"].astype(bool) & (tree["child"] >= root(tree)), "child"]
    nodes = sorted(int(one) for one in chosen)
    return {one: number for number, node in enumerate(nodes) for one in below(tree, node)}


def branches(tree: pd.DataFrame, most: int = MOST_BRANCHES) -> list[Branch]:
    """Every branch with its place, from the root downwards; of many the ``most`` largest."""
    top = root(tree)
    inner = tree[tree["child"] >= top].nlargest(most - 1, "size").sort_values("child")
    children = {int(str(one)): rows for one, rows in inner.groupby("parent")}
    leaving = {int(str(one)): rows for one, rows in tree.groupby("parent")}
    number = clusters(tree)
    ceiling = _ceiling(tree)
    steps = int(np.clip(MOST_BARS // (len(inner) + 1), 3, 24))
    begin, sizes, start = {top: 0.0}, {top: top}, {top: 0.0}
    found = []
    for node in [top, *inner["child"].astype(int)]:
        edges, widths = _outline(begin[node], sizes[node], leaving[node], ceiling, steps)
        centre = start[node] + sizes[node] / 2
        found.append(Branch(node, sizes[node], centre, edges, widths, number.get(node, NONE)))
        rows = children.get(node)
        if rows is None:
            continue
        place = centre - rows["size"].sum() / 2
        for child, at, size in rows[["child", "lambda_val", "size"]].itertuples(index=False):
            begin[int(child)], sizes[int(child)], start[int(child)] = min(at, ceiling), int(size), place
            place += size
    return found


def _ceiling(tree: pd.DataFrame) -> float:
    """The highest lambda that is drawn: twins are at distance 0, and their lambda is infinite."""
    known = tree["lambda_val"][np.isfinite(tree["lambda_val"])]
    return float(known.max()) * 1.05 if len(known) else 1.0


def _outline(
    begin: float, size: int, leaving: pd.DataFrame, ceiling: float, steps: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    at = np.minimum(leaving["lambda_val"].to_numpy(dtype=float), ceiling)
    order = np.argsort(at)
    at, lost = at[order], np.cumsum(leaving["size"].to_numpy()[order])
    edges = np.unique([begin, *at])
    if len(edges) == 1:  # all leave where it begins: a branch without length
        return np.array([begin, begin]), np.array([size])
    if len(edges) > steps + 1:
        edges = np.linspace(begin, edges[-1], steps + 1)
    gone = np.concatenate([[0], lost])[np.searchsorted(at, edges[:-1], side="right")]
    return edges, (size - gone).astype(np.int64)


def describe(branch: Branch) -> str:
    """A branch in words."""
    name = f"cluster {branch.cluster}" if branch.cluster != NONE else "in no cluster"
    clips = "1 clip" if branch.size == 1 else f"{branch.size:,} clips"
    return f"branch {branch.node} · {clips} · {name} · λ {branch.edges[0]:.3g} to {branch.edges[-1]:.3g}"


OTHERS = "rgba(128, 128, 128, 0.45)"
HEIGHT_PX = 460

Mask = NDArray[np.bool_] | None


def figure(found: list[Branch], title: str, chosen: int = NONE) -> go.Figure:
    """The tree as bars: Streamlit reports clicks on them, and on no filled shape."""
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
    names = [[one.node, describe(one)] for one in of_it for _ in one.widths]
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
    names = {one.node: describe(one) for one in found}
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

    made = figure(found, title, st.session_state.get(box, NONE))
    show.plot(made, key, on_select=clicked, selection_mode="points", config=show.NO_TOOLS)


def _caption(drawn: int, there: int) -> str:
    left_out = f" The {drawn} largest of {there:,} branches are drawn." if there > drawn else ""
    return (
        "Downwards the density grows. A branch is as wide as the clips in it; coloured ones were taken as "
        "clusters. Click one to pick its clips, again to let them go; or take the box above." + left_out
    )
