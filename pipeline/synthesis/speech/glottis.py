"""The voice's source: pulses of the vocal folds, never quite equal, and breath between them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.signal import resample_poly

from pipeline.synthesis.signals.noise import Signal

RATE_HZ = 16_000
_OVERSAMPLING = 3
"""The pulse's sharp closure has no upper limit in frequency: it is drawn at 48 kHz and decimated."""
_TABLE = 4_096


@lru_cache(maxsize=64)
def lf_cycle(rd: float) -> NDArray[np.float64]:
    """One period of the glottal flow's derivative, shape ``(4096,)``, unit RMS, zero mean.

    Liljencrants-Fant model (Fant, Liljencrants and Lin 1985, equations 1 and 2) with the one shape
    parameter Rd (Fant 1995, The LF-model revisited, equations 2 to 5): 0.4 is pressed, 1 is modal,
    2.5 is breathy.
    """
    ra, rk = (-1.0 + 4.8 * rd) / 100.0, (22.4 + 11.8 * rd) / 100.0
    rg = rk / (4.0 * (0.11 * rd / (0.5 + 1.2 * rk) - ra))
    peak = 1.0 / (2.0 * rg)
    close = peak * (1.0 + rk)
    t = np.arange(_TABLE) / _TABLE
    back = brentq(lambda e: e * ra - 1.0 + np.exp(-e * (1.0 - close)), 0.1 / ra, 2.0 / ra)
    tail = -(np.exp(-back * (t - close)) - np.exp(-back * (1.0 - close))) / (back * ra)

    def cycle(growth: float) -> NDArray[np.float64]:
        rise = np.exp(growth * (t - close)) * np.sin(np.pi * t / peak) / np.sin(np.pi * close / peak)
        return np.where(t <= close, -rise, tail)

    # The flow must come back to where it began: the derivative's area is zero.
    shape = cycle(brentq(lambda growth: float(cycle(growth).sum()), -50.0, 100.0))
    shape = shape - shape.mean()
    return np.asarray(shape / np.sqrt(np.mean(shape**2)))


def voice(
    f0_hz: NDArray[np.float64], rd: float, jitter: float, shimmer: float, rng: Generator
) -> tuple[Signal, Signal]:
    """Glottal pulses along an F0 contour, and how far the glottis is open.

    ``f0_hz`` has shape ``(samples,)`` at 16 kHz; so have both results. ``jitter`` and ``shimmer`` are
    standard deviations, relative, from one cycle to the next.
    """
    n = f0_hz.size * _OVERSAMPLING
    fine_hz = np.interp(np.arange(n) / _OVERSAMPLING, np.arange(f0_hz.size), f0_hz)
    step = fine_hz / (RATE_HZ * _OVERSAMPLING)
    cycle = np.cumsum(step).astype(np.int64)
    uneven = 1.0 + jitter * rng.standard_normal(cycle[-1] + 2)
    phase = np.cumsum(step * uneven[cycle])
    strength = 1.0 + shimmer * rng.standard_normal(int(phase[-1]) + 2)
    place = (phase % 1.0) * _TABLE
    table = lf_cycle(rd)
    pulses = np.interp(place, np.arange(_TABLE), table) * strength[phase.astype(np.int64)]
    flow = np.cumsum(table)
    flow = (flow - flow.min()) / (flow.max() - flow.min())
    opening = np.interp(place[::_OVERSAMPLING], np.arange(_TABLE), flow)
    return resample_poly(pulses, 1, _OVERSAMPLING).astype(np.float32), opening.astype(np.float32)


def breath(opening: Signal, rng: Generator) -> Signal:
    """Aspiration noise, loudest while the glottis is open (Klatt and Klatt 1990), shape ``(samples,)``."""
    return (0.45 + opening) * rng.standard_normal(opening.size, dtype=np.float32)
