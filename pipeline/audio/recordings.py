"""What a decoded file is, what is known of it, and what makes it unusable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from store.errors import SesatlasError

MIN_DURATION_S = 0.2
"""Delta coefficients need nine frames of the analysis: 0.2 s."""
MAX_DURATION_S = 600.0
MAX_VALUES = 2**27
"""Samples times channels held at once: 512 MiB of float32."""
MIN_SAMPLE_RATE_HZ = 4_000
MAX_SAMPLE_RATE_HZ = 384_000
SILENCE_PEAK_DBFS = -90.0
"""One step of 16 bits is -90.3 dBFS: what stays below holds no sound."""


class AudioError(SesatlasError):
    """A file that gives no usable samples; ``stage`` says whether reading or checking refused it."""

    def __init__(self, reason: str, stage: Literal["decode", "check"] = "decode") -> None:
        super().__init__(reason)
        self.stage: Literal["decode", "check"] = stage


@dataclass(frozen=True, slots=True)
class Recording:
    """A decoded and checked file.

    ``samples`` is float32, full scale 1, shape ``(samples,)`` for one channel and
    ``(samples, channels)`` for more; ``codec`` reads like ``WAV PCM_16`` or ``MP4 AAC``.
    """

    samples: NDArray[np.float32]
    sample_rate_hz: int
    channels: int
    codec: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a recording at its own sample rate; :func:`pipeline.audio.measure.measure` defines each."""

    duration_s: float
    sample_rate_hz: int
    channels: int
    codec: str
    peak_dbfs: float
    rms_dbfs: float
    silence_share: float
    digital_silence_share: float
    clipped_share: float
    bandwidth_hz: float
    dc_offset: float


def check_header(sample_rate_hz: int, channels: int, samples: int) -> None:
    """Refuse a rate or a length that no view is made for; ``samples`` counts those of one channel.

    Raises
    ------
    AudioError
        Stage ``"check"``.
    """
    if not MIN_SAMPLE_RATE_HZ <= sample_rate_hz <= MAX_SAMPLE_RATE_HZ:
        raise AudioError(
            f"The sample rate is {sample_rate_hz:,} Hz; expected {MIN_SAMPLE_RATE_HZ:,} to "
            f"{MAX_SAMPLE_RATE_HZ:,} Hz: resample the recording.",
            "check",
        )
    if samples > MAX_DURATION_S * sample_rate_hz:
        raise AudioError(
            f"The recording lasts more than {samples / sample_rate_hz / 60:.1f} min; expected at most "
            f"{MAX_DURATION_S / 60:.0f} min: cut it into shorter clips.",
            "check",
        )
    if samples * channels > MAX_VALUES:
        raise AudioError(
            f"The recording holds {samples * channels:,} values in {channels} channels; expected at most "
            f"{MAX_VALUES:,}: cut it into shorter clips or mix it down.",
            "check",
        )


def check_samples(samples: NDArray[np.float32], mono: NDArray[np.float32], sample_rate_hz: int) -> None:
    """Refuse samples that no view can be computed of; ``mono`` is their mixdown.

    Raises
    ------
    AudioError
        Stage ``"check"``: nothing in it, too short, NaN or infinite, silent.
    """
    duration_s = len(samples) / sample_rate_hz
    if duration_s < MIN_DURATION_S:
        raise AudioError(
            f"The recording lasts {duration_s:.3f} s ({len(samples)} samples); "
            f"expected at least {MIN_DURATION_S} s.",
            "check",
        )
    # NaN passes through min and max, so the peak tells of every sample without a mask over them.
    peak = peak_of(samples)
    if not np.isfinite(peak):
        raise AudioError(
            "Some samples are NaN or infinite; expected finite values: export the recording again.", "check"
        )
    limit = 10 ** (SILENCE_PEAK_DBFS / 20)
    if peak < limit:
        raise AudioError(
            f"The recording is digital silence (peak below {SILENCE_PEAK_DBFS:.0f} dBFS); expected sound.",
            "check",
        )
    if mono is not samples and peak_of(mono) < limit:
        raise AudioError(
            "The channels cancel each other out when mixed down; expected channels in phase: "
            "invert one of them or keep only one.",
            "check",
        )


def peak_of(samples: NDArray[np.float32]) -> float:
    """The largest magnitude, full scale 1; NaN when any sample is NaN."""
    return float(np.maximum(samples.max(), -samples.min()))
