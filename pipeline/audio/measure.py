"""The facts of a recording, measured at its own sample rate before anything is mixed or resampled."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy.fft

from pipeline.audio.recording import Facts, Recording, Samples

SILENCE_DBFS = -60.0
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
    * ``mixdown``: how several channels became the one that every view is computed of.
    """
    levels = recording.levels
    values = levels.samples * levels.channels
    return Facts(
        duration_s=levels.duration_s,
        sample_rate_hz=levels.rate_hz,
        channels=levels.channels,
        codec=recording.codec,
        peak_dbfs=float(20 * np.log10(levels.peak)),
        rms_dbfs=float(10 * np.log10(levels.energy / values)),
        silence_share=float(np.mean(levels.frame_power < 10 ** (SILENCE_DBFS / 10))),
        digital_silence_share=float(np.mean(levels.frame_power == 0)),
        clipped_share=levels.clipped / values,
        bandwidth_hz=_bandwidth_hz(recording),
        dc_offset=float(recording.samples.mean()),
        mixdown=recording.mixdown,
    )


def _bandwidth_hz(recording: Recording) -> float:
    frames, rate_hz = recording.spectrum_frames, recording.levels.rate_hz
    if frames is None:
        return bandwidth_hz(recording.samples, rate_hz)
    return _highest_hz(frames[np.linspace(0, len(frames) - 1, BANDWIDTH_FRAMES).astype(int)], rate_hz)


def bandwidth_hz(mono: Samples, sample_rate_hz: int) -> float:
    """Return the frequency in Hz up to which a recording holds sound.

    The long-term average power spectrum of 32 Hann frames of 2048 samples, evenly spread over the
    recording, gives a level per bin. The bandwidth is the frequency of the highest bin that lies within
    80 dB of the strongest one and above -120 dBFS. A low-pass filter, a codec's cut-off or an earlier,
    lower sample rate shows as a bandwidth below half the rate; so does sound that fades out by itself.
    """
    if len(mono) < BANDWIDTH_FFT:
        mono = np.pad(mono, (0, BANDWIDTH_FFT - len(mono)))
    starts = np.linspace(0, len(mono) - BANDWIDTH_FFT, BANDWIDTH_FRAMES).astype(int)
    frames = np.lib.stride_tricks.sliding_window_view(mono, BANDWIDTH_FFT)[starts]
    return _highest_hz(frames, sample_rate_hz)


def _highest_hz(frames: Samples, sample_rate_hz: int) -> float:
    """The bandwidth of frames ``(frames, 2048)``."""
    spectrum = scipy.fft.rfft(frames * _unit_hann(), axis=1, overwrite_x=True)  # (frames, bins)
    power = np.mean(spectrum.real**2 + spectrum.imag**2, axis=0)  # (bins,)
    threshold = max(power.max() * 10 ** (-BANDWIDTH_RANGE_DB / 10), 10 ** (BANDWIDTH_FLOOR_DBFS / 10))
    loud = np.flatnonzero(power >= threshold)
    return float(loud[-1]) * sample_rate_hz / BANDWIDTH_FFT if len(loud) else 0.0


@lru_cache(maxsize=1)
def _unit_hann() -> Samples:
    # Scaled such that a sine's bin reads the square of its amplitude: levels come out in dBFS.
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(BANDWIDTH_FFT) / BANDWIDTH_FFT)
    return (window * 2 / window.sum()).astype(np.float32)
