"""What the page keeps of one live session, from start to stop: numbers and corrections, and only in memory."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.cache import tables
from app.live.clock_sync import BrowserClock
from app.live.session import LiveState
from app.ui import escape
from models.decisions import Decision, State, StreamParameters
from models.vad import CHUNK, RATE_HZ

STEPS = {
    "buffering_ms": "waiting in the queue",
    "resampling_ms": "resampling",
    "vad_ms": "voice activity",
    "features_ms": "features",
    "network_ms": "network",
}
"""The steps of a decision in their order, as ``Timings`` names them and as a person does."""
ALL_STEPS = "all steps"
KEEP = 2_400
"""Decisions, and times to the screen, that are kept: ten minutes."""
NOTHING = np.zeros(0, dtype=np.float32)
PACKET_MS = 20.0
"""A browser sends sound in packets of 20 ms: the first of their samples has waited so long."""
BUFFER_MS = 80.0
"""aiortc holds four packets back, so that late ones can be put in order."""
TRAIL = 40
"""Steps of the trail on the map: ten seconds of voice."""
SHOWN = 24
"""Decisions that a correction may take its sound from: six seconds."""
MOUTH_TO_SCREEN = "mouth to screen"
ON_THE_WAY = "packet and jitter buffer (fixed)"
TO_DECISION = "arrival to page's turn"
TO_SCREEN = "page to screen"
MS = st.column_config.NumberColumn(format="%.1f")
LATENCY_NOTE = (
    "Each step counts in the decisions in which it was taken. Mouth to screen is from a sound at the microphone to its "
    "decision on the screen: the packet that the browser fills ({packet:g} ms) and those that wait to be put in order "
    "({buffer:g} ms) are taken as fixed, the rest is measured; the microphone's own driver and the network's delay are "
    "not in it. The clocks of browser and server are known apart to within {apart:.0f} ms."
)


class LiveHistory:
    """
    Of one session; a new session needs a new one, as its time begins anew. One thread at a time.

    Parameters
    ----------
    classes : sequence of str
        The classes of the network: a column each.
    keep : int
        So many of the newest decisions are in the tables; time per state counts them all.
    """

    def __init__(self, classes: Sequence[str], keep: int = KEEP) -> None:
        if keep < 1:
            raise ValueError(f"{keep} decisions are to be kept; expected 1 or more.")
        self.classes = tuple(classes)
        self._kept: deque[Decision] = deque(maxlen=keep)
        self._seconds: dict[State, float] = defaultdict(float)

    def __len__(self) -> int:
        """How many decisions are kept."""
        return len(self._kept)

    def add(self, decisions: Iterable[Decision]) -> None:
        """Take up decisions, oldest first; those already taken up are passed over."""
        for one in decisions:
            if self._kept and one.time_s <= self._kept[-1].time_s:
                continue
            self._seconds[one.state] += len(one.voiced) * CHUNK / RATE_HZ
            # The tables need none of it, and it is most of a decision's memory.
            self._kept.append(replace(one, embedding=None, sound=NOTHING, speech=(), voiced=()))

    def probabilities(self) -> pd.DataFrame:
        """A row a decision: ``time_s``, ``state``, ``why``, ``level_dbfs`` and a column a class, NaN where none."""
        numbers = ["time_s", "level_dbfs", *self.classes]
        rows = [
            {"time_s": one.time_s, "state": str(one.state), "why": str(one.why), "level_dbfs": one.level_dbfs}
            | {name: one.probabilities.get(name, np.nan) for name in self.classes}
            for one in self._kept
        ]
        table = pd.DataFrame(rows, columns=["time_s", "state", "why", *numbers[1:]])
        return table.astype(dict.fromkeys(numbers, float) | dict.fromkeys(("state", "why"), str))

    def shares(self) -> pd.DataFrame:
        """``state``, ``seconds`` and ``share`` of all time since the session began, for every state."""
        seconds = np.array([self._seconds[state] for state in State], dtype=float)
        shares = seconds / max(seconds.sum(), np.finfo(float).tiny)
        return pd.DataFrame({"state": [str(state) for state in State], "seconds": seconds, "share": shares})

    def latency(self) -> pd.DataFrame:
        """
        ``step``, ``median_ms``, ``p95_ms`` and ``decisions``, a row for each step and one for all together.

        A step counts in those decisions in which it was taken, all together in those in which the network listened:
        with the pauses among them, in which there is nothing to do, it would look quicker than it is.
        """
        spent = np.array([[getattr(one.timings, step) for step in STEPS] for one in self._kept], dtype=float)
        spent = spent.reshape(-1, len(STEPS))
        parts = {title: column[column > 0] for title, column in zip(STEPS.values(), spent.T, strict=True)}
        listened = spent[:, list(STEPS).index("network_ms")] > 0
        parts[ALL_STEPS] = spent[listened].sum(1)
        return pd.DataFrame([_row(title, values) for title, values in parts.items()])


class SessionStats:
    """Of the session with this ``number``; one thread at a time."""

    def __init__(self, number: int, classes: Sequence[str]) -> None:
        self.number, self.history = number, LiveHistory(classes)
        self.clock = BrowserClock(self.name)
        self.shown: tuple[Decision, ...] = ()
        """The newest decisions of the picture that a person sees."""
        self.held: tuple[Decision, ...] = ()
        """Those of the picture in which a person saw something wrong, until it is corrected or let go."""
        self._ticks = 0
        self._ages_ms: dict[int, float] = {}
        self._newest_s = -1.0
        self._voice: deque[NDArray[np.float32]] = deque(maxlen=TRAIL)
        self._heard_s = -1.0
        self._screens: deque[tuple[float, float]] = deque(maxlen=KEEP)

    @property
    def name(self) -> str:
        """Tells this session from every other of the page."""
        return f"session {self.number}"

    def take(self, state: LiveState) -> int:
        """Take up what is new; the number of this tick, which the browser gives back once it is drawn."""
        self.history.add(state.recent)
        for one in state.recent:
            # The same voice, heard again while one pauses, is no step on the way.
            if one.time_s > self._heard_s and one.timings.network_ms > 0 and one.embedding is not None:
                self._voice.append(one.embedding)
        self._heard_s = max([self._heard_s, *(one.time_s for one in state.recent)])
        self._ticks += 1
        self.shown = state.recent[-SHOWN:]
        # Only the first picture with a decision in it tells how long that took to be seen.
        if state.latest is not None and state.latest.time_s > self._newest_s:
            self._newest_s = state.latest.time_s
            self._ages_ms[self._ticks] = 1000 * state.age_s
            while len(self._ages_ms) > KEEP:
                self._ages_ms.pop(next(iter(self._ages_ms)))
        return self._ticks

    @property
    def voice(self) -> list[NDArray[np.float32]]:
        """What the network made of the newest windows of voice, float32 (192,) each, oldest first."""
        return list(self._voice)

    def drawn(self, report: Mapping[str, Any], received_ms: float) -> None:
        """What the browser reports of the ticks that it has drawn; see :meth:`BrowserClock.update`."""
        for delay in self.clock.update(report, received_ms):
            age_ms = self._ages_ms.pop(delay.number, None)
            if age_ms is not None:
                self._screens.append((age_ms, delay.ms))

    def latency(self) -> pd.DataFrame:
        """As ``LiveHistory.latency``, with what comes after the decision, and mouth to screen as the last row."""
        steps = self.history.latency()
        seen = np.array(list(self._screens), dtype=float).reshape(-1, 2)
        whole = seen.sum(1) + PACKET_MS + BUFFER_MS
        parts = {
            TO_DECISION: seen[:, 0],
            TO_SCREEN: seen[:, 1],
            ON_THE_WAY: np.full(len(seen), PACKET_MS + BUFFER_MS),
        }
        rows = [_row(name, values) for name, values in [*parts.items(), (MOUTH_TO_SCREEN, whole)]]
        return pd.concat([steps, pd.DataFrame(rows)], ignore_index=True)


def _row(step: str, values: np.ndarray) -> dict[str, object]:
    median, p95 = np.percentile(values, [50, 95]) if len(values) else (np.nan, np.nan)
    return {"step": step, "median_ms": median, "p95_ms": p95, "decisions": len(values)}


def draw(stats: SessionStats) -> None:
    """Draw time per state and latency side by side."""
    left, right = st.columns(2)
    with left:
        st.subheader("Share of time", anchor=False)
        shares = stats.history.shares()
        st.dataframe(
            shares,
            hide_index=True,
            key="live_shares",
            column_config={
                "seconds": st.column_config.NumberColumn("seconds", format="%.1f"),
                "share": st.column_config.ProgressColumn("share", min_value=0, max_value=1, format="percent"),
            },
        )
        st.caption(f"Of {shares['seconds'].sum():.0f} s of sound since you began.")
    with right:
        st.subheader("How long it takes", anchor=False)
        _latency(stats)


def _latency(stats: SessionStats) -> None:
    latency = stats.latency().rename(columns={"median_ms": "median (ms)", "p95_ms": "95th percentile (ms)"})
    st.dataframe(
        latency,
        hide_index=True,
        key="live_latency",
        height=38 + 35 * len(latency),
        column_config={"median (ms)": MS, "95th percentile (ms)": MS},
    )
    if latency.loc[latency["step"] == MOUTH_TO_SCREEN, "decisions"].any():
        apart_ms = max(1.0, stats.clock.uncertainty_ms)
        st.caption(LATENCY_NOTE.format(packet=PACKET_MS, buffer=BUFFER_MS, apart=apart_ms))


def in_use(parameters: StreamParameters) -> None:
    """Say which network decides, and from which probability on."""
    card = tables.voice_card()
    st.caption(
        f"Classified by the {'shipped' if card.shipped else 'own'} voice network "
        f"{escape.code(card.weights.stem)} ({card.short}, made {card.made}): an ECAPA-TDNN over the newest "
        f"{parameters.window_s:g} s of voice. A voice is named from {parameters.first_s:g} s of it on, where the "
        f'calibrated probability is {parameters.sure_from:.0%} or more; below that it is "not sure yet". '
        f"Whoever goes on after a pause of {parameters.forget_s:g} s, or clearly sounds different, is judged afresh. "
        "The names are those of voices, not of people."
    )
