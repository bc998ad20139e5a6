"""Spectral clustering: groups between which few edges of the graph of nearest neighbours run."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterings.clusterer import (
    Clusterer,
    Fitted,
    Parameters,
    cluster_counts,
    found_fewer,
    require_clusters,
)
from pipeline.clusterings.points import Points
from pipeline.projections.projection import Setting

TITLE = "Spectral"
NEIGHBOURS = (10, 20)
WIDTH_NEIGHBOUR = 7
"""The neighbour whose distance is a clip's own width (Zelnik-Manor and Perona 2004, section 3)."""
DENSE = 1_500
"""Up to how many clips LAPACK's eigenvectors are quicker than those of an iteration."""


def fit(points: Points, parameters: Mapping[str, Any]) -> Fitted:
    """
    Groups in the leading eigenvectors, which are made once for all numbers of clusters.

    K-Means on the rows, each of length 1 (Ng, Jordan and Weiss 2002), starts from the groups of a pivoted
    QR decomposition (Damle, Minden and Ying 2019), so that nothing is drawn at random.
    """
    count = int(parameters["n_clusters"])
    require_clusters(TITLE, count, len(points))
    points.require_pairs(TITLE)
    neighbours = int(parameters["n_neighbors"])
    max_count = max([count, *cluster_counts(len(points))])
    vectors = points.once(
        ("eigenvectors", neighbours, max_count), lambda: eigenvectors(points, neighbours, max_count)
    )
    labels = groups(vectors[:, :count])
    return Fitted(labels, dict(parameters), notes=found_fewer(labels, count))


def groups(vectors: NDArray[np.float64]) -> NDArray[np.int32]:
    """The cluster of each row of leading eigenvectors (n, k), int32 (n,), numbered from 0 without a gap."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    count = vectors.shape[1]
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    start = _pivoted(vectors)
    sizes = np.bincount(start, minlength=count)
    sums = np.zeros((count, count))
    np.add.at(sums, start, rows)
    centres = sums[sizes > 0] / sizes[sizes > 0, None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        labels = KMeans(len(centres), init=centres, n_init=1).fit_predict(rows)
    return np.unique(labels, return_inverse=True)[1].astype(np.int32)


def _pivoted(vectors: NDArray[np.float64]) -> NDArray[np.intp]:
    """The column of the nearest rotated eigenvector for each row: algorithm 1 of Damle et al. 2019."""
    from scipy.linalg import qr, svd

    pivots = qr(vectors.T, pivoting=True, mode="r")[-1][: vectors.shape[1]]
    left, _, right = svd(vectors[pivots].T)
    found: NDArray[np.intp] = np.abs(vectors @ (left @ right)).argmax(axis=1)
    return found


def eigenvectors(points: Points, neighbours: int, count: int) -> NDArray[np.float64]:
    """The ``count`` leading eigenvectors (n, count) of the normalised graph, of the largest eigenvalue first."""
    graph = neighbour_graph(points, neighbours)
    roots = 1 / np.sqrt(np.maximum(np.asarray(graph.sum(axis=1)).ravel(), np.finfo(float).tiny))
    n = len(points)
    if n <= DENSE or count >= n // 2:
        from scipy.linalg import eigh

        normal = graph.toarray() * roots[:, None] * roots
        return eigh(normal, subset_by_index=(n - count, n - 1))[1][:, ::-1]
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import eigsh

    normal = diags_array(roots) @ graph @ diags_array(roots)
    start = np.random.default_rng(0).uniform(0.5, 1.5, n)
    values, vectors = eigsh(normal, count, which="LA", v0=start, tol=1e-8)
    return vectors[:, np.argsort(-values)]


def neighbour_graph(points: Points, neighbours: int) -> Any:
    """
    A sparse symmetric matrix of affinities between neighbours, (n, n).

    The Laplacian kernel exp(-d / w) of the city-block distance d, which contrasts more than the
    Euclidean in many columns (Aggarwal et al. 2001); w is the geometric mean of both clips' widths, and
    a clip's width its distance to its seventh neighbour. Where only one of two clips is a neighbour of
    the other, the edge has half the weight.
    """
    from scipy.sparse import coo_array

    n = len(points)
    k = min(neighbours, n - 1)
    distances = points.city_block.copy()
    np.fill_diagonal(distances, -1.0)
    near = np.argpartition(distances, k, axis=1)[:, : k + 1]
    length = np.take_along_axis(distances, near, axis=1)
    order = np.argsort(length, axis=1, kind="stable")[:, 1:]
    near, length = np.take_along_axis(near, order, axis=1), np.take_along_axis(length, order, axis=1)
    width = length[:, min(WIDTH_NEIGHBOUR, k) - 1]
    widths = np.sqrt(width[:, None] * width[near])
    # Among copies of one clip the width is 0, and they are as near as can be.
    affinity = np.exp(-np.divide(length, widths, out=np.zeros_like(length), where=widths > 0))
    half = coo_array((affinity.ravel(), (np.repeat(np.arange(n), k), near.ravel())), shape=(n, n)).tocsr()
    return (half + half.T) / 2


def grid(points: Points) -> list[Parameters]:
    counts = cluster_counts(len(points))
    usable = [number for number in NEIGHBOURS if number < len(points)]
    return [{"n_neighbors": number, "n_clusters": count} for number in usable for count in counts]


CLUSTERER = Clusterer(
    name="spectral",
    title=TITLE,
    version=1,
    source="Ng, Jordan and Weiss 2002; widths by Zelnik-Manor and Perona 2004; groups by Damle et al. 2019",
    settings=(
        Setting("n_clusters", "Clusters", 2, 200, 1, 10, help="Into how many groups the clips are put."),
        Setting("n_neighbors", "Neighbours", 3, 100, 1, 10, help="With how many others each clip is linked."),
    ),
    parameters={"n_clusters": 10, "n_neighbors": 10},
    grid=grid,
    fit=fit,
    needs_pairs=True,
    metric="cityblock",
)
