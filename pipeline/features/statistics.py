"""From a series per frame to numbers per clip, and the names of those numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

STATISTICS = ("mean", "std", "p10", "p50", "p90")
PERCENTILES = (10, 50, 90)


def statistic_columns(series: Sequence[str]) -> tuple[str, ...]:
    """Names in the order of :func:`summarise`: ``("a_mean", "a_std", ..., "b_mean", ...)``."""
    return tuple(f"{name}_{statistic}" for name in series for statistic in STATISTICS)


def statistic_units(units: Sequence[str]) -> tuple[str, ...]:
    """The unit of each series, once for each of its statistics: all five are in the unit of the series."""
    return tuple(unit for unit in units for _ in STATISTICS)


def summarise(series: NDArray[np.floating]) -> NDArray[np.float32]:
    """Mean, standard deviation and the 10th, 50th and 90th percentile of each row over time.

    Parameters
    ----------
    series
        Shape ``(series, frames)``, contiguous along time.

    Returns
    -------
    NDArray[np.float32]
        Shape ``(series * 5,)``: the five of the first row, then of the second. Percentiles interpolate
        linearly, as ``np.percentile``; the deviation divides by the number of frames, as ``np.std``.
    """
    columns = np.empty((len(series), len(STATISTICS)), dtype=np.float32)
    mean = series.mean(axis=1, keepdims=True)
    centred = series - mean
    columns[:, 0] = mean[:, 0]
    columns[:, 1] = np.sqrt(np.einsum("ij,ij->i", centred, centred) / series.shape[1])
    # One sort of all rows serves every percentile; np.percentile would partition anew for each.
    ordered = np.sort(series, axis=1)
    for column, percentile in enumerate(PERCENTILES, start=2):
        position = (series.shape[1] - 1) * percentile / 100
        below = int(position)
        above = min(below + 1, series.shape[1] - 1)
        step = ordered[:, above] - ordered[:, below]
        columns[:, column] = ordered[:, below] + step * (position - below)
    return columns.reshape(-1)  # (series * 5,)
