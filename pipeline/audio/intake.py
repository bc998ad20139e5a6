"""Blocks of a recording as they are read: measured over all channels, mixed down, never held as a whole."""

from __future__ import annotations

import numpy as np
import soxr

from pipeline.audio.recording import (
    BLOCK_VALUES,
    MAX_VALUES,
    AudioError,
    Levels,
    Recording,
    Samples,
    frame_samples,
    peak_of,
    to_mono,
    too_long,
)

CLIPPED_AT = 0.999
"""A little below full scale: a clipped recording that went through a codec no longer sits exactly on it."""
CANCELLED_SHARE = 0.1
"""The powers of channels that have nothing in common add up when they are mixed.

Where the mix has less than a tenth of that sum (10 dB), most of the sound cancels out, as in stereo of a correlation
below -0.9. Two microphones do not record a scene so; a cable with its poles reversed does.
"""
MAX_HELD = 2**25
"""Mono samples: 128 MiB. Ten minutes at 48 kHz are 29 million."""
HELD_RATE_HZ = 48_000
"""What a longer recording of a higher rate is held at: every view is computed at less than half of it."""
SPECTRUM_FRAME = 2048


class Intake:
    """Takes the blocks of one recording.

    Parameters
    ----------
    rate_hz, channels : int
        Of the recording.
    limit_s : float
        A longer recording is refused as soon as it is longer.
    channel : int, optional
        Use this channel alone; without it, the mean of all.
    keep : bool
        Whether the mono samples are kept.
    """

    def __init__(
        self, rate_hz: int, channels: int, *, limit_s: float, channel: int | None = None, keep: bool = True
    ) -> None:
        self.rate_hz, self.channels, self.limit_s = rate_hz, channels, limit_s
        self.channel, self.keep = channel, keep
        self.samples = 0
        self._peak, self._clipped, self._rest_energy = 0.0, 0, 0.0
        self._frame_energy: list[Samples] = []
        self._mix_energy = 0.0
        self._channel_energy = np.zeros(channels)
        self._held = _Held(limit_s, rate_hz)
        self._spectrum_frames: list[Samples] = []

    def add(self, block: Samples) -> Samples:
        """Take a block and give it back as mono, shape ``(samples,)``.

        Raises
        ------
        AudioError
            The recording is longer than the limit, or holds too many values.
        """
        self.samples += len(block)
        if self.samples > self.limit_s * self.rate_hz:
            raise too_long(self.limit_s)
        if self.samples * self.channels > MAX_VALUES:
            raise AudioError(
                f"The recording holds more than {MAX_VALUES:,} values in {self.channels} channels; expected at "
                "most that: cut it into shorter clips or mix it down.",
                "check",
            )
        # What is beyond 32 bits is refused when all is read, with a sentence; numpy would warn here.
        with np.errstate(over="ignore", invalid="ignore"):
            mono = to_mono(block) if self.channel is None else block[:, self.channel].copy()
            if len(block):
                self._measure(block, mono)
        if self.keep:
            if self.rate_hz > HELD_RATE_HZ:
                self._keep_spectrum_frames(mono)
            self._held.add(mono)
        return mono

    def _measure(self, block: Samples, mono: Samples) -> None:
        values = block.reshape(-1)  # (samples * channels,): interleaved, so that frames stay frames
        peak = peak_of(values)
        self._peak = float(np.maximum(self._peak, peak))
        if peak >= CLIPPED_AT:
            self._clipped += int(np.count_nonzero(np.abs(values) >= CLIPPED_AT))
        frame = frame_samples(self.rate_hz) * self.channels
        whole = len(values) // frame * frame
        frames = values[:whole].reshape(-1, frame)
        self._frame_energy.append(np.einsum("ij,ij->i", frames, frames))
        rest = values[whole:]
        self._rest_energy += float(rest @ rest)
        if self.channels > 1:
            self._mix_energy += float(np.einsum("i,i->", mono, mono))
            self._channel_energy += np.einsum("ij,ij->j", block, block)

    def _keep_spectrum_frames(self, mono: Samples) -> None:
        """A frame a second: what lies above half of 48 kHz could not be measured any more."""
        begin = self.samples - len(mono)
        for start in range(-begin % self.rate_hz, len(mono) - SPECTRUM_FRAME + 1, self.rate_hz):
            self._spectrum_frames.append(mono[start : start + SPECTRUM_FRAME].copy())

    @property
    def levels(self) -> Levels:
        """Of all that was taken so far."""
        energy: Samples = np.concatenate([*self._frame_energy, np.empty(0, dtype=np.float32)])
        return Levels(
            rate_hz=self.rate_hz,
            channels=self.channels,
            samples=self.samples,
            peak=self._peak,
            energy=float(energy.sum(dtype=np.float64)) + self._rest_energy,
            frame_power=energy / np.float32(frame_samples(self.rate_hz) * self.channels),
            clipped=self._clipped,
        )

    @property
    def cancels(self) -> bool:
        """Whether the mean of the channels loses most of the sound."""
        unrelated = float(self._channel_energy.sum()) / self.channels**2
        return self.channel is None and self.channels > 1 and self._mix_energy < CANCELLED_SHARE * unrelated

    @property
    def loudest(self) -> int:
        """The number of the channel with the most power, from 0."""
        return int(np.argmax(self._channel_energy))

    @property
    def mixdown(self) -> str | None:
        """How the channels became one, for a person."""
        if self.channels == 1:
            return None
        if self.channel is None:
            return f"mean of {self.channels} channels"
        return f"channel {self.channel + 1} alone: mixed down, the channels would cancel each other out"

    def recording(self, codec: str) -> Recording:
        """All that was taken, as one; nothing can be added afterwards."""
        samples, rate_hz = self._held.all(), self._held.rate_hz
        frames = None if rate_hz == self.rate_hz else np.stack(self._spectrum_frames)
        return Recording(samples, rate_hz, codec, self.levels, self.mixdown, frames)


class _Held:
    """Mono samples, one after the other; resampled from the moment on when they are too many."""

    def __init__(self, limit_s: float, rate_hz: int) -> None:
        self.rate_hz, self._limit_s = rate_hz, limit_s
        self._first: Samples | None = None
        self._samples: Samples | None = None
        self._count = 0
        self._resampler: soxr.ResampleStream | None = None

    def add(self, samples: Samples) -> None:
        if self._samples is None and self._first is None:
            self._first = samples  # of most clips it is the only block
            return
        if self._samples is None and self._first is not None:
            # Memory that is not written to yet is not taken from anybody.
            self._samples = np.empty(min(round(self._limit_s * self.rate_hz) + 1, MAX_HELD), dtype=np.float32)
            first, self._first = self._first, None
            self._append(first)
        self._append(samples)

    def _append(self, samples: Samples) -> None:
        assert self._samples is not None
        if self._resampler is None and self._count + len(samples) > len(self._samples):
            self._turn_down(self._samples[: self._count])
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples)
        self._write(samples)

    def _turn_down(self, held: Samples) -> None:
        """Go on at 48 kHz, and bring what there is to it."""
        self._resampler = soxr.ResampleStream(self.rate_hz, HELD_RATE_HZ, 1, dtype="float32", quality="HQ")
        self.rate_hz, self._count = HELD_RATE_HZ, 0
        self._samples = np.empty(round(self._limit_s * HELD_RATE_HZ) + HELD_RATE_HZ, dtype=np.float32)
        for start in range(0, len(held), BLOCK_VALUES):
            self._write(self._resampler.resample_chunk(held[start : start + BLOCK_VALUES]))

    def _write(self, samples: Samples) -> None:
        assert self._samples is not None
        self._samples[self._count : self._count + len(samples)] = samples
        self._count += len(samples)

    def all(self) -> Samples:
        """What was added, at :attr:`rate_hz`."""
        if self._resampler is not None:
            self._write(self._resampler.resample_chunk(np.empty(0, dtype=np.float32), last=True))
        if self._samples is not None:
            return self._samples[: self._count]
        return np.empty(0, dtype=np.float32) if self._first is None else self._first
