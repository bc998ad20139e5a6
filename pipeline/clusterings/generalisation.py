"""Do the groups of one half of the clips foretell those of the other?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterings.clusterer import Clusterer
from pipeline.clusterings.pairs import ari
from pipeline.clusterings.points import Points
from pipeline.runtime import stop

VOTERS = 5

Half = tuple[NDArray[np.intp], Points]


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
