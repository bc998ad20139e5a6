"""The branches of HDBSCAN's condensed tree: which clips are in each, and where it is drawn.

Campello, Moulavi and Sander 2013. Every clip begins in the root; the higher the density (lambda, one over
the distance), the more clips have fallen out and the more often the rest has parted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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


def told(branch: Branch) -> str:
    """A branch in words."""
    name = f"cluster {branch.cluster}" if branch.cluster != NONE else "in no cluster"
    clips = "1 clip" if branch.size == 1 else f"{branch.size:,} clips"
    return f"branch {branch.node} · {clips} · {name} · λ {branch.edges[0]:.3g} to {branch.edges[-1]:.3g}"
