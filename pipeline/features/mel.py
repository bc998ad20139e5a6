"""The average spectrum and how much it moves, on the mel scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.features.spectra import SAMPLE_RATE_HZ, STFT_PARAMETERS, Spectra, mel_bank, power_to_db
from pipeline.features.view import View

N_MELS = 64


def compute(spectra: Spectra) -> NDArray[np.float32]:
    """Mean and standard deviation over time of the level of 64 mel bands in dB, shape ``(128,)``."""
    levels = power_to_db(spectra.through(mel_bank(N_MELS)))  # (64, frames)
    return np.stack([levels.mean(axis=1), levels.std(axis=1)], axis=1).reshape(-1)  # (64 * 2,)


def reference(samples: NDArray[np.float32]) -> NDArray[np.floating]:
    """:func:`compute` by librosa."""
    import librosa

    power = librosa.feature.melspectrogram(y=samples, sr=SAMPLE_RATE_HZ, n_mels=N_MELS)
    levels = librosa.power_to_db(power)
    return np.stack([levels.mean(axis=1), levels.std(axis=1)], axis=1).ravel()


VIEW = View(
    name="mel",
    version=1,
    title="Mel spectrum",
    columns=tuple(f"mel_{band:02d}_{statistic}" for band in range(N_MELS) for statistic in ("mean", "std")),
    units=("dB",) * (2 * N_MELS),
    parameters={**STFT_PARAMETERS, "n_mels": N_MELS, "top_db": 80.0},
    source="librosa.feature.melspectrogram, librosa.power_to_db; Slaney 1998, Auditory Toolbox, report 1998-010",
    compute=compute,
    reference=reference,
    notes="Levels more than 80 dB below the clip's loudest are raised to that floor.",
)
