"""The microphone's part of the Live page: what is heard, four times a second, and what it comes to."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import Literal

import streamlit as st

from app import error_boundary
from app.cache import tables
from app.components.monitor.monitor import monitor
from app.components.players.microphone_help import microphone_help
from app.live import corrections, metrics, voice_map, webrtc
from app.live.metrics import Sitting
from app.live.monitor_view import Sent, constants, monitor_data
from app.live.session import LiveSession, LiveState
from app.live.webrtc import CLEAN_UP, Ears, Status
from models.decisions import StreamParameters
from models.gender import StreamingModel
from models.stream import VoiceStream
from models.vad import Silero

EVERY_S, REST_EVERY_S = 0.25, 1.0
SITTING = "live_sitting"
ICONS = {
    Status.OFF: ":material/mic_off:",
    Status.CONNECTING: ":material/sync:",
    Status.HEARING: ":material/mic:",
    Status.UNREACHED: ":material/wifi_off:",
    Status.SILENT: ":material/mic_off:",
    Status.ENDED: ":material/error:",
}
COLOURS: dict[Status, Literal["green", "orange", "red"]] = {
    Status.HEARING: "green",
    Status.UNREACHED: "orange",
    Status.SILENT: "orange",
    Status.ENDED: "red",
}


def draw(ear: StreamingModel, parameters: StreamParameters) -> None:
    """The button, what is heard, the tables and the map."""

    def new_session() -> LiveSession:
        return LiveSession(VoiceStream(ear, Silero(), parameters))

    clean_up = _clean_up()
    found, ears = webrtc.connect(new_session, clean_up)
    microphone_help(key="live_microphone_help")
    st.fragment(_tick, run_every=EVERY_S if found.wanted else None)(found, ears, parameters.sure_from)
    st.fragment(_rest, run_every=REST_EVERY_S if found.wanted else None)(ears)
    corrections.draw_list()


def _clean_up() -> dict[str, bool]:
    """Which of the browser's own changes to the sound are wanted."""
    with st.popover("What the browser does to the sound", icon=":material/tune:"):
        chosen = {
            name: st.toggle(title, value=True, help=about, key=f"live_{name}")
            for name, (title, about) in CLEAN_UP.items()
        }
        st.caption("Heeded the next time you start listening.")
    return chosen


def _tick(found: webrtc.Connection, ears: Ears, sure_from: float) -> None:
    """One look at the session."""
    with error_boundary.told("Live"):
        state = _state(found, ears)
        told = webrtc.connection_message(found, state)
        _say(told)
        if state is None:
            return
        sitting = _sitting(ears)
        sent = Sent(sitting.take(state), _now_ms())
        classes = sitting.history.classes
        data = monitor_data(state, session=sitting.name, classes=classes, sure_from=sure_from, sent=sent)
        if state.latest is None and told.status is not Status.HEARING:
            data = replace(data, words=str(told.status))
        monitor(
            asdict(data),
            constants(),
            on_drawn=lambda report: sitting.drawn(report, _now_ms()),
            key="live_monitor",
        )
        corrections.draw_button(sitting)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _state(found: webrtc.Connection, ears: Ears) -> LiveState | None:
    """What the session has to say; one that ended because nobody looked begins anew."""
    if ears.session is None:
        return None
    state = ears.session.state()
    if state.closed and not state.error and found.playing and ears.readyState == "live":
        ears.begin()
        return ears.session.state()
    return state


def _sitting(ears: Ears) -> Sitting:
    """What is kept of the session that goes on, or of the last one."""
    kept: Sitting | None = st.session_state.get(SITTING)
    if kept is None or kept.number != ears.starts:
        kept = st.session_state[SITTING] = Sitting(ears.starts, tables.voice_ear().classes)
    return kept


def _say(told: webrtc.ConnectionMessage) -> None:
    st.badge(told.status, color=COLOURS.get(told.status, "gray"), icon=ICONS[told.status])
    if told.tries:
        st.warning("\n".join([told.words, *(f"- {one}" for one in told.tries)]), icon=ICONS[told.status])
    elif told.status == Status.ENDED:
        st.error(told.words, icon=":material/error:")
    elif told.words:
        st.caption(told.words)


def _rest(ears: Ears) -> None:
    """What need not be drawn so often."""
    with error_boundary.told("Live"):
        sitting = None if ears.session is None else _sitting(ears)
        if sitting is not None:
            metrics.draw(sitting)
        voice_map.draw(sitting)
