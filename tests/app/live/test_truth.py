"""Time that is called right, wrong, or nothing at all."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.live.timeline import Segment
from app.live.truth import Spoken, agreement, of_decisions, of_line
from models.decisions import Decision, State
from models.vad import CHUNK, RATE_HZ

TRUTH = (Spoken(1, 3, "a", "Ann", "female"), Spoken(4, 7, "b", "Bob", "male"))


def test_each_second_is_counted_where_it_belongs() -> None:
    said = [
        (0.0, 1.5, State.NO_SPEECH),
        (1.5, 2.5, State.FEMALE),
        (2.5, 3.5, State.UNSURE),
        (3.5, 5.0, State.FEMALE),
        (5.0, 7.0, State.MALE),
        (7.0, 7.25, State.MALE),
    ]
    found = agreement(said, TRUTH)

    assert found.right_s == pytest.approx(1 + 2)
    assert found.wrong_s == pytest.approx(1)
    assert found.unsure_s == pytest.approx(0.5)
    assert found.unheard_s == pytest.approx(0.5)
    assert found.outside_s == pytest.approx(0.5 + 0.25)
    assert found.right == pytest.approx(3 / 4)
    assert found.undecided == pytest.approx(0.5 / 4.5)


def test_without_a_name_there_is_no_share() -> None:
    found = agreement([(0.0, 8.0, State.NO_SPEECH)], TRUTH)
    assert math.isnan(found.right)
    assert math.isnan(found.undecided)
    assert found.unheard_s == pytest.approx(5)


@given(st.lists(st.tuples(st.floats(0.01, 3), st.sampled_from(State)), min_size=1))
def test_all_time_within_sentences_is_counted_once(parts: list[tuple[float, State]]) -> None:
    said, at = [], 0.0
    for seconds, state in parts:
        said.append((at, at + seconds, state))
        at += seconds
    found = agreement(said, TRUTH)
    covered = sum(max(0.0, min(at, one.end_s) - one.start_s) for one in TRUTH)
    assert found.right_s + found.wrong_s + found.unsure_s + found.unheard_s == pytest.approx(covered)


def test_a_decision_stands_for_the_time_since_the_last() -> None:
    chunk_s = CHUNK / RATE_HZ
    made = [
        Decision(time_s=8 * chunk_s, state=State.UNSURE, voiced=(True,) * 8),
        Decision(time_s=15 * chunk_s, state=State.MALE, voiced=(True,) * 7),
    ]
    assert of_decisions(made) == [
        (pytest.approx(0.0), pytest.approx(0.256), State.UNSURE),
        (pytest.approx(0.256), pytest.approx(0.48), State.MALE),
    ]


def test_a_line_is_taken_as_it_is() -> None:
    assert of_line([Segment(start_s=1, end_s=2, state=State.MALE)]) == [(1, 2, State.MALE)]
