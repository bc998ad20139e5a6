"""DBCV: how much denser clusters are within than the emptiest way between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp


def dbcv(distances: NDArray[np.float64], labels: NDArray[np.integer], dimension: int) -> float | None:
    """
    Density-based cluster validity, -1 to 1; None where it is not defined, as with a cluster of one clip.

    Moulavi et al. 2014, definitions 1 to 8. Equals ``hdbscan.validity.validity_index``, which computes
    each pair of clusters anew and overflows in many dimensions: here one matrix of distances serves all,
    and powers are taken as logarithms.

    Parameters
    ----------
    distances : NDArray[np.float64]
        Between all clips, (n, n).
    labels : NDArray[np.integer]
        The cluster of each clip, (n,), -1 for noise, which lowers the index by its share.
    dimension : int
        Of the space that the distances were taken in.
    """
    members = [np.flatnonzero(labels == cluster) for cluster in np.unique(labels[labels >= 0])]
    if len(members) < 2 or min(map(len, members)) < 2:
        return None
    inner, cores, sparseness = [], [], []
    for clips in members:
        within = distances[np.ix_(clips, clips)]
        core = core_distances(within, dimension)
        nodes, longest = _spanning_tree(np.maximum(within, np.maximum(core[:, None], core)))
        inner.append(clips[nodes])
        cores.append(core[nodes])
        sparseness.append(longest)
    separation = _separation(distances, inner, cores)
    sparse = np.asarray(sparseness)
    larger = np.maximum(separation, sparse)
    with np.errstate(invalid="ignore"):
        validity = np.where(larger > 0, (separation - sparse) / larger, np.nan)
    index = float(np.dot([len(clips) for clips in members], validity) / len(labels))
    return index if np.isfinite(index) else None


def core_distances(within: NDArray[np.float64], dimension: int) -> NDArray[np.float64]:
    """
    The all-points core distance of each clip of a cluster, (m,): definition 1.

    Clips in the same place say nothing of density and are passed over, as in the package.
    """
    logs = np.full(within.shape, -np.inf)
    np.log(within, out=logs, where=within > 0)
    logs *= -dimension
    logs[within == 0] = -np.inf
    sums = logsumexp(logs, axis=1) - np.log(len(within) - 1)
    return np.exp(-sums / dimension) if np.isfinite(sums).all() else np.zeros(len(within))


def _spanning_tree(reach: NDArray[np.float64]) -> tuple[NDArray[np.intp], float]:
    """
    The inner nodes of a cluster's minimum spanning tree, and its longest edge between them.

    Mutual reachability ties everywhere, and which nodes are inner hangs on how ties are broken: so
    Prim's algorithm is the package's own, and so is the choice of the end that an edge starts from,
    namely the first clip in the tree that lies as near.
    """
    from hdbscan._hdbscan_linkage import mst_linkage_core

    edges = mst_linkage_core(reach)  # (m - 1, 3): from, to, length
    m = len(reach)
    into = edges[:, 1].astype(np.intp)
    position = np.zeros(m, dtype=np.intp)
    position[into] = np.arange(1, m)
    as_near = np.isclose(reach[into], edges[:, 2:]) & (position < position[into, None])  # (m - 1, m)
    start = as_near.argmax(axis=1)
    start[0] = int(edges[0, 0])
    nodes = np.flatnonzero(np.bincount(np.concatenate([start, into]), minlength=m) > 1)
    if not len(nodes):
        nodes = np.zeros(1, dtype=np.intp)
    between = np.isin(start, nodes) & np.isin(into, nodes)
    lengths = edges[between, 2] if between.any() else edges[:, 2]
    return nodes, float(lengths.max())


def _separation(
    distances: NDArray[np.float64], inner: list[NDArray[np.intp]], cores: list[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """How far each cluster is from the nearest other, by mutual reachability of inner nodes; (clusters,)."""
    every, core = np.concatenate(inner), np.concatenate(cores)
    starts = np.concatenate([[0], np.cumsum([len(nodes) for nodes in inner])[:-1]])
    nearest = np.empty(len(inner))
    for cluster, (nodes, own) in enumerate(zip(inner, cores, strict=True)):
        reach = np.maximum(distances[np.ix_(nodes, every)], np.maximum(own[:, None], core))
        each = np.minimum.reduceat(reach.min(axis=0), starts)  # (clusters,)
        each[cluster] = np.inf
        nearest[cluster] = each.min()
    return nearest
