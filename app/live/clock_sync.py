"""How far the browser's clock is ahead of the server's, and how long a tick took from one to the other's screen."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

KEEP = 40
"""Reports that count, two minutes of them: clocks drift apart, and may be set."""
MAX_ROWS = 256


@dataclass(frozen=True, slots=True)
class Drawn:
    """A tick's number, when it was sent by the server's clock and drawn by the browser's, in ms since 1970."""

    number: int
    sent_ms: float
    drawn_ms: float


@dataclass(frozen=True, slots=True)
class Delay:
    """How long a tick took from being sent to being drawn."""

    number: int
    ms: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """The browser's clock is at least ``low_ms`` and at most ``high_ms`` ahead of the server's."""

    low_ms: float
    high_ms: float

    @property
    def middle_ms(self) -> float:
        return (self.low_ms + self.high_ms) / 2

    @property
    def half_width_ms(self) -> float:
        return (self.high_ms - self.low_ms) / 2

    def within(self, other: Bounds) -> Bounds:
        return Bounds(max(self.low_ms, other.low_ms), min(self.high_ms, other.high_ms))


class BrowserClock:
    """
    Of one session. As in NTP (Mills, RFC 5905), a time is only known to lie between two others.

    A tick is drawn after it was sent and before the report of it was received: the offset is at most
    drawn - sent and at least drawn - received. A report is made after its ticks were drawn, so its own
    time gives the closer lower bound. All bounds hold at once, so what is common to them is kept. The middle of it is
    wrong by half its width at most, and by nothing where the way there takes as long as the way back.

    Parameters
    ----------
    session : str
        Reports of others are passed over: in the browser one may still be on its way.
    """

    def __init__(self, session: str, keep: int = KEEP) -> None:
        self._session = session
        self._bounds: deque[Bounds] = deque(maxlen=keep)

    def update(self, report: Mapping[str, Any], received_ms: float) -> list[Delay]:
        """
        Take up what the monitor reported; the delay of each tick in it, by all that is known now.

        Parameters
        ----------
        report : mapping
            ``session``, ``rows`` of number, sent and drawn, and ``reported_ms``. It comes from a browser: what does
            not look like that is passed over.
        received_ms : float
            By the server's clock, in ms since 1970.
        """
        rows = list(_rows(report))
        reported_ms = _number(report.get("reported_ms"))
        if report.get("session") != self._session or not rows or reported_ms is None:
            return []
        latest_ms = max(reported_ms, *(one.drawn_ms for one in rows))
        bounds = Bounds(latest_ms - received_ms, min(one.drawn_ms - one.sent_ms for one in rows))
        if bounds.low_ms > bounds.high_ms:  # a clock was set between drawing and reporting it
            return []
        self._bounds.append(bounds)
        if self._common() is None:  # one was set between two reports
            self._bounds = deque([bounds], maxlen=self._bounds.maxlen)
        offset_ms = self.offset_ms
        return [Delay(one.number, max(0.0, one.drawn_ms - offset_ms - one.sent_ms)) for one in rows]

    @property
    def offset_ms(self) -> float:
        """How far the browser's clock is ahead; 0 before the first report."""
        common = self._common()
        return 0.0 if common is None else common.middle_ms

    @property
    def uncertainty_ms(self) -> float:
        """How wrong ``offset_ms``, and with it each delay, is at most; without end before the first report."""
        common = self._common()
        return math.inf if common is None else common.half_width_ms

    def _common(self) -> Bounds | None:
        found = Bounds(-math.inf, math.inf)
        for one in self._bounds:
            found = found.within(one)
        return found if self._bounds and found.low_ms <= found.high_ms else None


def _rows(report: Mapping[str, Any]) -> Iterable[Drawn]:
    rows = report.get("rows")
    for row in rows[:MAX_ROWS] if isinstance(rows, list) else []:
        values = [_number(value) for value in row] if isinstance(row, list) else []
        if len(values) == 3 and None not in values:
            number, sent_ms, drawn_ms = (float(value) for value in values if value is not None)
            yield Drawn(int(number), sent_ms, drawn_ms)


def _number(value: object) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
    return float(value) if usable and isinstance(value, int | float) else None
