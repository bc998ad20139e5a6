"""What the page keeps of one live session, from start to stop: numbers and corrections, and only in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.live.clock_sync import BrowserClock
from app.live.history import LiveHistory
from app.live.state import LiveState
from models.decisions import Decision

PACKET_MS = 20.0
"""A browser sends sound in packets of 20 ms: the first of their samples has waited so long."""
BUFFER_MS = 80.0
"""aiortc holds four packets back, so that late ones can be put in order."""
KEEP = 2_400
TRAIL = 40
"""Steps of the trail on the map: ten seconds of voice."""
SHOWN = 24
"""Decisions that a correction may take its sound from: six seconds."""
MOUTH_TO_SCREEN = "mouth to screen"
ON_THE_WAY = "packet and jitter buffer (fixed)"
TO_DECISION = "arrival to page's turn"
TO_SCREEN = "page to screen"


class Sitting:
    """Of the session with this ``number``; one thread at a time."""

    def __init__(self, number: int, classes: Sequence[str]) -> None:
        self.number, self.history = number, LiveHistory(classes)
        self.clock = BrowserClock(self.name)
        self.shown: tuple[Decision, ...] = ()
        """The newest decisions of the picture that a person sees."""
        self.doubted: tuple[Decision, ...] = ()
        """Those of the picture in which a person saw something wrong, until it is told what."""
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

    def drawn(self, told: Mapping[str, Any], received_ms: float) -> None:
        """What the browser reports of the ticks that it has drawn; see :meth:`BrowserClock.hear`."""
        for delay in self.clock.hear(told, received_ms):
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
