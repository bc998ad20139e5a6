"""Landmarks: a few thousand of many clips that stand for all, and which of them are nearest to each clip.

What grows with the square of the number of clips works on landmarks, and the rest follow the landmarks near
them. A plain random sample keeps a rare group by chance alone. Here the clips are first parted into cells
around centres far from one another. Half of the landmarks go to the cells in equal shares, so that a small
group apart from the others keeps members; the other half in proportion to the cells' sizes, so that dense
places stay denser than others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

METRICS = ("euclidean", "cosine", "manhattan")
PER_CELL = 20
"""Landmarks, on average."""
ROUNDS = 6
SPARE = 5
"""Candidates beyond those needed, so that rounding decides nothing at the border."""
BLOCK_BYTES = 8 * 2**20


def choose(values: NDArray[np.float32], count: int, seed: int) -> NDArray[np.intp]:
    """
    Choose ``count`` of the rows of values (n, d): ascending indices, all of them where n is no more.

    The same values give the same indices. Which members of a cell are taken depends on the seed and their
    place in ``values`` alone, so that noise far below the size of a cell changes few of them.
    """
    n = len(values)
    if n <= count:
        return np.arange(n)
    priority = np.random.default_rng(seed).permutation(n)
    cell = _cells(values, max(1, count // PER_CELL), seed)
    sizes = np.bincount(cell)
    quota = _quotas(sizes, count)
    order = np.lexsort((priority, cell))  # by cell, and in each by priority
    begins = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    rank = np.arange(n) - begins[cell[order]]
    return np.sort(order[rank < quota[cell[order]]])


def nearest(
    values: NDArray[np.float32], points: NDArray[np.float32], k: int, metric: str = "euclidean"
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """
    The ``k`` nearest of points (m, d) to each of values (n, d): indices and distances, both (n, k).

    Nearest first; points equally far, but for the rounding of float32, come in the order of their index.
    The distances of the nearest are computed anew by their definition, in float64: neither the number of
    threads nor the processor's way to multiply matrices decides who is nearer. Needs memory for one block of
    values at a time.
    """
    from sklearn.neighbors import NearestNeighbors

    if metric == "cosine":
        # Between unit vectors, the Euclidean distance ranks as the cosine does, and is computed faster.
        values, points = _unit(values), _unit(points)
    search = NearestNeighbors(metric="euclidean" if metric == "cosine" else metric, n_jobs=1).fit(points)
    indices = np.empty((len(values), k), dtype=np.int64)
    distances = np.empty((len(values), k))
    candidates = min(k + SPARE, len(points))
    rows = max(1, BLOCK_BYTES // (8 * candidates * values.shape[1]))
    for begin in range(0, len(values), rows):
        block = values[begin : begin + rows]
        found = np.sort(search.kneighbors(block, candidates, return_distance=False), axis=1)
        far = _distances(block, points, found, metric)
        order = np.argsort(far.astype(np.float32), axis=1, kind="stable")[:, :k]
        indices[begin : begin + rows] = np.take_along_axis(found, order, axis=1)
        distances[begin : begin + rows] = np.take_along_axis(far, order, axis=1)
    return indices, distances


def _distances(
    block: NDArray[np.float32], points: NDArray[np.float32], found: NDArray[np.int64], metric: str
) -> NDArray[np.float64]:
    difference = points[found].astype(np.float64) - block[:, None, :]  # (rows, candidates, d)
    if metric == "manhattan":
        return np.abs(difference).sum(axis=2)
    squared = np.einsum("ijk,ijk->ij", difference, difference)
    return squared / 2 if metric == "cosine" else np.sqrt(squared)


def _unit(values: NDArray[np.float32]) -> NDArray[np.float32]:
    norms = np.linalg.norm(values, axis=1, keepdims=True)
    return values / np.maximum(norms, np.finfo(np.float32).tiny)


def _cells(values: NDArray[np.float32], count: int, seed: int) -> NDArray[np.intp]:
    """
    The cell of each clip, (n,): which of ``count`` centres is nearest.

    The centres are drawn among the clips in rounds, with a chance that grows with the squared distance to
    those drawn before (Bahmani et al. 2012, Scalable k-means++). A clip's luck in a round hangs on its place
    alone, not on the others' distances, so that noise changes few centres.
    """
    from sklearn.metrics import pairwise_distances_argmin_min

    random = np.random.default_rng(seed)
    cell, far = np.zeros(len(values), dtype=np.intp), np.full(len(values), np.inf)
    drawn = 0
    for more in np.diff(np.linspace(0, count, ROUNDS + 1).astype(int)):
        if not more:
            continue
        luck = random.exponential(size=len(values))
        # The smallest of exponential variables over weights: a weighted draw without replacement.
        race = luck if not drawn else luck / np.maximum(far, np.finfo(np.float32).tiny) ** 2
        centres = np.argsort(race, kind="stable")[:more]
        with threadpool_limits(1):
            nearest_of, distance = pairwise_distances_argmin_min(values, values[centres])
        nearer = distance < far
        cell[nearer], far[nearer] = drawn + nearest_of[nearer], distance[nearer]
        drawn += more
    return cell


def _quotas(sizes: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """How many landmarks each cell sends, at most all its clips; they come to ``count``."""
    shares = (1 / len(sizes) + sizes / sizes.sum()) / 2  # of an empty cell, no more than its 0 clips
    low, high = 0.0, float(sizes.sum()) / shares.min()
    for _ in range(100):  # the factor at which they come to ``count``, where some cells have no more to send
        middle = (low + high) / 2
        if np.minimum(sizes, middle * shares).sum() < count:
            low = middle
        else:
            high = middle
    exact = np.minimum(sizes, high * shares)
    quotas = np.floor(exact).astype(np.intp)
    # What rounding down has left goes to the cells that lost most by it.
    more = np.argsort(-np.where(quotas < sizes, exact - quotas, -1.0), kind="stable")
    quotas[more[: count - quotas.sum()]] += 1
    return quotas
