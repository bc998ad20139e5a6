"""The clips of one space as points, with what several clusterings of them have in common."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform

from pipeline.inputs import InputError

ALL_PAIRS = 10_000
"""Up to how many clips every distance between two of them is held: 0.8 GB in float64."""

T = TypeVar("T")


class Points:
    """
    Values float32 (n, k) of n clips, and what was computed of them once for many clusterings.

    A dendrogram serves every number of clusters, a matrix of distances every algorithm and score. Not
    meant to be shared by threads.
    """

    def __init__(self, values: NDArray[np.float32], parent: tuple[Points, NDArray[np.intp]] | None = None):
        self.values = np.ascontiguousarray(values, dtype=np.float32)
        self._parent = parent
        self._kept: dict[Hashable, Any] = {}

    def __len__(self) -> int:
        return len(self.values)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` gives, made at the first call with this key and kept."""
        if key not in self._kept:
            self._kept[key] = make()
        kept: T = self._kept[key]
        return kept

    def subset(self, indices: NDArray[np.intp]) -> Points:
        """Some of the points, whose distances are looked up here rather than computed again."""
        return Points(self.values[indices], (self, indices))

    @property
    def pairs_fit(self) -> bool:
        """Whether there are few enough points for the distances between all of them."""
        return len(self) <= ALL_PAIRS

    @property
    def distances(self) -> NDArray[np.float64]:
        """
        Euclidean distances (n, n) of all pairs; exactly 0 between clips that are the same.

        Raises
        ------
        InputError
            There are more than ``ALL_PAIRS`` points.
        """
        return self.pairs("euclidean")

    @property
    def city_block(self) -> NDArray[np.float64]:
        """City-block distances (n, n) of all pairs; raises ``InputError`` as ``distances`` does."""
        return self.pairs("cityblock")

    def pairs(self, metric: str) -> NDArray[np.float64]:
        """Distances (n, n) of all pairs by a metric of ``scipy.spatial.distance.pdist``."""
        if self._parent is not None and self._parent[0].pairs_fit:
            whole, indices = self._parent
            return whole.pairs(metric)[np.ix_(indices, indices)]  # not kept: cheap to make, large to hold
        self.require_pairs("What was asked for")
        return self.once(("pairs", metric), lambda: squareform(pdist(self.values.astype(np.float64), metric)))

    def require_pairs(self, what: str) -> None:
        """Raise ``InputError`` where there are too many points for the distances between all of them."""
        if not self.pairs_fit:
            raise InputError(
                f"{what} needs the distances between all pairs, which are held for up to {ALL_PAIRS:,} "
                f"clips; here are {len(self):,}. Choose a method that needs none, such as K-Means."
            )
