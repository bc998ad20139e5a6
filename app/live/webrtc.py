"""The button that starts and stops the browser's microphone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st
from streamlit_webrtc import WebRtcMode, webrtc_streamer
from streamlit_webrtc.config import Translations

from app.components.players.microphone_help import ELSE, SENTENCES
from app.live import ice
from app.live.ears import Ears
from app.live.session import LiveSession

KEY, EARS = "live_microphone", "live_ears"
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


@dataclass(frozen=True, slots=True)
class Connection:
    """What the browser's side says: whether it has the microphone, and whether the two are finding each other."""

    playing: bool
    signalling: bool

    @property
    def wanted(self) -> bool:
        return self.playing or self.signalling


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
