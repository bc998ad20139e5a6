"""Would the groups come out the same had other clips been recorded?

By resampling (stability), by predicting one half of the clips from the other (generalisation), and within each
cluster, where no stable partition should exist: where one does, the clustering is too coarse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterings.agreement import ari
from pipeline.clusterings.clusterer import Clusterer
from pipeline.clusterings.points import Points
from pipeline.runtime import stop

ROUNDS = 10
SHARE = 0.8
SEED = 0
VOTERS = 5
MAX_PARTS = 5
MIN_CLUSTER = 8
"""A cluster of fewer clips is not divided further."""
Half = tuple[NDArray[np.intp], Points]


def agreements(
    points: Points,
    clusterer: Clusterer,
    parameters: Mapping[str, object],
    labels: NDArray[np.integer],
    parts: Sequence[tuple[NDArray[np.intp], Points]],
) -> list[float] | None:
    """
    The adjusted Rand index of the clustering with that of each part, noise as a group.

    Each part leaves out a fifth of the clips and is clustered with the same parameters (after Ben-Hur et al.
    2002 and Hennig 2007). None where a part is too small for the parameters.
    """
    found = []
    for kept, part in parts:
        stop.check()
        if len(part) < clusters_asked(parameters):
            return None
        found.append(ari(labels[kept], clusterer.fit(part, parameters).labels))
    return found


def resamples(points: Points, rounds: int, seed: int = SEED) -> list[tuple[NDArray[np.intp], Points]]:
    """
    Four fifths of the points each, drawn without replacement, in the points' own order.

    The first of many rounds are those of few.
    """

    def draw() -> list[tuple[NDArray[np.intp], Points]]:
        generator = np.random.default_rng(seed)
        size = max(round(SHARE * len(points)), 2)
        drawn = [np.sort(generator.permutation(len(points))[:size]) for _ in range(rounds)]
        return [(kept, points.subset(kept)) for kept in drawn]

    return points.once(("resamples", rounds, seed), draw)


def generalisation(
    points: Points, clusterer: Clusterer, parameters: Mapping[str, object], halves: list[tuple[Half, Half]]
) -> list[float] | None:
    """
    The agreement of predicted and refitted groups of held-out clips, for each split; None if too few clips.

    One half is clustered and predicts the group of each clip of the other, by a vote of its five nearest;
    the other half is clustered as well, and both groupings are compared by the adjusted Rand index
    (Lange et al. 2004; Tibshirani and Walther 2005).
    """
    adapted = clusterer.on_half(parameters)
    found = []
    for (first, one), (second, other) in halves:
        stop.check()
        if min(len(one), len(other)) <= max(clusters_asked(parameters), VOTERS):
            return None
        fitted = clusterer.fit(one, adapted).labels
        distances = points.pairs(clusterer.metric)[np.ix_(second, first)]
        found.append(ari(clusterer.fit(other, adapted).labels, voted(distances, fitted)))
    return found


def voted(distances: NDArray[np.float64], labels: NDArray[np.integer]) -> NDArray[np.int32]:
    """
    The group of each clip by a vote of its nearest clips with known groups; of equals, the nearest's.

    Parameters
    ----------
    distances : NDArray[np.float64]
        From each clip to each with a known group, (m, n).
    labels : NDArray[np.integer]
        The known groups, (n,), -1 for noise, which votes as a group.
    """
    k = min(VOTERS, len(labels))
    near = np.argpartition(distances, k - 1, axis=1)[:, :k]
    order = np.argsort(np.take_along_axis(distances, near, axis=1), axis=1, kind="stable")
    return vote(labels[np.take_along_axis(near, order, axis=1)])


def vote(votes: NDArray[np.integer]) -> NDArray[np.int32]:
    """The most frequent of each row's labels (m, k), given from the nearest on; of equals, the nearest's."""
    same = (votes[:, :, None] == votes[:, None, :]).sum(axis=2)  # (m, k): how many say as this one does
    return votes[np.arange(len(votes)), same.argmax(axis=1)].astype(np.int32)


def clusters_asked(parameters: Mapping[str, object]) -> int:
    """How many clusters the parameters name, 0 where the data decide."""
    return int(str(parameters.get("n_clusters", parameters.get("n_components", 0))))


def splits(points: Points, count: int, seed: int = 0) -> list[tuple[Half, Half]]:
    """Halves of the clips, each half in the points' own order; the first splits do not hang on ``count``."""

    def draw() -> list[tuple[Half, Half]]:
        generator = np.random.default_rng([seed, 1])
        drawn = []
        for _ in range(count):
            order = generator.permutation(len(points))
            first, second = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
            drawn.append(((first, points.subset(first)), (second, points.subset(second))))
        return drawn

    return points.once(("halves", count, seed), draw)


def within_stability(
    distances: NDArray[np.float64], labels: NDArray[np.integer], resamples: Sequence[NDArray[np.intp]]
) -> list[float]:
    """
    How stable partitions of the clusters themselves are, for each of the resamples: 0 to 1, 0 is good.

    Mourer et al. 2020 (arXiv:2006.08530, section 3.3): each cluster is divided into 2 to 5 parts, here by
    Ward's dendrogram, and the mean over these numbers of the adjusted Rand index with the parts of a
    resample is weighted by the cluster's size. Where it is high, clusters hold clusters.

    Parameters
    ----------
    distances : NDArray[np.float64]
        Between all clips, (n, n).
    labels : NDArray[np.integer]
        The cluster of each clip, (n,); noise (-1) is not divided.
    resamples : sequence of NDArray[np.intp]
        The clips of each resample, sorted.
    """
    n = len(labels)
    kept = np.zeros((len(resamples), n), dtype=bool)
    for number, chosen in enumerate(resamples):
        kept[number, chosen] = True
    found = np.zeros(len(resamples), dtype=np.float64)
    clustered = int((labels >= 0).sum())
    for cluster in range(int(labels.max(initial=-1)) + 1):
        members = np.flatnonzero(labels == cluster)
        counts = range(2, min(MAX_PARTS, len(members) // 4) + 1)
        if len(members) < MIN_CLUSTER:
            continue
        own = distances[np.ix_(members, members)]
        whole = _parts(own, counts)
        for row, inside in enumerate(kept[:, members]):
            part = np.flatnonzero(inside)
            if len(part) <= MAX_PARTS:
                continue
            again = _parts(own[np.ix_(part, part)], counts)
            shares = [ari(one[part], other) for one, other in zip(whole, again, strict=True)]
            found[row] += len(members) * max(float(np.mean(shares)), 0.0)
    return [float(one) for one in found / max(clustered, 1)]


def _parts(distances: NDArray[np.float64], counts: range) -> list[NDArray[np.int32]]:
    """The cuts of Ward's dendrogram into each number of parts; a part is an interval of its leaves' order."""
    from scipy.cluster import hierarchy
    from scipy.spatial.distance import squareform

    n = len(distances)
    merges = hierarchy.linkage(squareform(distances, checks=False), "ward")
    order = hierarchy.leaves_list(merges)
    joined, sizes = merges[:, :2].astype(np.intp), np.ones(2 * n - 1, dtype=np.intp)
    sizes[n:] = merges[:, 3]
    parts = [(2 * n - 2, 0)]  # node and where its leaves begin
    found = []
    for count in counts:
        while len(parts) < count:
            node, start = max(parts)  # the last to have been merged
            left, right = joined[node - n].tolist()
            parts.remove((node, start))
            parts += [(left, start), (right, start + int(sizes[left]))]
        labels = np.empty(n, dtype=np.int32)
        for number, (node, start) in enumerate(parts):
            labels[order[start : start + sizes[node]]] = number
        found.append(labels)
    return found
