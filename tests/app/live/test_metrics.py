"""What is kept of a session: each decision once, the voice's trail, and how long it takes to be seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.live.metrics import BUFFER_MS, MOUTH_TO_SCREEN, PACKET_MS, TRAIL, SessionStats
from app.live.session import LiveState
from app.live.spectrogram import Picture
from models.decisions import Decision, State, Timings

CLASSES = ("female", "male")


def decision(number: int, network_ms: float = 8.0) -> Decision:
    return Decision(
        time_s=0.25 * number,
        state=State.FEMALE,
        probabilities={"female": 0.9, "male": 0.1},
        voiced=(True,) * 8,
        embedding=np.full(192, number, np.float32),
        timings=Timings(network_ms=network_ms),
    )


def state(*decisions: Decision, age_s: float = 0.1, latest: bool = True) -> LiveState:
    known: dict[str, Any] = {
        "picture": Picture(), "frames": 1, "dropped": 0, "refused": 0, "refusal": "", "since_audio_s": 0.0,
        "error": "", "closed": False,
    }  # fmt: skip
    return LiveState(
        latest=decisions[-1] if decisions and latest else None, recent=decisions, age_s=age_s, **known
    )


def report(
    *rows: tuple[int, float, float], at_ms: float = 2_000.0, name: str = "session 1"
) -> dict[str, Any]:
    return {"session": name, "rows": [list(row) for row in rows], "reported_ms": at_ms}


def test_the_trail_has_each_window_of_voice_once_and_no_more_than_fit() -> None:
    stats, decisions = SessionStats(1, CLASSES), [decision(number) for number in range(1, TRAIL + 21)]
    for end in range(2, len(decisions) + 1, 2):
        stats.take(state(*decisions[max(0, end - 10) : end]))
    assert [int(one[0]) for one in stats.voice] == list(range(21, TRAIL + 21))


def test_a_pause_in_which_nothing_new_is_heard_is_no_step_on_the_trail() -> None:
    stats = SessionStats(1, CLASSES)
    stats.take(state(decision(1), decision(2, network_ms=0.0), decision(3)))
    assert [int(one[0]) for one in stats.voice] == [1, 3]


def test_mouth_to_screen_is_the_sum_of_its_parts_and_counts_only_what_was_new() -> None:
    stats = SessionStats(1, CLASSES)
    first = stats.take(state(decision(1), age_s=0.1))
    again = stats.take(state(decision(1), age_s=0.35))
    second = stats.take(state(decision(1), decision(2), age_s=0.2))
    # Both clocks are one: a report that is received when it is made leaves no doubt.
    stats.drawn(
        report((first, 1_000, 1_030), (again, 1_250, 1_280), (second, 1_500, 1_530), at_ms=1_530), 1_530
    )
    table = stats.latency().set_index("step")
    told = table.loc[MOUTH_TO_SCREEN]
    delay = 30 - stats.clock.offset_ms
    assert told["decisions"] == 2
    assert told["median_ms"] == pytest.approx(150 + delay + PACKET_MS + BUFFER_MS)
    assert table.loc["network", "median_ms"] == 8.0


def test_without_a_decision_on_the_screen_there_is_nothing_to_time() -> None:
    stats = SessionStats(1, CLASSES)
    tick = stats.take(state(decision(1), latest=False))
    stats.drawn(report((tick, 1_000, 1_010)), 1_020)
    assert np.isnan(stats.latency().set_index("step").loc[MOUTH_TO_SCREEN, "median_ms"])


def test_a_report_of_another_session_is_passed_over() -> None:
    stats = SessionStats(2, CLASSES)
    tick = stats.take(state(decision(1)))
    stats.drawn(report((tick, 1_000, 1_010), name="session 1"), 2_000)
    assert stats.latency().set_index("step").loc[MOUTH_TO_SCREEN, "decisions"] == 0
