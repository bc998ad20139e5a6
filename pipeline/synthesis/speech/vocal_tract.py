"""Source and filter: pulses and breath of the vocal folds, and the tract as a filter that changes every 4 ms."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import fft
from scipy.optimize import brentq
from scipy.signal import resample_poly

from pipeline.synthesis.signals.noise import Signal
from pipeline.synthesis.speech.articulation import FRAME_S, Track, Tracks, noise_shapes

RATE_HZ = 16_000
_OVERSAMPLING = 3
"""The pulse's sharp closure has no upper limit in frequency: it is drawn at 48 kHz and decimated."""
_TABLE = 4_096
HOP = int(FRAME_S * RATE_HZ)
_FFT = 768
"""48 ms: the 8 ms window plus 40 ms in which the narrowest resonance dies away by 60 dB."""
_SPEED_CM_S = 35_000.0
_NASAL_HZ, _NASAL_ZERO_HZ = 270.0, 450.0
Response = NDArray[np.complex64]


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


def bin_frequencies_hz() -> Track:
    return np.asarray(fft.rfftfreq(_FFT, 1.0 / RATE_HZ))


def resonance(f_hz: Track | float, bandwidth_hz: Track | float) -> Response:
    """A digital resonator's response of unit gain at 0 Hz, shape ``(frames, bins)``.

    ``H(z) = (1 - B - C) / (1 - B/z - C/z^2)``, ``C = -exp(-2 pi bw / fs)``,
    ``B = 2 exp(-pi bw / fs) cos(2 pi f / fs)`` (Klatt 1980, equations 1 and 2).
    """
    c = -np.exp(-2 * np.pi * np.atleast_1d(bandwidth_hz) / RATE_HZ)
    b = 2 * np.sqrt(-c) * np.cos(2 * np.pi * np.atleast_1d(f_hz) / RATE_HZ)
    z1 = np.exp(-2j * np.pi * bin_frequencies_hz() / RATE_HZ).astype(np.complex64)
    b, c = (np.broadcast_arrays(b, c)[i][:, None].astype(np.float32) for i in (0, 1))
    return np.asarray((1 - b - c) / (1 - b * z1 - c * z1**2))


def responses(tracks: Tracks, tract_cm: float, damping: float) -> Response:
    """The tract's response at every frame, shape ``(frames, bins)``.

    The first three formants move; those above stay where a tube of this length has them, up to the
    Nyquist frequency, as Klatt's cascade needs them for the right slope.
    """
    open_glottis = 180.0 * tracks.aspiration / 0.2
    f1, f2, f3 = tracks.formants_hz.T
    h = resonance(f1, damping * (55 + 0.03 * f1) + open_glottis)
    h = h * resonance(f2, damping * (60 + 0.02 * f2)) * resonance(f3, damping * (50 + 0.035 * f3))
    for number in range(4, 9):
        f_hz = (2 * number - 1) * _SPEED_CM_S / (4 * tract_cm)
        if f_hz < 0.48 * RATE_HZ:
            h = h * resonance(f_hz, damping * 0.055 * f_hz)
    zero_hz = _NASAL_HZ + (_NASAL_ZERO_HZ - _NASAL_HZ) * tracks.nasality
    h = h * resonance(_NASAL_HZ, 100.0) / resonance(zero_hz, 100.0)
    walls = 1.0 / (1.0 + (bin_frequencies_hz() / 350.0) ** 2)
    shut = tracks.shut[:, None]
    return np.asarray(h * (1.0 - shut + shut * walls), dtype=np.complex64)


def through_tract(source: Signal, response: Response) -> Signal:
    """Pass a source through a filter that changes from frame to frame, shape as ``source``.

    Windowed pieces that overlap by half and add up to one are filtered each with its own response
    and added: exact while the response stands still, a smooth cross-fade while it moves.
    """
    frames = source.size // HOP + 1
    response = np.pad(response, ((0, frames - response.shape[0]), (0, 0)), mode="edge")
    padded = np.pad(source, (HOP, HOP))
    window = (0.5 - 0.5 * np.cos(np.pi * np.arange(2 * HOP) / HOP)).astype(np.float32)
    pieces = np.lib.stride_tricks.sliding_window_view(padded, 2 * HOP)[::HOP] * window
    shaped = fft.irfft(fft.rfft(pieces, _FFT) * response, _FFT)  # (frames, _FFT)
    blocks = _FFT // HOP
    out = np.zeros((frames + blocks, HOP), dtype=np.float32)
    for block in range(blocks):
        out[block : block + frames] += shaped[:, block * HOP : (block + 1) * HOP]
    return out.ravel()[HOP : HOP + source.size]


def frication(noise: Signal, tracks: Tracks) -> Signal:
    """Noise made at a narrow place before the lips: each segment's level and band, shape as ``noise``."""
    shapes = noise_shapes(tracks.bands_hz, bin_frequencies_hz()).astype(np.float32)
    # einsum, not @: BLAS rounds differently with the number of its threads.
    gains = np.einsum("fn,nb->fb", tracks.frication.astype(np.float32), shapes)
    return through_tract(noise, gains.astype(np.complex64))
