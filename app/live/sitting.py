"""What the page keeps of one live session, from start to stop: numbers and corrections, and only in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
import pandas as pd

from app.live.history import LiveHistory
from app.live.state import LiveState

PACKET_MS = 20.0
"""A browser sends sound in packets of 20 ms: the first of their samples has waited so long."""
BUFFER_MS = 80.0
"""aiortc holds four packets back, so that late ones can be put in order."""
KEEP = 2_400
MOUTH_TO_SCREEN = "mouth to screen"
ON_THE_WAY = "packet and jitter buffer (fixed)"
TO_DECISION = "arrival to page's turn"
TO_SCREEN = "page to screen"


class Sitting:
    """Of the session with this ``number``; one thread at a time."""

    def __init__(self, number: int, classes: Sequence[str]) -> None:
        self.number, self.history = number, LiveHistory(classes)
        self.ticks = 0
        self._ages_ms: dict[int, float] = {}
        self._newest_s = -1.0
        self._screens: deque[tuple[float, float]] = deque(maxlen=KEEP)

    @property
    def name(self) -> str:
        """Tells this session from every other of the page."""
        return f"session {self.number}"

    def take(self, state: LiveState) -> int:
        """Take up what is new; the number of this tick, which the browser gives back once it is drawn."""
        self.history.add(state.recent)
        self.ticks += 1
        # Only the first picture with a decision in it tells how long that took to be seen.
        if state.latest is not None and state.latest.time_s > self._newest_s:
            self._newest_s = state.latest.time_s
            self._ages_ms[self.ticks] = 1000 * state.age_s
            while len(self._ages_ms) > KEEP:
                self._ages_ms.pop(next(iter(self._ages_ms)))
        return self.ticks

    def drawn(self, delays_ms: Sequence[tuple[int, float]]) -> None:
        """The browser has drawn these ticks, each so long after it was sent."""
        for tick, delay_ms in delays_ms:
            age_ms = self._ages_ms.pop(tick, None)
            if age_ms is not None:
                self._screens.append((age_ms, delay_ms))

    def latency(self) -> pd.DataFrame:
        """As ``LiveHistory.latency``, with what comes after the decision, and mouth to screen as the last row."""
        steps = self.history.latency()
        seen = np.array(list(self._screens), dtype=float).reshape(-1, 2)
        whole = seen.sum(1) + PACKET_MS + BUFFER_MS
        parts = {TO_DECISION: seen[:, 0], TO_SCREEN: seen[:, 1], ON_THE_WAY: np.full(len(seen), PACKET_MS + BUFFER_MS)}
        rows = [_row(name, values) for name, values in [*parts.items(), (MOUTH_TO_SCREEN, whole)]]
        return pd.concat([steps, pd.DataFrame(rows)], ignore_index=True)


def _row(step: str, values: np.ndarray) -> dict[str, object]:
    median, p95 = np.percentile(values, [50, 95]) if len(values) else (np.nan, np.nan)
    return {"step": step, "median_ms": median, "p95_ms": p95, "decisions": len(values)}
