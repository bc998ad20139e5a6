"""What speaks for a clustering: from within, by distances, and from without, by labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logsumexp

from pipeline.clusterings.agreement import against
from pipeline.clusterings.points import ALL_PAIRS, Points

SAMPLE = 5_000


@dataclass(frozen=True, slots=True)
class Scores:
    """
    Internal scores without the noise, None under two clusters; external ones None without labels.

    ``noise`` counts clips. Silhouette and DBCV: -1 to 1, more is better; Davies-Bouldin: less is better;
    Calinski-Harabasz: more is better; the external ones: 1 is full agreement.
    """

    clusters: int
    noise: int
    silhouette: float | None = None
    davies_bouldin: float | None = None
    calinski_harabasz: float | None = None
    dbcv: float | None = None
    ari: float | None = None
    nmi: float | None = None
    homogeneity: float | None = None
    completeness: float | None = None


def score(
    points: Points,
    labels: NDArray[np.int32],
    truth: Sequence[str | None] | None,
    landmarks: tuple[Points, NDArray[np.intp]] | None = None,
) -> tuple[Scores, tuple[str, ...]]:
    """
    All scores, and notes on those that were sampled or left out.

    Each equals scikit-learn's function of its name, DBCV ``hdbscan.validity.validity_index``. The labels
    of the dataset enter only the external scores, over the clips that have one. Where there are
    ``landmarks``, their points and positions, silhouette and DBCV are theirs.
    """
    inside = labels >= 0
    clusters = len(np.unique(labels[inside]))
    within: dict[str, float | None] = {}
    notes: tuple[str, ...] = ()
    if 2 <= clusters < inside.sum():
        compact = np.unique(labels[inside], return_inverse=True)[1]
        means = _means(points.values[inside].astype(np.float64), compact)
        within = {"davies_bouldin": _finite(means.davies_bouldin), "calinski_harabasz": _finite(means.ratio)}
        if landmarks is not None:
            few, chosen = landmarks
            within |= _by_pairs(few, labels[chosen])
            notes = (f"Silhouette and DBCV are those of {len(chosen):,} of the clips.",)
        elif points.pairs_fit:
            within |= _by_pairs(points, labels)
        else:
            within["silhouette"] = _sampled_silhouette(points.values[inside], compact)
            notes = (
                f"Silhouette of a sample of {SAMPLE:,} clips, and no DBCV: "
                f"both need all pairs, held up to {ALL_PAIRS:,} clips.",
            )
    return Scores(clusters, int((~inside).sum()), **within, **_external(labels, truth)), notes


def _by_pairs(points: Points, labels: NDArray[np.int32]) -> dict[str, float | None]:
    """DBCV and silhouette, which need the distances of all pairs."""
    distances = points.distances
    found = {"dbcv": dbcv(distances, labels, points.values.shape[1])}
    inside = labels >= 0
    compact = np.unique(labels[inside], return_inverse=True)[1]
    if not inside.all():
        distances = distances[np.ix_(inside, inside)]
    if 2 <= compact.max(initial=0) + 1 < len(compact):
        found["silhouette"] = silhouette(distances, compact)
    return found


def silhouette(distances: NDArray[np.float64], labels: NDArray[np.integer]) -> float:
    """Mean over clips of (b - a) / max(a, b), Rousseeuw 1987; a clip alone in its cluster counts 0."""
    n = len(labels)
    sizes = np.bincount(labels)
    order = np.argsort(labels, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    sums = np.add.reduceat(distances[:, order], starts, axis=1)  # (n, clusters)
    own = sums[np.arange(n), labels] / np.maximum(sizes[labels] - 1, 1)
    others = sums / sizes
    others[np.arange(n), labels] = np.inf
    nearest = others.min(axis=1)
    largest = np.maximum(own, nearest)
    widths = np.divide(nearest - own, largest, out=np.zeros(n), where=(largest > 0) & (sizes[labels] > 1))
    return float(widths.mean())


def _sampled_silhouette(values: NDArray[np.float32], labels: NDArray[np.integer]) -> float | None:
    from sklearn.metrics import silhouette_score

    chosen = np.random.default_rng(0).permutation(len(labels))[:SAMPLE]
    if not 2 <= len(np.unique(labels[chosen])) < len(chosen):
        return None
    return float(silhouette_score(values[chosen], labels[chosen]))


@dataclass(frozen=True, slots=True)
class _Means:
    davies_bouldin: float
    ratio: float


def _means(values: NDArray[np.float64], labels: NDArray[np.integer]) -> _Means:
    """Davies and Bouldin 1979, Calinski and Harabasz 1974, both from clusters' means."""
    from scipy.spatial.distance import cdist

    n = len(labels)
    sizes = np.bincount(labels)
    clusters = len(sizes)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    ordered = values[np.argsort(labels, kind="stable")]
    centres = np.add.reduceat(ordered, starts, axis=0) / sizes[:, None]  # (clusters, k)
    squares = ((values - centres[labels]) ** 2).sum(axis=1)
    inner = float(squares.sum())
    outer = float((sizes * ((centres - values.mean(axis=0)) ** 2).sum(axis=1)).sum())
    ratio = 1.0 if inner == 0 else outer * (n - clusters) / (inner * (clusters - 1))

    spread = np.bincount(labels, weights=np.sqrt(squares)) / sizes
    apart = cdist(centres, centres)
    if np.allclose(spread, 0) or np.allclose(apart, 0):
        return _Means(0.0, ratio)
    apart[apart == 0] = np.inf
    return _Means(float(((spread[:, None] + spread) / apart).max(axis=1).mean()), ratio)


def _external(labels: NDArray[np.int32], truth: Sequence[str | None] | None) -> dict[str, float]:
    if truth is None:
        return {}
    classes = pd.factorize(np.asarray(truth, dtype=object))[0]  # -1 where there is no label
    known = classes >= 0
    if not known.any():
        return {}
    agreed = against(labels[known], classes[known])
    return {
        "ari": agreed.ari,
        "nmi": agreed.nmi,
        "homogeneity": agreed.homogeneity,
        "completeness": agreed.completeness,
    }


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


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
