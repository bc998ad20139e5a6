"""A live session: frames pushed by one thread, processed by a second, its state read by a third."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.live.frame_queue import FrameQueue, QueuedFrame
from app.live.spectrogram import LivePicture, Picture
from models.audio import SoundError
from models.decisions import Decision
from models.stream import VoiceStream
from models.vad import RATE_HZ

GAP_S = 3.0
"""Frames so far apart are no hiccup of the network. Who spoke before need not be who speaks now."""
PIECE_S = 0.25
"""A frame is processed in pieces no longer than this, so that a session can end within a long one."""

ProcessedFrame = tuple[list[Decision], Picture]
log = logging.getLogger(__name__)
THREAD = "live voice"
ABANDONED_S = 30.0
"""A page asks four times a second; browsers slow down one in the background to once a second or so."""
RECENT = 240
"""Decisions that a state carries: a minute."""
STALE_S = 1.0
"""A decision older than that names nobody: sound may have stopped coming in the middle of a word."""
TURN_S = 0.1
"""How often a worker with nothing to do looks whether anybody still wants it."""
ENDS_WITHIN_S = 1.0


class FrameProcessor:
    """A stream, the picture that goes with it, and what happens between frames. One thread at a time."""

    def __init__(self, stream: VoiceStream) -> None:
        self._stream, self._picture = stream, LivePicture()
        self._before_s: float | None = None

    def process(self, queued: QueuedFrame, waited_s: float) -> Iterator[ProcessedFrame]:
        """
        Decisions as soon as they are made, and the picture up to them; lazily.

        Raises
        ------
        SoundError
            The frame is no sound. Stream and picture are as if it had not come.
        """
        before_s, self._before_s = self._before_s, queued.put_at_s
        if before_s is not None and queued.put_at_s - before_s >= GAP_S:
            yield from self._rest()
        for piece in _pieces(queued):
            yield from self._feed(piece, queued.rate_hz, waited_s)

    def _rest(self) -> Iterator[ProcessedFrame]:
        """A pause in place of the sound that did not come, long enough for the stream to forget who spoke."""
        samples = round((self._stream.parameters.forget_s + PIECE_S) * RATE_HZ)
        return self._feed(np.zeros(samples, dtype=np.float32), RATE_HZ, 0.0)

    def _feed(self, frame: NDArray[Any], rate_hz: int, waited_s: float) -> Iterator[ProcessedFrame]:
        decisions = self._stream.feed(frame, rate_hz, waited_s)
        if decisions:
            yield decisions, self._picture.after(decisions)


def _pieces(queued: QueuedFrame) -> Iterator[NDArray[Any]]:
    """A frame in parts of ``PIECE_S``; one that is no sound as a whole, or in parts that are none either."""
    if not queued.frame.ndim or queued.rate_hz <= 0:
        yield queued.frame
        return
    step = max(1, round(PIECE_S * queued.rate_hz))
    for start in range(0, max(1, len(queued.frame)), step):
        yield queued.frame[start : start + step]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LiveState:
    """It stays as it is while the session goes on, so the page may draw it at leisure."""

    latest: Decision | None
    """The newest decision; None before the first, and as soon as it is too old to say what is heard now."""
    recent: tuple[Decision, ...]
    """The newest decisions, oldest first; none once the session has ended."""
    picture: Picture
    frames: int
    """How many frames came."""
    dropped: int
    """How many of them were dropped, because the worker lagged behind."""
    refused: int
    """How many of them were no sound."""
    refusal: str
    """What was wrong with the last of those; empty where there was none."""
    age_s: float
    """Seconds since the sound that the newest decision ends with came in; 0 where there is none."""
    since_audio_s: float
    """Seconds since the newest frame came, or since the session began where none has."""
    error: str
    """Why the session ended by itself, for a person to read; empty where it goes on or was closed."""
    closed: bool
    """It hears nothing any more; whoever wants to go on needs a new session."""


class LiveSession:
    """
    Listens from the moment it is made until it is closed, fails, or nobody looks for ``abandoned_s``.

    Parameters
    ----------
    stream : VoiceStream
        The session's own from now on; it is let go when the session ends.
    """

    def __init__(
        self,
        stream: VoiceStream,
        *,
        queue: FrameQueue | None = None,
        abandoned_s: float = ABANDONED_S,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        # An empty queue is false, so `or` would replace the one given.
        self._queue, self._clock = FrameQueue(clock=clock) if queue is None else queue, clock
        self._abandoned_s = abandoned_s
        self._began_s = self._read_s = self._decided_s = self._came_s = clock()
        self._lock = threading.Lock()
        self._recent: deque[Decision] = deque(maxlen=RECENT)
        self._picture = Picture()
        self._refused, self._refusal, self._error = 0, "", ""
        # The listener is the worker's alone, so that it goes when the worker goes.
        self._thread = threading.Thread(
            target=self._work, args=(FrameProcessor(stream),), name=THREAD, daemon=True
        )
        self._thread.start()

    def push(self, frame: NDArray[Any], rate_hz: int) -> None:
        """
        A frame as ``VoiceStream.feed`` takes it, from the media thread; only copied and queued here.

        Whatever it holds, it raises nothing: what is no sound shows in ``LiveState.refused``.
        """
        self._queue.put(frame, rate_hz)

    def state(self) -> LiveState:
        """What there is to show now. To ask keeps the session alive."""
        now_s = self._clock()
        with self._lock:
            self._read_s = now_s
            current = bool(self._recent) and now_s - self._decided_s <= STALE_S
            last_s = self._queue.last_at_s
            return LiveState(
                latest=self._recent[-1] if current else None,
                recent=tuple(self._recent),
                picture=self._picture,
                frames=self._queue.came,
                dropped=self._queue.dropped,
                refused=self._refused,
                refusal=self._refusal,
                age_s=now_s - self._came_s if self._recent else 0.0,
                since_audio_s=max(0.0, now_s - (self._began_s if last_s is None else last_s)),
                error=self._error,
                closed=self._queue.closed,
            )

    def close(self) -> None:
        """End the worker, wait for it, and let go of all sound; may be called more than once, and by any thread."""
        self.end()
        if self._thread is not threading.current_thread():
            self._thread.join(ENDS_WITHIN_S)
            if self._thread.is_alive():
                log.warning("A live session is still hearing %g s after it was closed.", ENDS_WITHIN_S)

    def end(self, error: str = "") -> None:
        """As :meth:`close`, without queued: for the thread that receives sound. ``error`` is for a person to read."""
        with self._lock:
            self._queue.close()
            self._recent.clear()
            self._picture = Picture()
            self._error = self._error or error

    def _work(self, processor: FrameProcessor) -> None:
        try:
            for queued in self._frames():
                self._process(processor, queued)
        except Exception as error:
            log.exception("A live session failed.")
            self.end(
                f"Listening stopped because of an error: {str(error) or type(error).__name__}. "
                "Stop the microphone and start it again; if it happens again, the server's log says more."
            )
        else:
            self.end()

    def _frames(self) -> Iterator[QueuedFrame]:
        """Frames as they come, until the session was closed or nobody looks any more."""
        while not self._queue.closed:
            if self._clock() - self._read_s > self._abandoned_s:
                log.info("Nobody has looked at a live session for %g s; it ends.", self._abandoned_s)
                return
            queued = self._queue.get(TURN_S)
            if queued is not None:
                yield queued

    def _process(self, processor: FrameProcessor, queued: QueuedFrame) -> None:
        try:
            for decisions, picture in processor.process(queued, self._clock() - queued.put_at_s):
                with self._lock:
                    # Within the lock, so that nothing is kept of what was heard while the session ended.
                    if self._queue.closed:
                        return
                    self._recent.extend(decisions)
                    self._picture, self._decided_s = picture, self._clock()
                    self._came_s = queued.put_at_s
        except SoundError as error:
            with self._lock:
                self._refused, self._refusal = self._refused + 1, str(error)
