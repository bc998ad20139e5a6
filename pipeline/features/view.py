"""What a view is: a named, versioned vector of numbers for each clip; and the statistics that most are made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pipeline.features.spectra import Spectra


STATISTICS = ("mean", "std", "p10", "p50", "p90")
PERCENTILES = (10, 50, 90)
TOLERANCE = {"dB": 1e-3, "Hz": 1e-2, "semitones": 1e-4, "1": 1e-5}
"""Differences from the reference that are none, by unit."""


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


def plain_statistics(series: NDArray[np.floating]) -> NDArray[np.floating]:
    """:func:`summarise` by NumPy's own functions, for references: shape ``(series * 5,)``."""
    parts = [series.mean(axis=1), series.std(axis=1), *np.percentile(series, PERCENTILES, axis=1)]
    return np.stack(parts, axis=1).ravel()


@dataclass(frozen=True, kw_only=True)
class View:
    """A description of a clip by ``len(columns)`` numbers.

    ``compute`` takes the clip's shared :class:`Spectra` and returns float32, shape ``(len(columns),)``.
    Raise ``version`` whenever its numbers change: the store then computes the view anew.
    """

    name: str
    version: int
    title: str
    columns: tuple[str, ...]
    units: tuple[str, ...]
    """The unit of each column: ``Hz``, ``dB``, ``1`` for a pure number ..."""
    parameters: Mapping[str, object]
    source: str
    """The librosa function and the paper behind it."""
    compute: Callable[[Spectra], NDArray[np.float32]]
    notes: str = ""
    may_be_nan: frozenset[str] = frozenset()
    """Columns that have no value for some clips; NaN in any other is a fault."""
    learned: bool = False
    """Whether a network made it that was trained on labels: no evidence beside views that know none."""
    reference: Callable[[NDArray[np.float32]], NDArray[np.floating]] | None = None
    """The same numbers of samples at 22,050 Hz by somebody else's functions, however slow. Tests compare the two; a
    view for which there is no such function has none and brings tests of its own."""
    tolerance: Mapping[str, float] = field(default_factory=dict)
    """By unit, how far the two may differ, beside 1e-4 of the value; where it is not that of ``TOLERANCE``."""

    @property
    def key(self) -> str:
        """Changes with the name, the version, the parameters or the columns, and with nothing else."""
        identity = [self.name, self.version, dict(self.parameters), list(self.columns)]
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
