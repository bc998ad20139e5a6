"""The button that starts and stops the browser's microphone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import av
import numpy as np
import streamlit as st
from aiortc import MediaStreamTrack
from numpy.typing import NDArray
from streamlit_webrtc import AudioSinkTrack, WebRtcMode, webrtc_streamer
from streamlit_webrtc.config import Translations

from app.components.players.microphone_help import ELSE, SENTENCES
from app.live.session import LiveSession, LiveState
from store.errors import SesatlasError

SECTION = "webrtc"
"""The table of ``secrets.toml``; its keys are those of ``NAMES``."""
NAMES = {
    "stun": "SESATLAS_STUN",
    "turn": "SESATLAS_TURN",
    "turn_username": "SESATLAS_TURN_USERNAME",
    "turn_credential": "SESATLAS_TURN_CREDENTIAL",
}
"""The settings, and the environment variables that go before them. Addresses may be several, with commas between."""
SCHEMES = {"stun": ("stun:", "stuns:"), "turn": ("turn:", "turns:")}
Server = dict[str, str | list[str]]
KEY, SINK = "live_microphone", "live_sink"
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
    "device_access_denied": SENTENCES["denied"],
    "device_not_available": SENTENCES["none"],
    # It may be lacking for two reasons; ``microphone_help`` says which of them it is.
    "media_api_not_available": "This browser does not hand out a microphone here." + ELSE,
}
SILENT_S = 10.0
"""So long without a frame is no hiccup: a microphone sends frames of silence too."""
LAGGING = 0.02
"""From this share of frames on that were dropped, the page says so: fewer are dropped while a page loads."""
OFF = "Press the button, allow the microphone when the browser asks for it, and speak."
UNREACHED = (
    "Did the browser ask for the microphone? Allow it, also at the left end of the address bar.",
    "Is this page on another machine? Browsers hand out the microphone only on localhost and over HTTPS.",
    "Is there a VPN or a firewall in between? WebRTC needs UDP, or a TURN server; README.md says how to set one.",
    "Press Stop and start again; or use a recording or a file, which need no such connection.",
)
SILENT = (
    "Is the microphone switched off, unplugged, or used by another program?",
    "Did the network change, or the computer sleep? Press Stop and start again.",
    "Choose another microphone below the button.",
)


class SessionAudioSink(AudioSinkTrack):
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


class IceError(SesatlasError):
    """The settings name servers that cannot be used."""


def ice_servers() -> list[Server]:
    """As ``RTCConfiguration.iceServers`` wants them; none where nothing is set.

    Raises
    ------
    IceError
        An address of another kind, or a TURN server without its name and password.
    """
    return parse_servers({name: os.environ.get(variable, "") for name, variable in NAMES.items()}, _secrets())


def parse_servers(environment: Mapping[str, str], secrets: Mapping[str, str]) -> list[Server]:
    """As :func:`servers`, of settings that are given; an empty one counts as not set."""
    values = {name: (environment.get(name) or secrets.get(name) or "").strip() for name in NAMES}
    stun, turn = (_addresses(kind, values[kind]) for kind in SCHEMES)
    found: list[Server] = [{"urls": stun}] if stun else []
    if turn:
        missing = [NAMES[name] for name in ("turn_username", "turn_credential") if not values[name]]
        if missing:
            raise IceError(
                f"A TURN server is set, but not {' and '.join(missing)}; expected both, as a TURN server lets nobody "
                "in without. Set them, or take the server away."
            )
        found.append(
            {"urls": turn, "username": values["turn_username"], "credential": values["turn_credential"]}
        )
    return found


def _addresses(kind: str, text: str) -> list[str]:
    addresses = [one.strip() for one in text.split(",") if one.strip()]
    for address in addresses:
        if not address.startswith(SCHEMES[kind]) or len(address) <= len(kind) + 2:
            raise IceError(
                f"{NAMES[kind]} (or `{kind}` in secrets.toml) names '{address}'; expected an address such as "
                f"'{kind}:{kind}.example.org:3478'."
            )
    return addresses


def _secrets() -> Mapping[str, str]:
    if not st.secrets.load_if_toml_exists() or SECTION not in st.secrets:
        return {}
    return {name: str(value) for name, value in st.secrets[SECTION].items()}


@dataclass(frozen=True, slots=True)
class Connection:
    """What the browser's side says: whether it has the microphone, and whether the two are finding each other."""

    playing: bool
    signalling: bool

    @property
    def active(self) -> bool:
        return self.playing or self.signalling


def connect(
    make: Callable[[], LiveSession], clean_up: Mapping[str, bool]
) -> tuple[Connection, SessionAudioSink]:
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
    if SINK not in st.session_state:
        st.session_state[SINK] = SessionAudioSink(make)
    sink: SessionAudioSink = st.session_state[SINK]
    sink.make = make  # a build may have brought another network since
    context = webrtc_streamer(
        key=KEY,
        mode=WebRtcMode.SENDONLY,
        rtc_configuration={"iceServers": ice_servers()},
        media_stream_constraints={"video": False, "audio": dict(clean_up)},
        sink_audio_track=sink,
        translations=WORDS,
        media_toggle_controls=False,
    )
    return Connection(context.state.playing, context.state.signalling), sink


class Status(StrEnum):
    OFF = "microphone off"
    CONNECTING = "connecting"
    HEARING = "listening"
    UNREACHED = "no connection"
    SILENT = "no sound"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class ConnectionMessage:
    """One of the above, and sentences: what it means, and what to try."""

    status: Status
    words: str
    suggestions: tuple[str, ...] = ()


def connection_message(connection: Connection, state: LiveState | None) -> ConnectionMessage:
    """What to say, by what the browser's side says and what has come in."""
    if state is not None and state.error:
        return ConnectionMessage(Status.ENDED, state.error)
    if not connection.active:
        return ConnectionMessage(Status.OFF, OFF)
    if state is None or not state.frames:
        if state is None or state.since_audio_s < SILENT_S:
            return ConnectionMessage(
                Status.CONNECTING, "The browser and this program are finding each other ..."
            )
        return ConnectionMessage(
            Status.UNREACHED,
            f"For {state.since_audio_s:.0f} s nothing has come from the browser's microphone. What to try:",
            UNREACHED,
        )
    if state.since_audio_s >= SILENT_S:
        return ConnectionMessage(
            Status.SILENT,
            f"Sound came from the microphone, but for {state.since_audio_s:.0f} s there has been none. What to try:",
            SILENT,
        )
    return ConnectionMessage(Status.HEARING, _quality(state))


def _quality(state: LiveState) -> str:
    """What is wrong with the sound that comes, if anything is."""
    if state.refused:
        return f"{state.refused:,} of {state.frames:,} frames were no sound. {state.refusal}"
    if state.dropped > LAGGING * state.frames:
        return (
            f"This machine is too busy: {state.dropped:,} of {state.frames:,} frames were skipped so that you hear "
            "of now, not of then."
        )
    return ""
