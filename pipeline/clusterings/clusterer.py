"""What a clusterer is, what a person may try on it, and what comes out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterings.points import Points
from pipeline.inputs import InputError
from pipeline.projections.projection import Setting

RENARD_10 = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
"""Preferred numbers of ISO 3, series R''10: ten steps a decade, each about a quarter more than the last."""

Parameters = dict[str, object]


@dataclass(frozen=True, eq=False)
class Tree:
    """HDBSCAN's condensed tree, one entry an edge, as ``condensed_tree_.to_pandas()`` has it.

    ``selected[i]`` is the node that became cluster ``i``.
    """

    parent: NDArray[np.int32]
    child: NDArray[np.int32]
    lambda_: NDArray[np.float32]
    size: NDArray[np.int32]
    selected: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Fitted:
    """Which group each clip fell into.

    ``labels`` int32 (n,), -1 for noise; ``strengths`` float32 (n,), 0 to 1, how firmly a clip belongs to
    its group, where the algorithm says so; ``parameters`` as they were used.
    """

    labels: NDArray[np.int32]
    parameters: Mapping[str, object]
    strengths: NDArray[np.float32] | None = None
    tree: Tree | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Clusterer:
    """A way to put clips into groups.

    ``fit`` takes the points and all of the parameters, ``grid`` the points and gives what shall be tried
    on them. Raise ``version`` whenever the groups change: the store then computes them anew.
    """

    name: str
    title: str
    version: int
    source: str
    settings: tuple[Setting, ...]
    parameters: Mapping[str, object]
    grid: Callable[[Points], list[Parameters]]
    fit: Callable[[Points, Mapping[str, object]], Fitted]
    needs_pairs: bool = False
    """Whether it needs the distances between all pairs, and so refuses very many clips."""
    metric: str = "euclidean"
    """By which distance of ``scipy.spatial.distance`` clips are near one another to it."""
    on_half: Callable[[Mapping[str, object]], Mapping[str, object]] = dict
    """The parameters that ask for the same groups of half as many clips."""


def cluster_counts(n: int) -> list[int]:
    """
    The numbers of clusters to try on ``n`` clips: preferred numbers from 2 to about 2.5 times the root of n.

    The root of n/2 is a rule of thumb for the number of clusters (Mardia et al. 1979, page 365); the
    series goes to some three and a half times that. There are always fewer clusters than clips.
    """
    highest = min(round(2.5 * math.sqrt(n)), n - 1)
    decades = (10**power for power in range(len(str(max(highest, 1)))))
    series = sorted({round(number * decade) for decade in decades for number in RENARD_10})
    return [number for number in series if 2 <= number <= highest]


def require_clusters(title: str, clusters: int, n: int) -> None:
    """Raise ``InputError`` where more clusters are asked for than there are clips."""
    if clusters > n:
        raise InputError(
            f"{title} was asked for {clusters} clusters of {n} clips. Choose {n} or fewer, or more clips."
        )


def found_fewer(labels: NDArray[np.integer], count: int) -> tuple[str, ...]:
    """A note where fewer clusters came out than were asked for."""
    found = len(np.unique(labels[labels >= 0]))
    if found >= count:
        return ()
    return (f"{found} of the {count} clusters asked for have clips: there are too few distinct clips.",)
