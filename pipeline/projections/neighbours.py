"""The nearest neighbours of each clip: exact, so that the same clips give the same picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline import landmarks
from pipeline.landmarks import METRICS

__all__ = ["METRICS", "nearest"]


def nearest(
    values: NDArray[np.float32], k: int, metric: str
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The ``k`` nearest others of each of values (n, d), nearest first: indices and distances, (n, k)."""
    indices, distances = landmarks.nearest(values, values, k + 1, metric)
    itself = indices == np.arange(len(values))[:, None]
    # Among many copies of a clip, it may not be one of its own nearest: then the farthest goes.
    itself[~itself.any(axis=1), -1] = True
    return indices[~itself].reshape(-1, k), distances[~itself].reshape(-1, k)
