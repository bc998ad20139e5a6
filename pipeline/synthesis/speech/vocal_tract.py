"""The vocal tract as a filter that changes every 4 ms: resonances, a nasal branch, closed lips."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from pipeline.synthesis.signals.noise import Signal
from pipeline.synthesis.speech.articulation import FRAME_S, Track, Tracks, noise_shapes
from pipeline.synthesis.speech.glottis import RATE_HZ

HOP = int(FRAME_S * RATE_HZ)
_FFT = 768
"""48 ms: the 8 ms window plus 40 ms in which the narrowest resonance dies away by 60 dB."""
_SPEED_CM_S = 35_000.0
_NASAL_HZ, _NASAL_ZERO_HZ = 270.0, 450.0
Response = NDArray[np.complex64]


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


def filtered(source: Signal, response: Response) -> Signal:
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
    return filtered(noise, gains.astype(np.complex64))
