"""Mel-frequency cepstral coefficients with their first and second differences over time."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from pipeline.features.spectra import N_MELS, SAMPLE_RATE_HZ, STFT_PARAMETERS, Spectra
from pipeline.features.view import View, plain_statistics, statistic_columns, statistic_units, summarise

N_MFCC = 20
WIDTH = 9
"""Frames under one difference, 0.21 s: the default of ``librosa.feature.delta``."""

SERIES = tuple(f"{kind}_{i:02d}" for kind in ("mfcc", "mfcc_delta", "mfcc_delta2") for i in range(N_MFCC))


def compute(spectra: Spectra) -> NDArray[np.float32]:
    """Statistics of coefficients 0 to 19, of their delta and delta-delta, shape ``(300,)``."""
    coefficients = _dct_basis() @ spectra.mel_db  # (20, frames)
    return summarise(np.concatenate([coefficients, delta(coefficients, 1), delta(coefficients, 2)]))


def delta(series: NDArray[np.float32], order: int) -> NDArray[np.float32]:
    """Difference of the given order over time, equal to ``librosa.feature.delta(series, order=order)``.

    librosa fits a polynomial of degree ``order`` to each nine frames (Savitzky & Golay 1964) and takes
    its derivative of the same order. That derivative is constant over the nine frames: inside it is a
    correlation with nine weights, and the four frames at either end take their nearest neighbour's.

    Parameters
    ----------
    series
        Shape ``(series, frames)`` with at least nine frames.
    """
    half = WIDTH // 2
    change = np.empty_like(series)
    inside = np.lib.stride_tricks.sliding_window_view(series, WIDTH, axis=1)  # (series, frames - 8, 9)
    change[:, half:-half] = inside @ _delta_weights(order)
    change[:, :half] = change[:, half : half + 1]
    change[:, -half:] = change[:, -half - 1 : -half]
    return change


@lru_cache(maxsize=2)
def _delta_weights(order: int) -> NDArray[np.float64]:
    offsets = np.arange(WIDTH) - WIDTH // 2
    fit = np.linalg.pinv(np.vander(offsets, order + 1, increasing=True))  # (order + 1, 9)
    # The derivative of order n of c x^n is n! c, and 1! and 2! are 1 and 2.
    return fit[order] * order


@lru_cache(maxsize=1)
def _dct_basis() -> NDArray[np.float32]:
    basis = scipy.fft.dct(np.eye(N_MELS), type=2, norm="ortho", axis=0)[:N_MFCC]
    return np.ascontiguousarray(basis, dtype=np.float32)


def reference(samples: NDArray[np.float32]) -> NDArray[np.floating]:
    """:func:`compute` by librosa."""
    import librosa

    mfcc = librosa.feature.mfcc(y=samples, sr=SAMPLE_RATE_HZ, n_mfcc=N_MFCC)
    deltas = [librosa.feature.delta(mfcc, order=order) for order in (1, 2)]
    return plain_statistics(np.concatenate([mfcc, *deltas]))


VIEW = View(
    name="mfcc",
    version=1,
    title="MFCC",
    columns=statistic_columns(SERIES),
    units=statistic_units(["1"] * len(SERIES)),
    parameters={**STFT_PARAMETERS, "n_mels": N_MELS, "n_mfcc": N_MFCC, "dct": "ortho", "delta_width": WIDTH},
    source=(
        "librosa.feature.mfcc, librosa.feature.delta; Davis & Mermelstein 1980, doi:10.1109/TASSP.1980.1163420; "
        "deltas: Furui 1986, doi:10.1109/TASSP.1986.1164788"
    ),
    compute=compute,
    reference=reference,
    tolerance={"1": 1e-3},  # the coefficients are in hundreds
    notes="mfcc_00 follows the overall level; the deltas are per frame of 23.2 ms.",
)
