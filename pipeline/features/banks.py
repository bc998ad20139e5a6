"""Weights that gather the bins of a spectrum into bands: mel bands and pitch classes.

Equal to ``librosa.filters.mel`` and ``librosa.filters.chroma``, whose import takes a process longer than
its first clips.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BREAK_HZ = 1_000.0
"""Slaney's mel scale is linear up to here, at 200 / 3 Hz a mel, and logarithmic above."""
HZ_PER_MEL = 200 / 3
LOG_STEP = np.log(6.4) / 27
"""27 mels take 1,000 Hz to 6,400 Hz."""

A0_HZ = 27.5
CENTRE_OCTAVE = 5.0
OCTAVE_WIDTH = 2.0
"""Pitch classes are weighted by a Gaussian of this deviation around the fifth octave above A0, 880 Hz."""


def mel_weights(sample_rate_hz: int, n_fft: int, n_mels: int) -> NDArray[np.float32]:
    """Triangles of equal area, equally spaced on Slaney's mel scale from 0 Hz to half the rate.

    Slaney 1998, Auditory Toolbox, technical report 1998-010.

    Returns
    -------
    NDArray[np.float32]
        Shape ``(n_mels, n_fft // 2 + 1)``.
    """
    edges_hz = _mel_to_hz(np.linspace(0, _hz_to_mel(sample_rate_hz / 2), n_mels + 2))
    low, centre, high = edges_hz[:-2, np.newaxis], edges_hz[1:-1, np.newaxis], edges_hz[2:, np.newaxis]
    bins_hz = np.fft.rfftfreq(n_fft, 1 / sample_rate_hz)
    rising, falling = (bins_hz - low) / (centre - low), (high - bins_hz) / (high - centre)
    triangles = np.maximum(0, np.minimum(rising, falling))  # (n_mels, bins)
    return (triangles * 2 / (high - low)).astype(np.float32)


def chroma_weights(sample_rate_hz: int, n_fft: int) -> NDArray[np.float32]:
    """How much of each bin belongs to each of the twelve pitch classes from C on, for A4 = 440 Hz.

    Ellis 2007, Chroma feature analysis and synthesis: a Gaussian around the pitch class, as wide as half
    the bin is in semitones but no narrower than half a semitone, of unit length over the classes.

    Returns
    -------
    NDArray[np.float32]
        Shape ``(12, n_fft // 2 + 1)``.
    """
    frequencies_hz = np.arange(1, n_fft // 2 + 2) * (sample_rate_hz / n_fft)
    semitones = 12 * np.log2(frequencies_hz / A0_HZ)
    # The bin at 0 Hz counts as one and a half octaves below the next.
    semitones = np.append(semitones[0] - 18, semitones)  # (bins + 1,): one more, for the last one's width
    width = np.maximum(np.diff(semitones), 1)  # (bins,)
    semitones = semitones[:-1]
    distance = semitones - np.arange(12)[:, np.newaxis]
    distance = np.mod(distance + 6, 12) - 6  # (12, bins): -6 to 6 semitones, from A on
    weights = np.exp(-0.5 * (2 * distance / width) ** 2)
    weights /= np.linalg.norm(weights, axis=0)
    weights *= np.exp(-0.5 * ((semitones / 12 - CENTRE_OCTAVE) / OCTAVE_WIDTH) ** 2)
    return np.roll(weights, -3, axis=0).astype(np.float32)


def _hz_to_mel(frequency_hz: float) -> float:
    if frequency_hz < BREAK_HZ:
        return frequency_hz / HZ_PER_MEL
    return BREAK_HZ / HZ_PER_MEL + float(np.log(frequency_hz / BREAK_HZ)) / LOG_STEP


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    break_mel = BREAK_HZ / HZ_PER_MEL
    logarithmic = BREAK_HZ * np.exp(LOG_STEP * (mel - break_mel))
    return np.where(mel < break_mel, mel * HZ_PER_MEL, logarithmic)
