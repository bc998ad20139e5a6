"""HDBSCAN: groups that persist while the density that makes a group is varied; the rest is noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterings.clusterer import Clusterer, Fitted, Parameters, Tree
from pipeline.clusterings.points import Points
from pipeline.projections.projection import Setting

TITLE = "HDBSCAN"
MIN_SAMPLES = (2, 5, 10)
FINEST = 5
PRIMS_ABOVE = 60
"""Dimensions above which the package goes through all pairs, which the shared distances do as well."""


def fit(points: Points, parameters: Mapping[str, Any]) -> Fitted:
    """
    As ``hdbscan.HDBSCAN``, whose hierarchy is made once for all sizes of a cluster.

    Campello et al. 2013. The hierarchy depends on ``min_samples`` alone; what is selected from it, on the
    other parameters.
    """
    from hdbscan.hdbscan_ import _tree_to_labels

    min_samples = int(parameters["min_samples"])
    smallest = int(parameters["min_cluster_size"])
    hierarchy = points.once(("hierarchy", min_samples), lambda: single_linkage(points, min_samples))
    method = str(parameters["cluster_selection_method"])
    labels, strengths, _, condensed, _ = _tree_to_labels(points.values, hierarchy, smallest, method)
    labels = labels.astype(np.int32)
    return Fitted(labels, dict(parameters), strengths.astype(np.float32), _tree(condensed, labels))


def single_linkage(points: Points, min_samples: int) -> NDArray[np.float64]:
    """The package's single linkage tree of the mutual reachability distances, (n - 1, 4)."""
    from hdbscan import HDBSCAN

    model = HDBSCAN(min_samples=min_samples, core_dist_n_jobs=1)
    if points.values.shape[1] > PRIMS_ABOVE and points.pairs_fit:
        model.metric = "precomputed"
        return model.fit(points.distances).single_linkage_tree_.to_numpy()
    return model.fit(points.values).single_linkage_tree_.to_numpy()


def _tree(condensed: NDArray[Any], labels: NDArray[np.int32]) -> Tree:
    """The condensed tree with, for each cluster, the node all of whose points it holds."""
    parent, child = condensed["parent"].astype(np.int32), condensed["child"].astype(np.int32)
    above = dict(zip(child.tolist(), parent.tolist(), strict=True))
    sizes = dict(zip(child.tolist(), condensed["child_size"].tolist(), strict=True))
    selected = []
    for cluster in range(labels.max(initial=-1) + 1):
        members = np.flatnonzero(labels == cluster)
        node = above[int(members[0])]
        while sizes[node] < len(members):
            node = above[node]
        selected.append(node)
    # Clips that are the same part at an infinite density, which neither JSON nor a drawing can hold.
    highest = np.finfo(np.float32).max
    return Tree(
        parent,
        child,
        np.minimum(condensed["lambda_val"], highest).astype(np.float32),
        condensed["child_size"].astype(np.int32),
        np.asarray(selected, dtype=np.int32),
    )


def grid(points: Points) -> list[Parameters]:
    """Sizes from 5, doubled up to a tenth of the clips, each by excess of mass and by leaves."""
    n = len(points)
    sizes = [FINEST * 2**step for step in range(n.bit_length()) if FINEST * 2**step <= n // 10]
    if not sizes:
        sizes = [number for number in (3, FINEST) if 2 * number <= n]
    return [
        {"min_cluster_size": size, "min_samples": number, "cluster_selection_method": method}
        for size in sizes
        for number in MIN_SAMPLES
        if number <= size
        for method in ("eom", "leaf")
    ]


def on_half(parameters: Mapping[str, object]) -> dict[str, object]:
    """Half as many clips make a cluster."""
    smallest = max(int(str(parameters["min_cluster_size"])) // 2, 2)
    return {**parameters, "min_cluster_size": smallest}


CLUSTERER = Clusterer(
    name="hdbscan",
    title=TITLE,
    version=1,
    source="hdbscan.HDBSCAN; Campello et al. 2013, McInnes et al. 2017",
    settings=(
        Setting("min_cluster_size", "Smallest cluster", 2, 500, 1, 10, help="Fewer clips are noise."),
        Setting("min_samples", "Clips that make dense", 1, 100, 1, 5, help="More call more clips noise."),
        Setting(
            "cluster_selection_method",
            "Selection",
            default="eom",
            choices=("eom", "leaf"),
            help="eom takes what persists longest, leaf the finest groups of the tree.",
        ),
    ),
    parameters={"min_cluster_size": 10, "min_samples": 5, "cluster_selection_method": "eom"},
    grid=grid,
    fit=fit,
    on_half=on_half,
)
