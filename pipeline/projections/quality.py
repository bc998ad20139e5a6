"""How far a picture can be believed: trustworthiness and continuity, whole and for each clip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.inputs import InputError

NEIGHBOURS = 10
BLOCK_BYTES = 32 * 2**20
ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Quality:
    """
    Trustworthiness: are the neighbours in the picture neighbours in truth? Continuity: are the true
    neighbours still neighbours in the picture? 1 is perfect; the whole is the mean of the clips.

    ``per_clip_*`` are float32 (n,); ``neighbours`` is how many of each clip's were looked at.
    """

    trustworthiness: float
    continuity: float
    per_clip_trustworthiness: NDArray[np.float32]
    per_clip_continuity: NDArray[np.float32]
    neighbours: int


def measure(
    values: NDArray[np.float32], positions: NDArray[np.float32], neighbours: int = NEIGHBOURS
) -> Quality:
    """
    Compare the neighbourhoods of ``values`` (n, d) with those of ``positions`` (n, k).

    With r(i, j) the rank of j among the neighbours of i in one space, and U(i) the ``neighbours``
    nearest of i in the other, a clip's measure is 1 - 2 / (k (2n - 3k - 1)) * sum over U(i) of
    max(0, r(i, j) - k). The mean equals ``sklearn.manifold.trustworthiness``; continuity is the same
    with the spaces swapped. Needs one block of rows at a time, never an n x n matrix. Ranks among
    clips at the same distance are shared, as none of them is nearer.

    Raises
    ------
    InputError
        Fewer than three clips. With fewer than 21 the neighbours are lowered to what is defined.

    References
    ----------
    Venna and Kaski 2001, Neighborhood preservation in nonlinear projection methods, eq. 1 and 2.
    """
    n = len(values)
    if n < 3:
        raise InputError(f"There are {n} clips; neighbours can be compared from 3 on. Choose more clips.")
    k = max(1, min(neighbours, (n - 1) // 2))
    true, shown = _centred(values), _centred(positions)
    penalties = np.empty((2, n))
    rows = max(1, BLOCK_BYTES // (8 * n))
    for start in range(0, n, rows):
        block = slice(start, start + rows)
        here, there = _squared(true, block), _squared(shown, block)
        penalties[0, block] = _penalties(here, _nearest(there, k), k)
        penalties[1, block] = _penalties(there, _nearest(here, k), k)
    each = 1.0 - penalties * (2.0 / (k * (2.0 * n - 3.0 * k - 1.0)))  # (2, n)
    whole = each.mean(axis=1)
    trust, continuity = each.astype(np.float32)
    return Quality(float(whole[0]), float(whole[1]), trust, continuity, k)


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
