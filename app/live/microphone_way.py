"""The microphone's part of the Live page: what is heard, four times a second, and what it comes to."""

from __future__ import annotations

import time

import streamlit as st

from app import boundary, learned
from app.live import connection, microphone, tables
from app.live.connection import Status
from app.live.microphone import CLEAN_UP, Ears
from app.live.session import LiveSession
from app.live.sitting import Sitting
from app.live.state import LiveState
from models.stream import VoiceStream
from models.vad import Silero

EVERY_S, TABLES_EVERY_S = 0.25, 1.0
SITTING = "live_sitting"
ICONS = {Status.UNREACHED: ":material/wifi_off:", Status.SILENT: ":material/mic_off:"}


def draw() -> None:
    """The button, what is heard, the tables."""
    ear, parameters = learned.voice_ear(), learned.voice_parameters()

    def new_session() -> LiveSession:
        return LiveSession(VoiceStream(ear, Silero(), parameters))

    clean_up = _clean_up()
    found, ears = microphone.connect(new_session, clean_up)
    every_s = EVERY_S if found.wanted else None
    st.fragment(_tick, run_every=every_s)(found, ears)
    st.fragment(_tables, run_every=TABLES_EVERY_S if found.wanted else None)(ears)


def _clean_up() -> dict[str, bool]:
    """Which of the browser's own changes to the sound are wanted."""
    with st.popover("What the browser does to the sound", icon=":material/tune:"):
        chosen = {
            name: st.toggle(title, value=True, help=about, key=f"live_{name}")
            for name, (title, about) in CLEAN_UP.items()
        }
        st.caption("Heeded the next time you start listening.")
    return chosen


def _tick(found: microphone.Connection, ears: Ears) -> None:
    """One look at the session."""
    with boundary.told("Live"):
        state = _state(found, ears)
        _say(connection.told(found, state))
        if state is not None:
            sitting = _sitting(ears)
            number = sitting.take(state)
            st.write(str(state.latest and state.latest.state), number, time.time())


def _state(found: microphone.Connection, ears: Ears) -> LiveState | None:
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
        kept = st.session_state[SITTING] = Sitting(ears.starts, learned.voice_ear().classes)
    return kept


def _say(told: connection.Told) -> None:
    colour = "green" if told.status == Status.HEARING else "orange" if told.status in ICONS else "gray"
    st.badge(told.status, color=colour, icon=ICONS.get(told.status))
    if told.tries:
        st.warning("\n".join([told.words, *(f"- {one}" for one in told.tries)]), icon=ICONS[told.status])
    elif told.status == Status.ENDED:
        st.error(told.words, icon=":material/error:")
    elif told.words:
        st.caption(told.words)


def _tables(ears: Ears) -> None:
    with boundary.told("Live"):
        if ears.session is not None:
            tables.draw(_sitting(ears))
