"""Would the groups have come out the same had other clips been recorded?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline import stop
from pipeline.clusterings.clusterer import Clusterer, Fitted
from pipeline.clusterings.pairs import ari
from pipeline.clusterings.points import Points

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
    parameters: Mapping[str, object] = whole.parameters
    agreed = []
    for kept, part in resamples(points, rounds):
        stop.check()
        if len(part) < _asked(parameters):
            return None
        agreed.append(ari(whole.labels[kept], clusterer.fit(part, parameters).labels))
    return (float(np.mean(agreed)), float(np.std(agreed))) if agreed else None


def resamples(points: Points, rounds: int) -> list[tuple[NDArray[np.intp], Points]]:
    """Four fifths of the points each, drawn without replacement, in the points' own order."""

    def draw() -> list[tuple[NDArray[np.intp], Points]]:
        generator = np.random.default_rng(SEED)
        size = max(round(SHARE * len(points)), 2)
        drawn = [np.sort(generator.permutation(len(points))[:size]) for _ in range(rounds)]
        return [(kept, points.subset(kept)) for kept in drawn]

    return points.once(("resamples", rounds), draw)


def _asked(parameters: Mapping[str, object]) -> int:
    asked = parameters.get("n_clusters", parameters.get("n_components", 0))
    return int(str(asked))
