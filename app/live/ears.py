"""A WebRTC track that is only received, and the session that hears it. No Streamlit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import av
import numpy as np
from aiortc import MediaStreamTrack
from numpy.typing import NDArray
from streamlit_webrtc import AudioSinkTrack

from app.live.session import LiveSession


class Ears(AudioSinkTrack):
    """
    Hands a track's frames to a session of its own, and ends that with the track; then another track may come.

    Each browser tab has one. Its methods are called on the event loop that receives all tracks: none of them waits.
    """

    def __init__(self, make: Callable[[], LiveSession]) -> None:
        super().__init__(callback=self._push)
        self._on_ended_callback = self._end
        self.make = make
        self._loop: asyncio.AbstractEventLoop | None = None
        self.session: LiveSession | None = None
        self.starts = 0
        """How many sessions there were."""

    def addTrack(self, track: MediaStreamTrack) -> None:  # noqa: N802 - streamlit-webrtc's name
        super().addTrack(track)
        self.begin()

    def begin(self) -> None:
        """Hear what comes from now on in a new session."""
        self._end()
        self.session, self.starts = self.make(), self.starts + 1

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        super().start()

    def stop(self) -> None:
        """End the session and let go of the track; from any thread."""
        self._end()
        task, track, self._task, self._track = self._task, self._track, None, None

        def let_go() -> None:
            if task is not None:
                task.cancel()
            if track is not None:
                _stop(track)

        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(let_go)

    def _push(self, frame: av.AudioFrame) -> None:
        if self.session is not None:
            self.session.push(samples(frame), frame.sample_rate)

    def _end(self) -> None:
        if self.session is not None:
            self.session.end()


def _stop(track: MediaStreamTrack) -> None:
    """End a relayed track, and the received one behind it.

    aiortc's relay keeps both until the receiver says that the sound has ended. A receiver that never began, as the tab
    was closed before the two had found each other, never says so: it is said in its place.
    """
    source = getattr(track, "_source", None)
    track.stop()
    queue = getattr(source, "_queue", None)
    if source is not None and queue is not None:
        source.stop()
        queue.put_nowait(None)


def samples(frame: av.AudioFrame) -> NDArray[np.generic]:
    """(samples, channels) of a frame, whose own array has channels first, or all of them in one row."""
    values: NDArray[np.generic] = frame.to_ndarray()
    return values.T if frame.format.is_planar else values.reshape(-1, len(frame.layout.channels))
