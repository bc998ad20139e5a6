"""What the decoder gives: samples, levels and facts of a recording, and the error of a file that gives none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from store.errors import SesatlasError

Samples = NDArray[np.float32]

MIN_DURATION_S = 0.2
"""Delta coefficients need nine frames of the analysis: 0.2 s."""
MAX_DURATION_S = 600.0
MAX_VALUES = 2**30
"""Samples times channels that are read of one file: some ten seconds of work. They are never held at once."""
MIN_SAMPLE_RATE_HZ = 4_000
MAX_SAMPLE_RATE_HZ = 384_000
SILENCE_PEAK_DBFS = -90.0
"""One step of 16 bits is -90.3 dBFS: what stays below holds no sound."""
MAX_PEAK = 10.0
"""Twenty decibels over full scale. A mix in floating point may pass full scale; integers do by far more."""
TRUNCATED_SHARE = 0.95
"""Less of the samples that a header promises is a file cut off; a little less is an encoder's rounding."""
ROUNDING_S = 0.1
"""What encoders add at either end, a header may count or not: of a short file that is more than a share."""

FRAME_S = 0.025
"""Levels are taken over frames of this length."""
BLOCK_VALUES = 2**20
"""Samples times channels that are decoded at once: 4 MiB of float32. Clips of some seconds are one block."""


class AudioError(SesatlasError):
    """A file that gives no usable samples; ``stage`` says whether reading or checking refused it."""

    def __init__(self, reason: str, stage: Literal["decode", "check"] = "decode") -> None:
        super().__init__(reason)
        self.stage: Literal["decode", "check"] = stage


class UnreadableError(Exception):
    """A back end can make nothing of a file; another may."""


class Sound(Protocol):
    """A file that a back end has opened: what its header says, and its samples from front to back."""

    rate_hz: int
    channels: int
    codec: str
    """As ``WAV PCM_16`` or ``MP4 AAC``."""
    promised_s: float | None
    """What the header promises; None where it promises nothing."""
    damaged: int
    """Pieces that could not be decoded so far."""
    lost_s: float
    """How long they were."""

    def blocks(self) -> Iterator[Samples]:
        """Float32, full scale 1: ``(samples,)`` of one channel, else ``(samples, channels)``.

        Each but the last holds :func:`block_samples`. Raises :class:`UnreadableError`.
        """


@dataclass(frozen=True, slots=True)
class Levels:
    """What was counted over all channels, at a recording's own rate, while it was read."""

    rate_hz: int
    channels: int
    samples: int
    """Of one channel."""
    peak: float
    energy: float
    frame_power: Samples
    """Mean square of each frame of 25 ms, shape ``(frames,)``."""
    clipped: int
    """Values of magnitude 0.999 or more."""

    @property
    def duration_s(self) -> float:
        return self.samples / self.rate_hz


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A file that was read to its end and checked.

    ``samples`` is mono, float32, full scale 1, shape ``(samples,)``, at ``sample_rate_hz``: the recording's own
    rate, or 48 kHz where a long recording of a higher rate would not fit into memory. ``levels`` are those of
    all channels at its own rate.
    """

    samples: Samples
    sample_rate_hz: int
    codec: str
    levels: Levels
    mixdown: str | None = None
    """How several channels became one, for a person; None of a recording with one channel."""
    spectrum_frames: Samples | None = None
    """Frames of 2048 samples at the recording's own rate, where ``samples`` no longer have it."""

    @property
    def channels(self) -> int:
        return self.levels.channels


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
    mixdown: str | None = None


def frame_samples(rate_hz: int) -> int:
    """The length of a frame of 25 ms."""
    return round(FRAME_S * rate_hz)


def block_samples(rate_hz: int, channels: int) -> int:
    """How many samples of each channel a block holds: whole frames, some 4 MiB."""
    frame = frame_samples(rate_hz)
    return max(BLOCK_VALUES // channels // frame, 1) * frame


def to_mono(samples: Samples) -> Samples:
    """Mean of the channels, as ``librosa.to_mono``, of shape ``(samples,)`` or ``(samples, channels)``."""
    if samples.ndim == 1:
        return samples
    # Channel by channel: a mean along so short an axis takes ten times as long.
    mono = samples[:, 0].copy()  # (samples,)
    for channel in range(1, samples.shape[1]):
        mono += samples[:, channel]
    return mono / np.float32(samples.shape[1])


def peak_of(samples: Samples) -> float:
    """The largest magnitude, full scale 1; NaN when any sample is NaN."""
    return float(np.maximum(samples.max(), -samples.min()))


def check_rate(sample_rate_hz: int) -> None:
    """Refuse a sample rate that no view is made for. Raises :class:`AudioError`, stage ``"check"``."""
    if not MIN_SAMPLE_RATE_HZ <= sample_rate_hz <= MAX_SAMPLE_RATE_HZ:
        raise AudioError(
            f"The sample rate is {sample_rate_hz:,} Hz; expected {MIN_SAMPLE_RATE_HZ:,} to "
            f"{MAX_SAMPLE_RATE_HZ:,} Hz: resample the recording.",
            "check",
        )


def check_levels(levels: Levels) -> None:
    """Refuse samples that no view can be computed of.

    Raises
    ------
    AudioError
        Stage ``"check"``: nothing in it, too short, NaN or infinite, far beyond full scale, silent.
    """
    if levels.duration_s < MIN_DURATION_S:
        raise AudioError(
            f"The recording lasts {levels.duration_s:.3f} s ({levels.samples} samples); "
            f"expected at least {MIN_DURATION_S} s.",
            "check",
        )
    # NaN passes through min and max, so the peak covers every sample without a mask over them.
    if not np.isfinite(levels.peak):
        raise AudioError(
            "Some samples are NaN or infinite, or too large for 32 bits; expected values from -1 to 1: "
            "export the recording again.",
            "check",
        )
    if levels.peak > MAX_PEAK:
        reached = f"{levels.peak:,.0f}" if levels.peak < 1e9 else f"{levels.peak:.0e}"
        raise AudioError(
            f"Values reach {reached}; expected -1 to 1: were integers saved as float? "
            "Divide them by the largest integer and save the recording again.",
            "check",
        )
    if levels.peak < 10 ** (SILENCE_PEAK_DBFS / 20):
        raise AudioError(
            f"The recording is digital silence (peak below {SILENCE_PEAK_DBFS:.0f} dBFS); expected sound.",
            "check",
        )


def is_short(found_s: float, promised_s: float) -> bool:
    """Whether so much of what was promised is missing that it is no rounding."""
    return found_s < promised_s * TRUNCATED_SHARE and promised_s - found_s > ROUNDING_S


def cut_off(found_s: float, promised_s: float) -> AudioError:
    """A file that ends before it should."""
    return AudioError(
        f"The file ends after {found_s:,.1f} s; expected the {promised_s:,.1f} s that its header promises: "
        "copy it again."
    )


def cut_off_bytes(found: int, promised: int) -> AudioError:
    """A file that ends before it should, where nobody can say how much sound that is."""
    return AudioError(
        f"The file ends after {found:,} bytes; expected the {promised:,} that its header promises: copy it again."
    )


def too_long(limit_s: float, lasts_s: float | None = None) -> AudioError:
    """A recording above the limit; ``lasts_s`` where that is known without reading further."""
    lasts = f"{lasts_s / 60:,.1f} min" if lasts_s else f"more than {limit_s / 60:,.0f} min"
    return AudioError(
        f"The recording lasts {lasts}; expected at most {limit_s / 60:,.0f} min: cut it into shorter clips.",
        "check",
    )
