"""Would the groups have come out the same had other clips been recorded?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterings.clusterer import Clusterer, Fitted
from pipeline.clusterings.generalisation import clusters_asked
from pipeline.clusterings.pairs import ari
from pipeline.clusterings.points import Points
from pipeline.runtime import stop

ROUNDS = 10
SHARE = 0.8
SEED = 0


def stability(
    points: Points, clusterer: Clusterer, whole: Fitted, rounds: int = ROUNDS
) -> tuple[float, float] | None:
    """
    Mean and standard deviation of the agreement between the clustering and those of parts of the clips.

    Each round leaves out a fifth of the clips, clusters the rest with the same parameters and compares by
    the adjusted Rand index, noise as a group (after Ben-Hur et al. 2002 and Hennig 2007). The parts are
    the same for every clustering of as many clips.

    Returns
    -------
    tuple of float or None
        None without rounds, or where the parts are too small for the parameters.
    """
    agreed = agreements(points, clusterer, whole.parameters, whole.labels, resamples(points, rounds))
    return (float(np.mean(agreed)), float(np.std(agreed))) if agreed else None


def agreements(
    points: Points,
    clusterer: Clusterer,
    parameters: Mapping[str, object],
    labels: NDArray[np.integer],
    parts: Sequence[tuple[NDArray[np.intp], Points]],
) -> list[float] | None:
    """The adjusted Rand index with each part clustered anew; None where a part is too small for it."""
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
