"""The facts of a recording, measured at its own sample rate before anything is mixed or resampled."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from pipeline.audio.decode import Facts, Recording, peak_of, to_mono

FRAME_S = 0.025
SILENCE_DBFS = -60.0
CLIPPED_AT = 0.999
"""A little below full scale: a clipped recording that went through a codec no longer sits exactly on it."""

BANDWIDTH_FFT = 2048
BANDWIDTH_FRAMES = 32
BANDWIDTH_RANGE_DB = 80.0
BANDWIDTH_FLOOR_DBFS = -120.0
"""Above what rounding to 16 bits leaves in each of the 1,025 bins, about -126 dBFS."""


def measure(recording: Recording) -> Facts:
    """Measure a checked recording.

    Levels take all channels together, and full scale is 1:

    * ``peak_dbfs``, ``rms_dbfs``: of the largest magnitude, of the root mean square.
    * ``silence_share``: share of the 25 ms frames whose root mean square is below -60 dBFS.
    * ``digital_silence_share``: share of the 25 ms frames in which every sample is exactly zero.
    * ``clipped_share``: share of samples of magnitude 0.999 or more.
    * ``dc_offset``: mean of the mono mix.
    * ``bandwidth_hz``: see :func:`bandwidth_hz`.
    """
    mono = to_mono(recording.samples)
    values = recording.samples.reshape(-1)  # (samples * channels,): interleaved, so that frames stay frames
    peak = peak_of(values)
    energy, frame_power = _frame_power(values, round(FRAME_S * recording.sample_rate_hz) * recording.channels)
    return Facts(
        duration_s=len(mono) / recording.sample_rate_hz,
        sample_rate_hz=recording.sample_rate_hz,
        channels=recording.channels,
        codec=recording.codec,
        peak_dbfs=float(20 * np.log10(peak)),
        rms_dbfs=float(10 * np.log10(energy / len(values))),
        silence_share=float(np.mean(frame_power < 10 ** (SILENCE_DBFS / 10))),
        digital_silence_share=float(np.mean(frame_power == 0)),
        clipped_share=float(np.mean(np.abs(values) >= CLIPPED_AT)) if peak >= CLIPPED_AT else 0.0,
        bandwidth_hz=bandwidth_hz(mono, recording.sample_rate_hz),
        dc_offset=float(mono.mean()),
    )


def bandwidth_hz(mono: NDArray[np.float32], sample_rate_hz: int) -> float:
    """Return the frequency in Hz up to which a recording holds sound.

    The long-term average power spectrum of 32 Hann frames of 2048 samples, evenly spread over the
    recording, gives a level per bin. The bandwidth is the frequency of the highest bin that lies within
    80 dB of the strongest one and above -120 dBFS. A low-pass filter, a codec's cut-off or an earlier,
    lower sample rate shows as a bandwidth below half the rate; so does sound that fades out by itself.
    """
    if len(mono) < BANDWIDTH_FFT:
        mono = np.pad(mono, (0, BANDWIDTH_FFT - len(mono)))
    starts = np.linspace(0, len(mono) - BANDWIDTH_FFT, BANDWIDTH_FRAMES).astype(int)
    frames = np.lib.stride_tricks.sliding_window_view(mono, BANDWIDTH_FFT)[starts] * _unit_hann()
    spectrum = scipy.fft.rfft(frames, axis=1, overwrite_x=True)  # (frames, bins)
    power = np.mean(spectrum.real**2 + spectrum.imag**2, axis=0)  # (bins,)
    threshold = max(power.max() * 10 ** (-BANDWIDTH_RANGE_DB / 10), 10 ** (BANDWIDTH_FLOOR_DBFS / 10))
    loud = np.flatnonzero(power >= threshold)
    return float(loud[-1]) * sample_rate_hz / BANDWIDTH_FFT if len(loud) else 0.0


def _frame_power(values: NDArray[np.float32], frame: int) -> tuple[float, NDArray[np.float32]]:
    whole = len(values) // frame * frame
    frames = values[:whole].reshape(-1, frame)  # (frames, frame)
    energy = np.einsum("ij,ij->i", frames, frames)
    rest = values[whole:]
    return float(energy.sum(dtype=np.float64) + rest @ rest), energy / frame


@lru_cache(maxsize=1)
def _unit_hann() -> NDArray[np.float32]:
    # Scaled such that a sine's bin reads the square of its amplitude: levels come out in dBFS.
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(BANDWIDTH_FFT) / BANDWIDTH_FFT)
    return (window * 2 / window.sum()).astype(np.float32)
