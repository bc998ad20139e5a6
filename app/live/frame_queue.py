"""From the thread that receives sound to the one that listens: the newest frames, never more than there is room for."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_FRAMES = 100
"""2 s of the 20 ms frames that browsers send. Whoever lags further behind should hear the present."""
MAX_BYTES = 4 * 2**20
"""What a frame may be is up to the sender, so their number alone bounds nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class QueuedFrame:
    """A frame of its own memory, its samples a second, and when it was put, on the queue's clock."""

    frame: NDArray[Any]
    rate_hz: int
    put_at_s: float


class FrameQueue:
    """
    First in, first out, for any threads; where it is full the oldest frame makes room for the newest.

    Parameters
    ----------
    clock : callable
        Seconds that only ever rise.
    """

    def __init__(
        self,
        max_frames: int = MAX_FRAMES,
        max_bytes: int = MAX_BYTES,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        if max_frames < 1 or max_bytes < 1:
            raise ValueError(
                f"The queue has room for {max_frames} frames of {max_bytes} bytes in all; expected 1 or more."
            )
        self.max_frames, self.max_bytes, self.clock = max_frames, max_bytes, clock
        self._waiting: deque[QueuedFrame] = deque()
        self._bytes, self._came, self._dropped = 0, 0, 0
        self._last_at_s: float | None = None
        self._closed = False
        self._changed = Condition()

    def __len__(self) -> int:
        """How many frames wait."""
        with self._changed:
            return len(self._waiting)

    @property
    def came(self) -> int:
        """How many frames were put, those that were dropped among them."""
        return self._came

    @property
    def dropped(self) -> int:
        """How many frames were dropped because newer ones needed their room."""
        return self._dropped

    @property
    def last_at_s(self) -> float | None:
        """When the newest frame was put; None before the first."""
        return self._last_at_s

    @property
    def closed(self) -> bool:
        return self._closed

    def put(self, frame: NDArray[Any], rate_hz: int) -> None:
        """Add a copy of a frame; the caller may use its memory again. Nothing happens once the queue is closed."""
        waiting = QueuedFrame(np.array(frame), rate_hz, self.clock())
        with self._changed:
            if self._closed:
                return
            self._waiting.append(waiting)
            self._bytes += waiting.frame.nbytes
            self._came, self._last_at_s = self._came + 1, waiting.put_at_s
            while len(self._waiting) > self.max_frames or self._bytes > self.max_bytes:
                self._bytes -= self._waiting.popleft().frame.nbytes
                self._dropped += 1
            self._changed.notify()

    def get(self, timeout_s: float) -> QueuedFrame | None:
        """The oldest frame, waited for up to ``timeout_s``; None where none came or the queue was closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, timeout_s)
            if not self._waiting:
                return None
            oldest = self._waiting.popleft()
            self._bytes -= oldest.frame.nbytes
            return oldest

    def close(self) -> None:
        """Forget all frames, take no more, and wake whoever waits for one."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._bytes = 0
            self._changed.notify_all()
