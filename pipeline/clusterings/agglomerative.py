"""Agglomerative clustering: the two nearest groups merge, until as many are left as asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterings.clusterer import Clusterer, Fitted, Parameters, cluster_counts, require_clusters
from pipeline.clusterings.points import Points
from pipeline.projections.projection import Setting

TITLE = "Agglomerative"
LINKAGES = ("ward", "average")


def fit(points: Points, parameters: Mapping[str, Any]) -> Fitted:
    """Cut the dendrogram where ``n_clusters`` are left; the dendrogram is made once for all numbers."""
    count = int(parameters["n_clusters"])
    require_clusters(TITLE, count, len(points))
    points.require_pairs(TITLE)
    linkage = str(parameters["linkage"])
    merges = points.once(("dendrogram", linkage), lambda: dendrogram(points, linkage))
    return Fitted(cut(merges, count), dict(parameters))


def dendrogram(points: Points, linkage: str) -> NDArray[np.float64]:
    """The n - 1 merges in the order of their heights, as ``scipy.cluster.hierarchy.linkage`` gives them."""
    from scipy.cluster import hierarchy
    from scipy.spatial.distance import squareform

    return hierarchy.linkage(squareform(points.distances, checks=False), linkage)


def cut(merges: NDArray[np.float64], clusters: int) -> NDArray[np.int32]:
    """
    The groups after all but the last ``clusters - 1`` merges, int32 (n,).

    Counting merges gives exactly as many groups as asked for, as scikit-learn does; cutting at a height,
    as ``scipy.cluster.hierarchy.fcluster`` does, gives fewer where merges tie.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(merges) + 1
    done = n - clusters
    joined = merges[:done, :2].astype(np.intp).ravel()  # two members a merge
    into = np.repeat(np.arange(n, n + done), 2)
    edges = coo_array((np.ones(2 * done, dtype=np.int8), (joined, into)), shape=(n + done, n + done))
    return connected_components(edges, directed=False)[1][:n].astype(np.int32)


def grid(points: Points) -> list[Parameters]:
    counts = cluster_counts(len(points))
    return [{"linkage": linkage, "n_clusters": number} for linkage in LINKAGES for number in counts]


CLUSTERER = Clusterer(
    name="agglomerative",
    title=TITLE,
    version=1,
    source="scipy.cluster.hierarchy.linkage, cut as sklearn.cluster.AgglomerativeClustering; Ward 1963",
    settings=(
        Setting("n_clusters", "Clusters", 2, 200, 1, 10, help="How many groups are left."),
        Setting(
            "linkage",
            "Linkage",
            default="ward",
            choices=(*LINKAGES, "complete", "single"),
            help="What makes two groups near: the variance that merging adds (ward), or distances of members.",
        ),
    ),
    parameters={"n_clusters": 10, "linkage": "ward"},
    grid=grid,
    fit=fit,
    needs_pairs=True,
)
