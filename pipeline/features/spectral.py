"""The shape of the spectrum in five numbers a frame: where it lies, how wide, how flat, how it changes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.features.spectra import (
    HOP_LENGTH,
    N_BINS,
    N_FFT,
    N_MELS,
    SAMPLE_RATE_HZ,
    STFT_PARAMETERS,
    Spectra,
)
from pipeline.features.view import View, plain_statistics, statistic_columns, statistic_units, summarise

ROLLOFF_SHARE = 0.85
FRAMES_AT_ONCE = 256
"""Six seconds: what is computed of them takes 5 MiB, whatever the length of the clip."""
BINS_AT_ONCE = 25
FLATNESS_FLOOR = 1e-10
SERIES = ("centroid_hz", "bandwidth_hz", "rolloff_hz", "flatness", "flux_db")


def compute(spectra: Spectra) -> NDArray[np.float32]:
    """Statistics of centroid, bandwidth, roll-off, flatness and flux, shape ``(25,)``."""
    power = spectra.power_by_frame
    shape = np.empty((4, len(power)))
    for start in range(0, len(power), FRAMES_AT_ONCE):
        block = power[start : start + FRAMES_AT_ONCE]
        magnitude = np.sqrt(block)  # (block, 1025)
        shape[:, start : start + len(block)] = (
            *moments_hz(magnitude),
            rolloff_hz(magnitude),
            flatness(block),
        )
    return summarise(np.concatenate([shape, flux_db(spectra.mel_db)[np.newaxis]]))  # (5, frames)


def moments_hz(magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of frequency weighted by magnitude, each ``(frames,)``; 0 for no sound.

    In double precision: the deviation is the small difference of two large moments.
    """
    total, first, second = _frequency_powers() @ magnitude.astype(np.float64).T
    total[total < np.finfo(np.float32).tiny] = 1.0
    mean = first / total
    return mean, np.sqrt(np.maximum(second / total - mean**2, 0))


def rolloff_hz(magnitude: NDArray[np.float32]) -> NDArray[np.floating]:
    """The frequency of the bin below which, itself included, lie 85 % of the magnitude, ``(frames,)``.

    librosa adds bin after bin in single precision, each sum waiting for the one before. Here sums of
    25 bins find the place in double precision; the frames in which single precision may find another
    are added up as librosa does.
    """
    blocks = np.add.reduceat(magnitude, np.arange(0, N_BINS, BINS_AT_ONCE), axis=1)  # (frames, blocks)
    below = np.cumsum(blocks, axis=1, dtype=np.float64)
    total = below[:, -1]
    share = ROLLOFF_SHARE * total
    block = np.count_nonzero(below < share[:, np.newaxis], axis=1)
    rows = np.arange(len(magnitude))
    # One block holds it, from the sum below that block on; beyond the last of 1,025 bins is the end again.
    first = block * BINS_AT_ONCE
    bins = np.minimum(first[:, np.newaxis] + np.arange(BINS_AT_ONCE), N_BINS - 1)  # (frames, 25)
    within = np.cumsum(magnitude[rows[:, np.newaxis], bins], axis=1, dtype=np.float64)
    within += (below[rows, block] - blocks[rows, block])[:, np.newaxis]
    place = np.minimum(np.count_nonzero(within < share[:, np.newaxis], axis=1), BINS_AT_ONCE - 1)
    found = bins[rows, place]
    # Ten times what rounding does to sums of 1,025 numbers of either kind.
    doubt = 1e-5 * total
    reached = within[rows, place] - share
    doubtful = (reached <= doubt) | (magnitude[rows, found] - reached <= doubt)
    sums = np.cumsum(magnitude[doubtful], axis=1)
    found[doubtful] = np.count_nonzero(sums < np.float32(ROLLOFF_SHARE) * sums[:, -1:], axis=1)
    return _frequencies_hz()[found]


def flatness(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Geometric over arithmetic mean of the power spectrum, ``(frames,)``; 1 for white and for no sound."""
    floored = np.maximum(power, FLATNESS_FLOOR)
    return np.exp(np.log(floored).mean(axis=1)) / floored.mean(axis=1)


def flux_db(mel_db: NDArray[np.floating]) -> NDArray[np.floating]:
    """``librosa.onset.onset_strength``: the mean rise of the mel bands since the frame before, ``(frames,)``.

    Böck & Widmer 2013, equation 1, without the maximum filter. librosa delays it by the two frames that
    half a window takes.
    """
    rise = np.maximum(np.diff(mel_db, axis=1), 0).mean(axis=0)
    return np.pad(rise, (1 + N_FFT // (2 * HOP_LENGTH), 0))[: mel_db.shape[1]]


@lru_cache(maxsize=1)
def _frequency_powers() -> NDArray[np.floating]:
    """1, f and f ** 2 of every bin, shape ``(3, 1025)``."""
    return np.ascontiguousarray(np.vander(_frequencies_hz(), 3, increasing=True).T)


@lru_cache(maxsize=1)
def _frequencies_hz() -> NDArray[np.floating]:
    return np.fft.rfftfreq(N_FFT, 1 / SAMPLE_RATE_HZ)


def reference(samples: NDArray[np.float32]) -> NDArray[np.floating]:
    """:func:`compute` by librosa."""
    import librosa

    series = [
        librosa.feature.spectral_centroid(y=samples, sr=SAMPLE_RATE_HZ),
        librosa.feature.spectral_bandwidth(y=samples, sr=SAMPLE_RATE_HZ),
        librosa.feature.spectral_rolloff(y=samples, sr=SAMPLE_RATE_HZ),
        librosa.feature.spectral_flatness(y=samples),
        librosa.onset.onset_strength(y=samples, sr=SAMPLE_RATE_HZ)[np.newaxis],
    ]
    return plain_statistics(np.concatenate(series))


VIEW = View(
    name="spectral",
    version=1,
    title="Spectral shape",
    columns=statistic_columns(SERIES),
    units=statistic_units(["Hz", "Hz", "Hz", "1", "dB"]),
    parameters={
        **STFT_PARAMETERS,
        "n_mels": N_MELS,
        "roll_percent": ROLLOFF_SHARE,
        "flatness_floor": FLATNESS_FLOOR,
        "flux": "librosa.onset.onset_strength",
    },
    source=(
        "librosa.feature.spectral_centroid, spectral_bandwidth, spectral_rolloff, spectral_flatness; "
        "librosa.onset.onset_strength: Böck & Widmer 2013, Maximum filter vibrato suppression for onset detection"
    ),
    compute=compute,
    reference=reference,
    notes=(
        "In frames of digital silence centroid, bandwidth and roll-off are 0 and flatness is 1, as in librosa; "
        "flux is that of librosa.onset.onset_strength."
    ),
)
