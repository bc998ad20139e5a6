"""How the energy is shared among the twelve pitch classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.features.spectra import SAMPLE_RATE_HZ, STFT_PARAMETERS, Spectra, chroma_bank
from pipeline.features.view import View, plain_statistics, statistic_columns, statistic_units, summarise

PITCH_CLASSES = ("c", "c_sharp", "d", "d_sharp", "e", "f", "f_sharp", "g", "g_sharp", "a", "a_sharp", "b")


def compute(spectra: Spectra) -> NDArray[np.float32]:
    """Statistics of the twelve pitch classes, each frame scaled to a largest of 1, shape ``(60,)``."""
    chroma = spectra.through(chroma_bank())  # (12, frames)
    largest = chroma.max(axis=0)
    # A frame without any energy stays at zero, as in librosa.util.normalize.
    largest[largest < np.finfo(np.float32).tiny] = 1.0
    chroma /= largest
    return summarise(chroma)


def reference(samples: NDArray[np.float32]) -> NDArray[np.floating]:
    """:func:`compute` by librosa."""
    import librosa

    return plain_statistics(librosa.feature.chroma_stft(y=samples, sr=SAMPLE_RATE_HZ, tuning=0.0))


VIEW = View(
    name="chroma",
    version=1,
    title="Chroma",
    columns=statistic_columns([f"chroma_{name}" for name in PITCH_CLASSES]),
    units=statistic_units(["1"] * len(PITCH_CLASSES)),
    parameters={**STFT_PARAMETERS, "n_chroma": len(PITCH_CLASSES), "tuning": 0.0, "norm": "inf"},
    source="librosa.feature.chroma_stft; Ellis 2007, Chroma feature analysis and synthesis",
    compute=compute,
    reference=reference,
    notes=(
        "The tuning is fixed at A4 = 440 Hz (tuning=0.0). librosa by default estimates it for each clip, "
        "which takes half the time of all features and means nothing for sound without pitch."
    ),
)
