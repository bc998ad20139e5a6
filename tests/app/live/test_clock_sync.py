"""How far ahead the browser's clock is: never farther off than the bounds allow, whatever the delays."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, strategies

from app.live.clock_sync import BrowserClock

START_MS = 1.7e12
OFFSETS_MS = strategies.floats(-1e7, 1e7)
DELAYS_MS = strategies.floats(0.01, 5_000)
BATCHES = strategies.lists(
    strategies.tuples(strategies.lists(DELAYS_MS, min_size=1, max_size=6), DELAYS_MS, DELAYS_MS),
    min_size=1,
    max_size=8,
)
ROUNDING_MS = 0.01
"""Times since 1970 in ms, as float64, are exact to a fraction of a microsecond; so are their differences."""


def told(rows: list[list[float]], reported_ms: float, session: str = "a") -> dict[str, Any]:
    return {"session": session, "rows": rows, "reported_ms": reported_ms}


def report(number: int, offset_ms: float, there_ms: float, back_ms: float) -> tuple[dict[str, Any], float]:
    """One tick sent at the start, drawn ``there_ms`` later and reported at once; the report and when it came."""
    sent_ms = START_MS + 1_000 * number
    drawn_ms = sent_ms + there_ms + offset_ms
    return told([[number, sent_ms, drawn_ms]], drawn_ms), sent_ms + there_ms + back_ms


@given(offset_ms=OFFSETS_MS, batches=BATCHES)
def test_the_error_is_at_most_half_the_narrowest_bounds(
    offset_ms: float, batches: list[tuple[list[float], float, float]]
) -> None:
    clock, now_ms, widths = BrowserClock("a"), START_MS, []
    for delays, waited_ms, back_ms in batches:
        rows = [[number, now_ms, now_ms + delay + offset_ms] for number, delay in enumerate(delays)]
        reported_ms = now_ms + max(delays) + waited_ms
        received_ms = reported_ms + back_ms
        found = clock.update(told(rows, reported_ms + offset_ms), received_ms)
        widths += [received_ms - sent_ms for _, sent_ms, _ in rows]
        assert abs(clock.offset_ms - offset_ms) <= min(widths) / 2 + ROUNDING_MS
        assert abs(clock.offset_ms - offset_ms) <= clock.uncertainty_ms + ROUNDING_MS
        for delay, one in zip(delays, found, strict=True):
            assert abs(one.ms - delay) <= clock.uncertainty_ms + ROUNDING_MS
        now_ms = received_ms + 100


@pytest.mark.parametrize("offset_ms", [-3_600_000.0, 0.0, 250.0])
def test_equal_ways_there_and_back_are_told_exactly(offset_ms: float) -> None:
    clock = BrowserClock("a")
    (delay,) = clock.update(*report(7, offset_ms, 40.0, 40.0))
    assert (delay.number, delay.ms) == (7, 40.0)
    assert (clock.offset_ms, clock.uncertainty_ms) == (offset_ms, 40.0)


def test_a_quick_tick_and_a_quick_report_each_narrow_it() -> None:
    clock = BrowserClock("a")
    clock.update(*report(1, 100.0, 2.0, 500.0))
    clock.update(*report(2, 100.0, 500.0, 2.0))
    assert (clock.offset_ms, clock.uncertainty_ms) == (100.0, 2.0)


def test_a_report_may_tell_later_of_what_was_drawn_before() -> None:
    clock = BrowserClock("a")
    clock.update(told([[1, START_MS, START_MS + 10]], START_MS + 3_000), START_MS + 3_010)
    assert clock.uncertainty_ms == 10.0  # not 1,500: the report's own time counts


def test_before_the_first_report_nothing_is_known() -> None:
    assert (BrowserClock("a").offset_ms, BrowserClock("a").uncertainty_ms) == (0.0, math.inf)


def test_a_clock_that_was_set_is_learned_anew() -> None:
    clock = BrowserClock("a")
    clock.update(*report(1, 0.0, 20.0, 20.0))
    (delay,) = clock.update(*report(2, 60_000.0, 30.0, 30.0))
    assert (delay.ms, clock.offset_ms) == (30.0, 60_000.0)
    clock.update(*report(3, 60_000.0, 10.0, 10.0))
    assert clock.uncertainty_ms == 10.0


def test_only_the_newest_reports_count() -> None:
    clock = BrowserClock("a", keep=2)
    for number, way_ms in enumerate([1.0, 50.0, 60.0]):
        clock.update(*report(number, 0.0, way_ms, way_ms))
    assert clock.uncertainty_ms == 50.0


GOOD = [1, START_MS, START_MS + 20]


@pytest.mark.parametrize(
    "given_",
    [
        {},
        told([GOOD], START_MS + 20, session="b"),
        told([], START_MS),
        told([[1, START_MS]], START_MS),
        told([["1", START_MS, START_MS]], START_MS),
        told([[1, START_MS, math.nan]], START_MS),
        told([[1, START_MS, True]], START_MS),
        told([GOOD], math.inf),
        {"session": "a", "rows": "many", "reported_ms": START_MS},
        {"session": "a", "rows": [GOOD], "reported_ms": None},
        told([GOOD], START_MS + 60_000),  # received before it could have been reported
    ],
)
def test_what_is_no_report_is_passed_over(given_: dict[str, Any]) -> None:
    clock = BrowserClock("a")
    assert clock.update(given_, START_MS + 40) == []
    assert clock.uncertainty_ms == math.inf


def test_a_bad_row_does_not_spoil_the_others() -> None:
    clock = BrowserClock("a")
    found = clock.update(told([GOOD, [2, None, 3]], START_MS + 20), START_MS + 40)
    assert [(one.number, one.ms) for one in found] == [(1, 20.0)]
