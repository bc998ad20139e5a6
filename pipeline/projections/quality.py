"""How far a picture can be believed: trustworthiness and continuity, whole and for each clip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.inputs import InputError

NEIGHBOURS = 10
BLOCK_BYTES = 32 * 2**20
ROUNDING = 1e-12
ALL_UP_TO = 4_000
"""With more clips, the neighbourhoods of a sample are compared: all of them would take n x n distances."""
MEASURED, AMONG = 2_000, 8_000
"""So many clips of a sample are measured, by their neighbours among so many."""


@dataclass(frozen=True, eq=False)
class Quality:
    """
    Trustworthiness: are the neighbours in the picture neighbours in truth? Continuity: are the true
    neighbours still neighbours in the picture? 1 is perfect; the whole is the mean of the clips.

    ``per_clip_*`` are float32 (n,); ``neighbours`` is how many of each clip's were looked at. Where a
    sample was measured, ``notes`` say so, and each other clip has the values of the nearest measured one.
    """

    trustworthiness: float
    continuity: float
    per_clip_trustworthiness: NDArray[np.float32]
    per_clip_continuity: NDArray[np.float32]
    neighbours: int
    notes: tuple[str, ...] = ()


class Truth:
    """The neighbourhoods in values float32 (n, d), which are those of every picture of them.

    ``order`` are the clips that are looked at; the first ``measured`` of them are measured, by their
    neighbours among all of these. The distances are kept, at most 128 MB.
    """

    def __init__(self, values: NDArray[np.float32]) -> None:
        self.n = len(values)
        drawn = np.random.default_rng(0).permutation(self.n)
        self.sampled = self.n > ALL_UP_TO
        # Those that are measured first: a block of them is then a slice.
        self.order = np.concatenate([np.sort(drawn[:MEASURED]), np.sort(drawn[MEASURED:AMONG])])
        if not self.sampled:
            self.order = np.arange(self.n)
        self.measured = MEASURED if self.sampled else self.n
        self._points = _centred(values[self.order])
        self._blocks: dict[tuple[int, int], tuple[NDArray[np.float64], NDArray[np.intp]]] = {}

    def block(self, part: slice, k: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Squared distances of the clips of ``part`` to the sample, and the ``k`` nearest of each."""
        key = (part.start, k)
        if key not in self._blocks:
            squared = _squared(self._points, part)
            self._blocks[key] = squared, _nearest(squared, k)
        return self._blocks[key]


def measure(
    values: NDArray[np.float32] | Truth, positions: NDArray[np.float32], neighbours: int = NEIGHBOURS
) -> Quality:
    """
    Compare the neighbourhoods of ``values`` (n, d) with those of ``positions`` (n, k).

    With r(i, j) the rank of j among the neighbours of i in one space, and U(i) the ``neighbours``
    nearest of i in the other, a clip's measure is 1 - 2 / (k (2n - 3k - 1)) * sum over U(i) of
    max(0, r(i, j) - k). The mean equals ``sklearn.manifold.trustworthiness``; continuity is the same
    with the spaces swapped. Ranks among clips at the same distance are shared, as none of them is nearer.
    With more than ``ALL_UP_TO`` clips, n is a sample. A ``Truth`` of the values serves several pictures.

    Raises
    ------
    InputError
        Fewer than three clips. With fewer than 21 the neighbours are lowered to what is defined.

    References
    ----------
    Venna and Kaski 2001, Neighborhood preservation in nonlinear projection methods, eq. 1 and 2.
    """
    if len(positions) < 3:
        raise InputError(
            f"There are {len(positions)} clips; neighbours can be compared from 3 on. Choose more clips."
        )
    truth = values if isinstance(values, Truth) else Truth(values)
    n = len(truth.order)
    k = max(1, min(neighbours, (n - 1) // 2))
    shown = _centred(positions[truth.order])
    penalties = np.empty((2, truth.measured))
    rows = max(1, BLOCK_BYTES // (8 * n))
    for begin in range(0, truth.measured, rows):
        part = slice(begin, min(begin + rows, truth.measured))
        (here, near), there = truth.block(part, k), _squared(shown, part)
        penalties[0, part] = _penalties(here, _nearest(there, k), k)
        penalties[1, part] = _penalties(there, near, k)
    each = 1.0 - penalties * (2.0 / (k * (2.0 * n - 3.0 * k - 1.0)))  # (2, measured)
    whole = each.mean(axis=1)
    trust, continuity = each.astype(np.float32)
    if not truth.sampled:
        return Quality(float(whole[0]), float(whole[1]), trust, continuity, k)
    of = _nearest_measured(positions, truth.order[: truth.measured])
    note = (
        f"Trustworthiness and continuity were measured on a sample of {truth.measured:,} clips, by their "
        f"neighbours among {n:,}; each other clip has those of the measured one nearest in the picture."
    )
    return Quality(float(whole[0]), float(whole[1]), trust[of], continuity[of], k, (note,))


def _nearest_measured(positions: NDArray[np.float32], measured: NDArray[np.intp]) -> NDArray[np.intp]:
    """Which of the measured clips is nearest to each in the picture: (n,)."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=1, n_jobs=1).fit(positions[measured])
    of = search.kneighbors(positions, return_distance=False)[:, 0]
    of[measured] = np.arange(len(measured))
    return np.asarray(of, dtype=np.intp)


def _centred(values: NDArray[np.float32]) -> NDArray[np.float64]:
    return values - values.mean(axis=0, dtype=np.float64)


def _squared(points: NDArray[np.float64], block: slice) -> NDArray[np.float64]:
    """Squared distances of a block of points to all, (rows, n); of each to itself: infinite.

    Distances within rounding of zero are zero, so that copies of a clip stand at the same place.
    """
    norms = np.einsum("ij,ij->i", points, points)
    squared = points[block] @ points.T
    squared *= -2.0
    squared += norms
    squared += norms[block, None]
    squared[squared < ROUNDING * norms.max(initial=0.0)] = 0.0
    rows = np.arange(len(squared))
    squared[rows, rows + block.start] = np.inf
    return squared


def _nearest(squared: NDArray[np.float64], k: int) -> NDArray[np.intp]:
    return np.argpartition(squared, k - 1, axis=1)[:, :k]


def _penalties(squared: NDArray[np.float64], chosen: NDArray[np.intp], k: int) -> NDArray[np.float64]:
    """For each row, by how much the ranks of the ``chosen`` columns exceed ``k``, summed: (rows,)."""
    excess = np.zeros(len(squared))
    for column in chosen.T:
        distance = np.take_along_axis(squared, column[:, None], axis=1)
        excess += np.maximum(0, np.count_nonzero(squared < distance, axis=1) + 1 - k)
    return excess
