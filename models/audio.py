"""Frames of any rate and format to one stream of 16 kHz mono, and a ring that keeps the newest samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

Samples = NDArray[np.float32]


class Ring:
    """
    Keeps the newest ``capacity`` samples; the oldest make room for new ones.

    One thread at a time: it locks nothing. ``written`` counts all samples that ever came in, so that a sample has the
    same number for as long as it is kept.
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"The ring has room for {capacity} samples; expected 1 or more.")
        self.capacity, self.written = capacity, 0
        self._first = 0
        self._samples: Samples = np.zeros(capacity, dtype=np.float32)

    def __len__(self) -> int:
        """How many samples are kept."""
        return self.written - self.oldest

    @property
    def oldest(self) -> int:
        """The number of the oldest sample that is kept; ``written`` where none is."""
        return max(self._first, self.written - self.capacity)

    def push(self, samples: Samples) -> None:
        """Add samples (n,), float32; of more than there is room for, the last are kept."""
        kept = samples[-self.capacity :]
        start = (self.written + len(samples) - len(kept)) % self.capacity
        before_end = min(len(kept), self.capacity - start)
        self._samples[start : start + before_end] = kept[:before_end]
        self._samples[: len(kept) - before_end] = kept[before_end:]
        self.written += len(samples)

    def window(self, start: int, stop: int) -> Samples:
        """
        Samples number ``start`` to ``stop``, a copy (stop - start,).

        Raises
        ------
        IndexError
            Some of them are no longer there, or not yet.
        """
        if not self.oldest <= start <= stop <= self.written:
            raise IndexError(
                f"Samples {start} to {stop} were asked for; the ring has {self.oldest} to {self.written}."
            )
        return self._samples[np.arange(start, stop) % self.capacity]

    def all(self) -> Samples:
        """All samples that are kept, oldest first, a copy."""
        return self.window(self.oldest, self.written)

    def keep(self, newest: int) -> None:
        """Forget all but the ``newest`` samples; of fewer that there are, none is forgotten."""
        self._first = max(self.oldest, self.written - newest)

    def clear(self) -> None:
        """Forget all samples; those to come are numbered on."""
        self.keep(0)


LOWEST_HZ, HIGHEST_HZ = 4_000, 384_000
FULL_SCALE = {"int16": 2**15, "int32": 2**31, "uint8": 2**7}


class SoundError(ValueError):
    """A frame that is no sound."""


def mono(frame: NDArray[Any]) -> Samples:
    """
    Any sound as float32 (samples,), full scale 1.

    Parameters
    ----------
    frame : ndarray
        (samples,) or (samples, channels); int16, int32, uint8 around 128, or float. Channels are averaged. What is
        no number counts as silence, what is beyond full scale as full scale: a stream must not end with one bad frame.

    Raises
    ------
    SoundError
        Another shape or type.
    """
    if frame.ndim not in (1, 2) or (frame.ndim == 2 and frame.shape[1] < 1):
        raise SoundError(
            f"The frame has the shape {frame.shape}; expected (samples,) or (samples, channels)."
        )
    kind = frame.dtype.name
    if kind in FULL_SCALE:
        values = (frame.astype(np.float64) - (128 if kind == "uint8" else 0)) / FULL_SCALE[kind]
    elif frame.dtype.kind == "f":
        values = np.clip(np.nan_to_num(frame.astype(np.float64), posinf=0.0, neginf=0.0), -1, 1)
    else:
        raise SoundError(f"The frame holds {kind}; expected int16, int32, uint8 or float samples.")
    return (values if values.ndim == 1 else values.mean(1)).astype(np.float32)


class Resampler:
    """
    Frames in, 16 kHz mono out, the same samples whatever the frames were cut into.

    What it holds back until more has come is at most 40 ms from 22.05 kHz on. A frame of another rate ends one sound
    and begins another.
    """

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self._from_hz = 0
        self._stream: soxr.ResampleStream | None = None

    def feed(self, frame: NDArray[Any], from_hz: int) -> Samples:
        """
        A frame as ``mono`` takes it -> float32 (samples,), all that is ready, perhaps nothing.

        Raises
        ------
        SoundError
            The frame is no sound, or its rate none.
        """
        samples = mono(frame)
        if not LOWEST_HZ <= from_hz <= HIGHEST_HZ:
            raise SoundError(
                f"The frame has {from_hz} samples a second; expected {LOWEST_HZ} to {HIGHEST_HZ}."
            )
        before = self.finish() if from_hz != self._from_hz else samples[:0]
        if self._stream is None:
            self._stream, self._from_hz = (
                soxr.ResampleStream(from_hz, self.rate_hz, 1, dtype="float32"),
                from_hz,
            )
        ready: Samples = self._stream.resample_chunk(samples)
        return np.concatenate([before, ready])

    def finish(self) -> Samples:
        """What was held back (samples,); after it, another sound may begin."""
        rest = np.zeros(0, dtype=np.float32)
        if self._stream is not None:
            rest = self._stream.resample_chunk(rest, last=True)
        self._stream, self._from_hz = None, 0
        return rest
