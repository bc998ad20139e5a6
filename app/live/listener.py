"""What the worker of a live session does with each frame: pieces to the stream, decisions and a picture out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.live.frame_queue import Waiting
from app.live.spectrogram import LivePicture, Picture
from models.decisions import Decision
from models.stream import VoiceStream
from models.vad import RATE_HZ

GAP_S = 3.0
"""Frames so far apart are no hiccup of the network. Who spoke before need not be who speaks now."""
PIECE_S = 0.25
"""A frame is heard in pieces no longer than that, so that one can stop within a long one."""

Told = tuple[list[Decision], Picture]


class LiveListener:
    """A stream, the picture that goes with it, and what happens between frames. One thread at a time."""

    def __init__(self, stream: VoiceStream) -> None:
        self._stream, self._picture = stream, LivePicture()
        self._before_s: float | None = None

    def hear(self, waiting: Waiting, waited_s: float) -> Iterator[Told]:
        """
        Decisions as soon as they are made, and the picture up to them; what is not asked for is not heard.

        Raises
        ------
        SoundError
            The frame is no sound. Stream and picture are as if it had not come.
        """
        before_s, self._before_s = self._before_s, waiting.put_at_s
        if before_s is not None and waiting.put_at_s - before_s >= GAP_S:
            yield from self._rest()
        for piece in _pieces(waiting):
            yield from self._feed(piece, waiting.rate_hz, waited_s)

    def _rest(self) -> Iterator[Told]:
        """A pause in place of the sound that did not come, long enough for the stream to forget who spoke."""
        samples = round((self._stream.parameters.forget_s + PIECE_S) * RATE_HZ)
        return self._feed(np.zeros(samples, dtype=np.float32), RATE_HZ, 0.0)

    def _feed(self, frame: NDArray[Any], rate_hz: int, waited_s: float) -> Iterator[Told]:
        decisions = self._stream.feed(frame, rate_hz, waited_s)
        if decisions:
            yield decisions, self._picture.after(decisions)


def _pieces(waiting: Waiting) -> Iterator[NDArray[Any]]:
    """A frame in parts of ``PIECE_S``; one that is no sound as a whole, or in parts that are none either."""
    if not waiting.frame.ndim or waiting.rate_hz <= 0:
        yield waiting.frame
        return
    step = max(1, round(PIECE_S * waiting.rate_hz))
    for start in range(0, max(1, len(waiting.frame)), step):
        yield waiting.frame[start : start + step]
