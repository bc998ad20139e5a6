"""Seeded chance, coloured noise, slow random curves and grains: what every synthetic sound shares."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import fft
from scipy.interpolate import CubicSpline

Signal = NDArray[np.float32]
Gain = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Amplitude gain as a function of frequency in Hz."""


def rng_for(*names: object) -> Generator:
    """A generator that depends on the names alone.

    ``hash()`` is salted in every process; SHA-256 is the same everywhere and for ever.
    """
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def log_uniform(rng: Generator, low: float, high: float) -> float:
    """Draw such that each octave between ``low`` and ``high`` is equally likely."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def from_db(level_db: float) -> float:
    return float(10.0 ** (level_db / 20.0))


def band(low_hz: float, high_hz: float, order: int = 2) -> Gain:
    """Magnitude of Butterworth slopes below ``low_hz`` and above ``high_hz``; zero at 0 Hz."""

    def gain(f_hz: NDArray[np.float64]) -> NDArray[np.float64]:
        safe_hz = np.maximum(f_hz, 1e-3)
        low = 1.0 / np.sqrt(1.0 + (low_hz / safe_hz) ** (2 * order))
        return np.where(f_hz > 0, low / np.sqrt(1.0 + (safe_hz / high_hz) ** (2 * order)), 0.0)

    return gain


def tilted(db_per_octave: float, low_hz: float = 30.0, high_hz: float = 20_000.0) -> Gain:
    """A constant slope in dB an octave inside a band; -3 is pink, -6 is brown."""
    limits = band(low_hz, high_hz)

    def gain(f_hz: NDArray[np.float64]) -> NDArray[np.float64]:
        return limits(f_hz) * np.maximum(f_hz, low_hz / 4) ** (db_per_octave / 6.0206)

    return gain


def filtered(signal: Signal, rate_hz: int, gain: Gain) -> Signal:
    """Apply a zero-phase gain; zeros are appended so that the end does not wrap to the start."""
    n = fft.next_fast_len(signal.size + rate_hz // 20, real=True)
    spectrum = fft.rfft(signal, n)
    weights = gain(fft.rfftfreq(n, 1.0 / rate_hz)).astype(np.float32)
    return np.asarray(fft.irfft(spectrum * weights, n)[: signal.size], dtype=np.float32)


def coloured(rng: Generator, n: int, rate_hz: int, gain: Gain) -> Signal:
    """Gaussian noise of unit RMS whose spectrum follows ``gain``, shape ``(n,)``."""
    noise = filtered(rng.standard_normal(n, dtype=np.float32), rate_hz, gain)
    return noise / max(float(np.sqrt(np.mean(noise**2))), 1e-12)


def slow_random(rng: Generator, n: int, rate_hz: int, change_hz: float) -> Signal:
    """A smooth random curve of about unit variance that turns about ``change_hz`` times a second."""
    knots = rng.standard_normal(max(4, int(np.ceil(n / rate_hz * change_hz * 2)) + 3))
    position = np.linspace(1.0, 1.0 + n / rate_hz * change_hz * 2, n)
    spline = CubicSpline(np.arange(knots.size), knots)
    return np.asarray(spline(np.minimum(position, knots.size - 1)), dtype=np.float32)


def poisson_times(rng: Generator, rate_per_s: float, duration_s: float) -> NDArray[np.float64]:
    """Onsets in seconds of events that know nothing of each other, sorted."""
    return np.sort(rng.uniform(0.0, duration_s, rng.poisson(rate_per_s * duration_s)))


def steady_times(
    rng: Generator, period_s: float, duration_s: float, unevenness: float
) -> NDArray[np.float64]:
    """Onsets in seconds of a rhythm whose intervals vary by ``unevenness`` of the period."""
    count = int(duration_s / period_s) + 2
    intervals = period_s * (1.0 + unevenness * rng.standard_normal(count)).clip(0.5, 1.5)
    times = rng.uniform(0.0, period_s) + np.cumsum(intervals) - intervals[0]
    return times[times < duration_s]


def add_at(out: Signal, start: int, grain: Signal) -> None:
    """Add ``grain`` to ``out`` from sample ``start``; what falls outside on either side is dropped."""
    skip = max(0, -start)
    stop = min(out.size, start + grain.size)
    if stop > start + skip:
        out[start + skip : stop] += grain[skip : stop - start]


def over(sound: Signal, background: Signal, level_db: float) -> Signal:
    """The sound over a background of unit RMS that lies ``level_db`` from the sound's peak."""
    return sound + np.float32(from_db(level_db) * float(np.abs(sound).max())) * background


def convolved(signal: Signal, kernel: Signal) -> Signal:
    """Linear convolution, cut to the length of ``signal``."""
    n = fft.next_fast_len(signal.size + kernel.size - 1, real=True)
    product = fft.rfft(signal, n) * fft.rfft(kernel, n)
    return np.asarray(fft.irfft(product, n)[: signal.size], dtype=np.float32)
