"""The nearest neighbours of each clip: exact, so that the same clips give the same picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EXACT_UP_TO = 20_000
"""More clips than that are left to the approximate search of the method's own package."""

METRICS = ("euclidean", "cosine", "manhattan")


def nearest(
    values: NDArray[np.float32], k: int, metric: str
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The ``k`` nearest others of each of values (n, d), nearest first: indices and distances, (n, k)."""
    from sklearn.neighbors import NearestNeighbors

    if metric == "cosine":
        # Between unit vectors, the Euclidean distance ranks as the cosine does, and is computed faster.
        norms = np.linalg.norm(values, axis=1, keepdims=True)
        values = values / np.maximum(norms, np.finfo(np.float32).tiny)
    found = NearestNeighbors(metric="euclidean" if metric == "cosine" else metric, n_jobs=-1).fit(values)
    distances, indices = found.kneighbors(n_neighbors=k)
    if metric == "cosine":
        distances = distances**2 / 2
    return indices.astype(np.int64), distances.astype(np.float64)
