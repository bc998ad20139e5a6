"""The microphone's part of the Live page: the state four times a second, the statistics and the map."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import Literal

import streamlit as st

from app.cache import tables
from app.components.monitor.monitor import monitor
from app.components.players.microphone_help import microphone_help
from app.error_boundary import error_boundary
from app.live import corrections, metrics, voice_map, webrtc
from app.live.metrics import SessionStats
from app.live.monitor_view import Sent, constants, monitor_data
from app.live.session import LiveSession, LiveState
from app.live.webrtc import CLEAN_UP, SessionAudioSink, Status
from app.ui import escape
from models.decisions import StreamParameters
from models.gender import StreamingModel
from models.stream import VoiceStream
from models.vad import Silero

EVERY_S, REST_EVERY_S = 0.25, 1.0
STATS = "live_stats"
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


def draw(model: StreamingModel, parameters: StreamParameters) -> None:
    """The button, the monitor, the tables and the map."""

    def new_session() -> LiveSession:
        return LiveSession(VoiceStream(model, Silero(), parameters))

    clean_up = _clean_up()
    found, sink = webrtc.connect(new_session, clean_up)
    microphone_help(key="live_microphone_help")
    st.fragment(_tick, run_every=EVERY_S if found.active else None)(found, sink, parameters.sure_from)
    st.fragment(_rest, run_every=REST_EVERY_S if found.active else None)(sink)
    corrections.draw_list()


def _clean_up() -> dict[str, bool]:
    """Which of the browser's own changes to the sound to ask for."""
    with st.popover("What the browser does to the sound", icon=":material/tune:"):
        chosen = {
            name: st.toggle(title, value=True, help=about, key=f"live_{name}")
            for name, (title, about) in CLEAN_UP.items()
        }
        st.caption("Applies the next time you start the microphone.")
    return chosen


def _tick(found: webrtc.Connection, sink: SessionAudioSink, sure_from: float) -> None:
    """One look at the session."""
    with error_boundary("Live"):
        state = _state(found, sink)
        message = webrtc.connection_message(found, state)
        _draw_message(message)
        if state is None:
            return
        stats = _session_stats(sink)
        sent = Sent(stats.take(state), _now_ms())
        classes = stats.history.classes
        data = monitor_data(state, session=stats.name, classes=classes, sure_from=sure_from, sent=sent)
        if state.latest is None and message.status is not Status.HEARING:
            data = replace(data, words=str(message.status))
        monitor(
            asdict(data),
            constants(),
            on_drawn=lambda report: stats.drawn(report, _now_ms()),
            key="live_monitor",
        )
        corrections.draw_button(stats)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _state(found: webrtc.Connection, sink: SessionAudioSink) -> LiveState | None:
    """What the session has to say; one that ended because nobody looked begins anew."""
    if sink.session is None:
        return None
    state = sink.session.state()
    if state.closed and not state.error and found.playing and sink.readyState == "live":
        sink.begin()
        return sink.session.state()
    return state


def _session_stats(sink: SessionAudioSink) -> SessionStats:
    """What is kept of the session that goes on, or of the last one."""
    kept: SessionStats | None = st.session_state.get(STATS)
    if kept is None or kept.number != sink.starts:
        kept = st.session_state[STATS] = SessionStats(sink.starts, tables.voice_model().classes)
    return kept


def _draw_message(message: webrtc.ConnectionMessage) -> None:
    st.badge(message.status, color=COLOURS.get(message.status, "gray"), icon=ICONS[message.status])
    if message.suggestions:
        st.warning(
            "\n".join([message.words, *(f"- {one}" for one in message.suggestions)]),
            icon=ICONS[message.status],
        )
    elif message.status == Status.ENDED:
        st.error(escape.sentence(message.words), icon=":material/error:")
    elif message.words:
        st.caption(message.words)


def _rest(sink: SessionAudioSink) -> None:
    """What need not be drawn so often."""
    with error_boundary("Live"):
        stats = None if sink.session is None else _session_stats(sink)
        if stats is not None:
            metrics.draw(stats)
        voice_map.draw(stats)
