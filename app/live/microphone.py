"""The browser's microphone: a WebRTC track that is only received, and the session that hears it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import av
import numpy as np
import streamlit as st
from aiortc import MediaStreamTrack
from numpy.typing import NDArray
from streamlit_webrtc import AudioSinkTrack, WebRtcMode, webrtc_streamer
from streamlit_webrtc.config import Translations

from app.live import ice
from app.live.session import LiveSession

KEY = "live_microphone"
EARS = "live_ears"
CLEAN_UP = {
    "echoCancellation": ("Echo cancellation", "Takes out what the loudspeakers play."),
    "noiseSuppression": ("Noise suppression", "Takes out steady noise, and with it a little of the voice."),
    "autoGainControl": ("Automatic gain", "Keeps the level even, however far the microphone is."),
}
"""What browsers do to a microphone's sound unless asked not to; the names are those of the Media Capture API."""
WORDS: Translations = {
    "start": "Start listening",
    "stop": "Stop",
    "select_device": "Choose a microphone",
    "device_ask_permission": "The browser asks whether this page may hear the microphone. Please allow it.",
    "device_access_denied": (
        "The browser does not let this page hear the microphone. Allow it at the left end of the address bar, "
        "then reload; or use a recording or a file"
    ),
    "device_not_available": (
        "No microphone was found. Plug one in or switch it on, then reload; or use a recording or a file"
    ),
    "media_api_not_available": (
        "This browser does not hand out a microphone here. Open the page as localhost or over HTTPS, in a current "
        "Firefox, Chrome, Edge or Safari; or use a recording or a file"
    ),
}


@dataclass(frozen=True, slots=True)
class Connection:
    """What the browser's side says: whether it has the microphone, and whether the two are finding each other."""

    playing: bool
    signalling: bool

    @property
    def wanted(self) -> bool:
        return self.playing or self.signalling


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


def connect(make: Callable[[], LiveSession], clean_up: Mapping[str, bool]) -> tuple[Connection, Ears]:
    """Draw the button that starts and stops the microphone.

    Parameters
    ----------
    make : callable
        A new session, each time that the microphone is started.
    clean_up : mapping
        Which of ``CLEAN_UP`` the browser is to do; heeded when the microphone is started.

    Raises
    ------
    IceError
        The settings name servers that cannot be used.
    """
    if EARS not in st.session_state:
        st.session_state[EARS] = Ears(make)
    ears: Ears = st.session_state[EARS]
    ears.make = make  # a build may have brought another network since
    context = webrtc_streamer(
        key=KEY,
        mode=WebRtcMode.SENDONLY,
        rtc_configuration={"iceServers": ice.servers()},
        media_stream_constraints={"video": False, "audio": dict(clean_up)},
        sink_audio_track=ears,
        translations=WORDS,
        media_toggle_controls=False,
    )
    return Connection(context.state.playing, context.state.signalling), ears
