"""Listening to two clips at once: the lag at which their samples agree best, and how far they do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from pipeline.audit.splits import AuditError


@dataclass(frozen=True, slots=True)
class Aligned:
    """
    ``lag_s`` how much later the sound is in the second clip, to one sample; ``correlation`` -1 to 1 of
    the samples where they overlap, negative where one is turned upside down; ``overlap_s``.
    """

    lag_s: float
    correlation: float
    overlap_s: float


def align(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    sample_rate_hz: int,
    lag_s: float,
    within_s: float = 0.1,
) -> Aligned:
    """
    Lay two clips over each other, near a lag that their fingerprints told, and correlate their samples.

    Differences of neighbouring samples are compared, so that a hum or an offset that both share says
    little. Strangers stay below 0.15; a copy through MP3 at 64 kbit/s, which drops the highest, lies above 0.5.

    Parameters
    ----------
    first, second
        Mono samples, shape ``(samples,)``, of one sample rate.
    lag_s, within_s
        Where to look: ``lag_s`` give or take ``within_s``, in seconds.

    Raises
    ------
    AuditError
        The clips do not overlap there.
    """
    one, other = np.diff(first.astype(np.float64)), np.diff(second.astype(np.float64))
    around, reach = round(lag_s * sample_rate_hz), round(within_s * sample_rate_hz)
    lowest, highest = max(around - reach, 1 - len(one)), min(around + reach, len(other) - 1)
    if lowest > highest or not len(one):
        raise AuditError(f"Moved by {lag_s:.2f} s the two clips do not overlap. Choose a smaller lag.")
    size = scipy.fft.next_fast_len(len(one) + len(other))
    products = scipy.fft.irfft(scipy.fft.rfft(one, size).conj() * scipy.fft.rfft(other, size), size)
    lags = np.arange(lowest, highest + 1)
    lag = int(lags[np.abs(products[lags % size]).argmax()])
    mine, theirs = one[max(0, -lag) :], other[max(0, lag) :]
    n = min(len(mine), len(theirs))
    energy = float(np.sqrt((mine[:n] @ mine[:n]) * (theirs[:n] @ theirs[:n])))
    correlation = float(mine[:n] @ theirs[:n]) / energy if energy > 0 else 0.0
    return Aligned(lag / sample_rate_hz, correlation, n / sample_rate_hz)
