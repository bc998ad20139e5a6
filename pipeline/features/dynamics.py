"""How loud, how steady, how peaky: levels and zero crossings over time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.features.spectra import HOP_LENGTH, N_FFT, SAMPLE_RATE_HZ, Spectra
from pipeline.features.view import View, plain_statistics, statistic_columns, statistic_units, summarise

FLOOR = 1e-5
"""Levels end at -100 dB, the ``amin`` of ``librosa.amplitude_to_db``."""
SILENCE_DB = -60.0
ZERO = 1e-10
"""Smaller samples count as zero, the ``threshold`` of ``librosa.zero_crossings``."""
SERIES = ("rms_db", "peak_db", "zero_crossing_rate")


def compute(spectra: Spectra) -> NDArray[np.float32]:
    """Statistics of level, peak and zero-crossing rate, then silence share and crest, shape ``(17,)``."""
    samples = spectra.samples
    rms = np.sqrt(_over_frames(np.add, np.square(samples)) / N_FFT)
    peak = _over_frames(np.maximum, np.abs(samples))
    levels = to_db(np.stack([rms, peak]))  # (2, frames)
    crossings = zero_crossing_rate(samples)[np.newaxis]  # (1, frames)
    silent = np.mean(levels[0] < SILENCE_DB)
    crest = to_db(peak.max()) - to_db(np.sqrt(np.mean(np.square(samples))))
    return np.append(summarise(np.concatenate([levels, crossings])), [silent, crest]).astype(np.float32)


def to_db(amplitude: NDArray[np.floating] | np.floating) -> NDArray[np.floating]:
    """``librosa.amplitude_to_db(amplitude, ref=1.0, top_db=None)``."""
    return 20 * np.log10(np.maximum(amplitude, FLOOR))


def zero_crossing_rate(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """``librosa.feature.zero_crossing_rate``: crossings a sample in frames of 2048 every 512, ``(frames,)``.

    librosa repeats the first and last sample beyond the ends, and counts no crossing into a frame.
    """
    negative = samples < -ZERO
    # Between samples i and i + 1 lies place i + 1 + 1024; repeated samples never cross.
    crossed = np.flatnonzero(negative[1:] != negative[:-1]) + N_FFT // 2 + 2
    starts = np.arange(0, len(samples) + 1, HOP_LENGTH)
    first, last = np.searchsorted(crossed, [starts + 1, starts + N_FFT], side="right")
    return ((last - first) / N_FFT).astype(np.float32)


def _over_frames(combine: np.ufunc, values: NDArray[np.float32]) -> NDArray[np.float32]:
    # A frame is four hops: each hop is reduced once, then each four neighbours.
    padded = np.pad(values, (N_FFT // 2, N_FFT // 2))
    whole = len(padded) // HOP_LENGTH
    hops = combine.reduce(padded[: whole * HOP_LENGTH].reshape(whole, HOP_LENGTH), axis=1)  # (hops,)
    per_frame = N_FFT // HOP_LENGTH
    return combine.reduce(np.lib.stride_tricks.sliding_window_view(hops, per_frame), axis=1)  # (frames,)


def reference(samples: NDArray[np.float32]) -> NDArray[np.floating]:
    """:func:`compute` by librosa."""
    import librosa

    def levels(amplitude: NDArray[np.floating] | np.floating) -> NDArray[np.floating]:
        return np.asarray(librosa.amplitude_to_db(np.asarray(amplitude), ref=1.0, top_db=None))

    frames = librosa.util.frame(np.pad(samples, N_FFT // 2), frame_length=N_FFT, hop_length=HOP_LENGTH)
    rms, peak = levels(librosa.feature.rms(y=samples)), levels(np.abs(frames).max(axis=0))
    series = np.concatenate([rms, peak[np.newaxis], librosa.feature.zero_crossing_rate(samples)])
    crest = levels(np.abs(samples).max()) - levels(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
    return np.append(plain_statistics(series), [np.mean(rms < SILENCE_DB), crest])


VIEW = View(
    name="dynamics",
    version=1,
    title="Dynamics",
    columns=(*statistic_columns(SERIES), "silence_share", "crest_db"),
    units=(*statistic_units(["dB", "dB", "1"]), "1", "dB"),
    parameters={
        "sample_rate_hz": SAMPLE_RATE_HZ,
        "frame_length": N_FFT,
        "hop_length": HOP_LENGTH,
        "floor": FLOOR,
        "silence_db": SILENCE_DB,
    },
    source="librosa.feature.rms, librosa.feature.zero_crossing_rate, librosa.amplitude_to_db",
    compute=compute,
    reference=reference,
    notes=(
        "dB are relative to full scale and end at -100. silence_share is the share of frames with an rms "
        "below -60 dB; crest_db is the clip's peak over its rms. Measured at 22,050 Hz, zeros beyond the ends."
    ),
)
