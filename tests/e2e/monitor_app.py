"""The live monitor alone, over a synthetic session: ``streamlit run tests/e2e/monitor_app.py``.

A woman, a pause, somebody in between, a man, a pause, and again. It may be held at a second, or wait.
"""

from __future__ import annotations

import time
from dataclasses import asdict

import numpy as np
import streamlit as st

from app.components.monitor.monitor import monitor
from app.live.clock_sync import BrowserClock
from app.live.monitor_view import Sent, constants, monitor_data
from app.live.session import LiveState
from app.live.spectrogram import Picture
from models.decisions import Decision, State, Why

BANDS, HOP_S, KEEP_S = 80, 0.01, 8.0
# From when on, the state, why, the probability of female, level in dBFS, and the lowest band of the voice.
PARTS = (
    (0.0, State.UNSURE, Why.SHORT, None, -24.0, 12),
    (0.75, State.FEMALE, Why.NONE, 0.96, -20.0, 12),
    (3.0, State.NO_SPEECH, Why.NONE, None, -70.0, None),
    (4.0, State.UNSURE, Why.CLOSE, 0.62, -22.0, 9),
    (5.5, State.MALE, Why.NONE, 0.06, -14.0, 6),
    (8.0, State.NO_SPEECH, Why.NONE, None, -70.0, None),
)
CYCLE_S = 9.0


def part(time_s: float) -> tuple[float, State, Why, float | None, float, int | None]:
    return next(one for one in reversed(PARTS) if one[0] <= time_s % CYCLE_S)


def decided(time_s: float) -> Decision:
    _, state, why, female, level_dbfs, _ = part(time_s - 0.125)
    told = {} if female is None else {"female": female + 0.03 * np.sin(5 * time_s)}
    told |= {"male": 1 - told["female"]} if told else {}
    sound = np.array([10 ** (level_dbfs / 20) * 1.4, 0], np.float32)
    return Decision(
        time_s=time_s, state=state, why=why, probabilities=told, level_dbfs=level_dbfs, sound=sound
    )


def frame(number: int) -> tuple[np.ndarray, bool]:
    lowest = part(number * HOP_S)[5]
    decibels = np.random.default_rng(number).normal(-60, 3, BANDS).astype(np.float32)
    if lowest is not None:
        bend = 1 + 0.1 * np.sin(2 * np.pi * number * HOP_S)
        for harmonic in range(1, 6):
            at = int(lowest * harmonic * bend)
            decibels[at : at + 3] = 10 - 8 * harmonic
    return decibels, lowest is not None


def pictured(stop_s: float) -> Picture:
    start = max(0, round((stop_s - KEEP_S) / HOP_S))
    frames = [frame(number) for number in range(start, round(stop_s / HOP_S))]
    decibels = np.stack([one for one, _ in frames], 1) if frames else np.zeros((BANDS, 0), np.float32)
    return Picture(decibels, np.array([voiced for _, voiced in frames], bool), start * HOP_S)


def live(time_s: float, waiting: bool) -> LiveState:
    quarters = int(time_s / 0.25)
    recent = tuple(decided(at / 4) for at in range(max(1, quarters - 239), quarters + 1))
    return LiveState(
        latest=None if waiting or not recent else recent[-1],
        recent=recent,
        picture=pictured(quarters / 4),
        frames=1, dropped=0, refused=0, refusal="", age_s=0.0, since_audio_s=0.0, error="", closed=False,
    )  # fmt: skip


def begin() -> None:
    number = st.session_state.get("sessions", 0) + 1
    st.session_state.update(
        sessions=number, began=time.time(), ticks=0, delays=[], clock=BrowserClock(f"session {number}")
    )


@st.fragment(run_every=0.25)
def draw() -> None:
    kept = st.session_state
    kept.ticks += 1
    time_s = time.time() - kept.began if held in (None, "waiting") else float(held)

    def drawn(told: object) -> None:
        found = kept.clock.update(told, 1000 * time.time())
        if found:  # none of a session that was ended meanwhile
            kept.delays = [round(one.ms) for one in found]
            kept.uncertainty = round(kept.clock.uncertainty_ms)

    data = monitor_data(
        live(time_s, held == "waiting"),
        session=f"session {kept.sessions}",
        classes=("female", "male"),
        sure_from=0.8,
        sent=Sent(kept.ticks, round(1000 * time.time())),
    )
    monitor(asdict(data), constants(), on_drawn=drawn, key="monitor")
    if kept.delays:
        st.caption(f"delays in ms: {kept.delays}, give or take {kept.uncertainty}")


st.set_page_config(layout="wide")
held = st.segmented_control(
    "Held at", ["0.5", "2", "3.5", "5", "7", "35.5", "waiting"], default=st.query_params.get("at")
)
if "sessions" not in st.session_state:
    begin()
st.button("New session", on_click=begin)
if st.toggle("Show", value=True):
    draw()
