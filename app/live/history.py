"""What a live session has decided so far, as tables: probability over time, time per state, and how long it took."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from models.decisions import Decision, State
from models.vad import CHUNK, RATE_HZ

KEEP = 2_400
"""Decisions that are kept: ten minutes."""
STEPS = {
    "buffering_ms": "waiting in the queue",
    "resampling_ms": "resampling",
    "vad_ms": "voice activity",
    "features_ms": "features",
    "network_ms": "network",
}
"""The steps of a decision in their order, as ``Timings`` names them and as a person does."""
ALL_STEPS = "all steps"
NOTHING = np.zeros(0, dtype=np.float32)


class LiveHistory:
    """
    Of one session; a new session needs a new one, as its time begins anew. One thread at a time.

    Parameters
    ----------
    classes : sequence of str
        What the network tells apart: a column each.
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
        return pd.DataFrame(
            [
                {
                    "step": title,
                    "median_ms": _percentile(values, 50),
                    "p95_ms": _percentile(values, 95),
                    "decisions": len(values),
                }
                for title, values in parts.items()
            ]
        )


def _percentile(values: np.ndarray, percent: float) -> float:
    return float(np.percentile(values, percent)) if len(values) else float("nan")
