"""The fundamental frequency: how high, how much it moves, how often there is one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.features.pyin import Tracker, pyin
from pipeline.features.spectra import N_FFT, SAMPLE_RATE_HZ, Spectra
from pipeline.features.view import View

FMIN_HZ = 65.41
FMAX_HZ = 783.99
"""C2 to G5: voices from a deep bass to a child's shout. The time grows with the square of the range."""
HOP_LENGTH = 1024
RESOLUTION_SEMITONES = 0.25
TRACKER = Tracker(SAMPLE_RATE_HZ, FMIN_HZ, FMAX_HZ, N_FFT, HOP_LENGTH, RESOLUTION_SEMITONES)

F0_COLUMNS = ("f0_p50_hz", "f0_p10_hz", "f0_p90_hz", "f0_spread_semitones")


def compute(spectra: Spectra) -> NDArray[np.float32]:
    """Median, 10th and 90th percentile and spread of F0 over the voiced frames, and their share, ``(5,)``.

    The spread is the standard deviation in semitones, such that it means the same for high and low
    voices. Without a voiced frame the first four are NaN.
    """
    f0_hz, voiced = pyin(spectra.samples, TRACKER)
    if not voiced.any():
        return np.array([np.nan] * len(F0_COLUMNS) + [0.0], dtype=np.float32)
    p10, p50, p90 = np.percentile(f0_hz[voiced], [10, 50, 90])
    spread = np.std(12 * np.log2(f0_hz[voiced]))
    return np.array([p50, p10, p90, spread, voiced.mean()], dtype=np.float32)


def reference(samples: NDArray[np.float32]) -> NDArray[np.floating]:
    """:func:`compute` by librosa."""
    import librosa

    f0_hz, voiced, _ = librosa.pyin(
        samples,
        fmin=FMIN_HZ,
        fmax=FMAX_HZ,
        sr=SAMPLE_RATE_HZ,
        hop_length=HOP_LENGTH,
        resolution=RESOLUTION_SEMITONES,
    )
    f0_hz = f0_hz[voiced]
    if not len(f0_hz):
        return np.array([np.nan] * len(F0_COLUMNS) + [0.0])
    return np.array([*np.percentile(f0_hz, [50, 10, 90]), np.std(12 * np.log2(f0_hz)), voiced.mean()])


VIEW = View(
    name="pitch",
    version=1,
    title="Pitch",
    columns=(*F0_COLUMNS, "voiced_share"),
    units=("Hz", "Hz", "Hz", "semitones", "1"),
    parameters={
        "sample_rate_hz": SAMPLE_RATE_HZ,
        "fmin_hz": FMIN_HZ,
        "fmax_hz": FMAX_HZ,
        "frame_length": N_FFT,
        "hop_length": HOP_LENGTH,
        "resolution": RESOLUTION_SEMITONES,
    },
    may_be_nan=frozenset(F0_COLUMNS),
    source="librosa.pyin; Mauch & Dixon 2014, doi:10.1109/ICASSP.2014.6853678",
    compute=compute,
    reference=reference,
    notes=(
        "The four F0 columns are NaN where no frame is voiced. F0 is sought from C2 (65 Hz) to G5 (784 Hz) in "
        "steps of a quarter semitone; for a sound with several pitches it is at best one of them."
    ),
)
