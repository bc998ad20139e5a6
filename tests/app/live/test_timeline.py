"""Decisions to stretches: nothing is left out, nothing is there twice, names reach back no further than they may."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.live import timeline
from app.live.timeline import BOTH, CHANGE, CHUNK_S, PAUSE, START, Segment, segments
from models.decisions import Decision, State, StreamParameters, Why

FEMALE, MALE, UNSURE, NONE = State.FEMALE, State.MALE, State.UNSURE, State.NO_SPEECH
PARAMETERS = StreamParameters()
TOLD = {FEMALE: {"female": 0.9, "male": 0.1}, MALE: {"female": 0.2, "male": 0.8}}
CHUNKS = 8
"""Of a decision: 0.256 s."""
ONE_S = CHUNKS * CHUNK_S
VOICE, SILENCE = (True,) * CHUNKS, (False,) * CHUNKS

Told = Sequence[tuple[State, Sequence[bool]]]


def decided(told: Told, why: Why = Why.SHORT) -> list[Decision]:
    """Decisions one after the other; those that are unsure are so for this reason."""
    made, chunks = [], 0
    for state, voiced in told:
        chunks += len(voiced)
        made.append(
            Decision(
                time_s=chunks * CHUNK_S, state=state, voiced=tuple(voiced), probabilities=TOLD.get(state, {}),
                why=why if state is UNSURE else Why.NONE,
            )
        )  # fmt: skip
    return made


def line_of(told: Told, why: Why = Why.SHORT) -> list[Segment]:
    return segments(decided(told, why), sum(len(voiced) for _, voiced in told) * CHUNK_S, PARAMETERS)


def states(line: Sequence[Segment]) -> list[State]:
    return [one.state for one in line]


scripts = st.lists(
    st.tuples(st.sampled_from(State), st.lists(st.booleans(), min_size=7, max_size=8)),
    min_size=1,
    max_size=40,
)


@given(scripts, st.floats(0.01, 12))
def test_the_line_covers_the_recording_once(told: Told, duration_s: float) -> None:
    line = segments(decided(told), duration_s, PARAMETERS)

    assert line[0].start_s == 0
    assert line[-1].end_s == pytest.approx(duration_s, abs=1e-9)
    assert all(before.end_s == after.start_s for before, after in pairwise(line))
    assert all(one.start_s < one.end_s for one in line)
    assert sum(one.end_s - one.start_s for one in line) == pytest.approx(duration_s)
    assert sum(timeline.shares(line).values()) == pytest.approx(duration_s)
    assert all(0 <= one.voiced_s <= one.end_s - one.start_s + 1e-9 for one in line)


@given(scripts)
def test_neighbours_differ_and_names_were_said(told: Told) -> None:
    line = line_of(told)

    assert all(before.state is not after.state for before, after in pairwise(line))
    assert {one.state for one in line} & {FEMALE, MALE} <= {state for state, _ in told}
    for one in line:
        assert math.isnan(one.probability) == (one.state not in TOLD)
        assert (one.turn == 0) <= (one.state is NONE)


@given(scripts)
def test_voice_is_where_it_was_heard(told: Told) -> None:
    """Speech begins and ends with a voiced chunk, and outside of it there is less voice than makes speech."""
    voiced = [one for _, chunks in told for one in chunks]
    line = line_of(told)
    for number, one in enumerate(line):
        first, last = round(one.start_s / CHUNK_S), round(one.end_s / CHUNK_S) - 1
        if one.state is NONE:
            assert sum(voiced[first : last + 1]) == round(one.voiced_s / CHUNK_S)
            continue
        if number == 0 or line[number - 1].state is NONE:
            assert voiced[first]
        if number == len(line) - 1 or line[number + 1].state is NONE:
            assert voiced[last]


@given(scripts, scripts, st.integers(4, 12))
def test_two_recordings_with_a_long_pause_between_are_each_by_itself(
    first: Told, second: Told, pause: int
) -> None:
    """After the pause all is as if the second one stood alone; only that it follows something is told."""
    apart = [*line_of([*first, (NONE, SILENCE)]), *line_of([(NONE, SILENCE), *second])]
    gap = [(NONE, SILENCE)] * pause
    together = line_of([*first, (NONE, SILENCE), *gap, (NONE, SILENCE), *second])

    def speech(line: Sequence[Segment]) -> list[tuple[State, str]]:
        numbers = [
            (one.end_s - one.start_s, one.probability, one.voiced_s, one.named_after_s) for one in line
        ]
        return [
            (one.state, " ".join(f"{number:.6f}" for number in of))
            for one, of in zip(line, numbers, strict=True)
            if one.state is not NONE
        ]

    assert speech(together) == speech(apart)


def test_a_beginning_takes_the_name_that_follows_and_says_how_late_it_came() -> None:
    line = line_of([(NONE, SILENCE), (UNSURE, VOICE), (UNSURE, VOICE), (UNSURE, VOICE), (FEMALE, VOICE),
                    (FEMALE, VOICE), (NONE, SILENCE)])  # fmt: skip

    assert states(line) == [NONE, FEMALE, NONE]
    voice = line[1]
    assert (voice.start_s, voice.end_s) == pytest.approx((ONE_S, 6 * ONE_S))
    assert voice.named_after_s == pytest.approx(4 * ONE_S)
    assert voice.probability == pytest.approx(0.9)
    assert voice.begins == START


def test_a_name_that_is_there_from_the_start_was_not_given_afterwards() -> None:
    line = line_of([(FEMALE, VOICE), (FEMALE, VOICE)])
    assert states(line) == [FEMALE]
    assert math.isnan(line[0].named_after_s)


def test_doubt_that_comes_after_a_name_stays() -> None:
    line = line_of([(FEMALE, VOICE), (UNSURE, VOICE), (MALE, VOICE)])
    assert states(line) == [FEMALE, UNSURE, MALE]
    assert [one.begins for one in line] == [START, START, CHANGE]


def test_who_is_never_named_stays_without_a_name() -> None:
    assert states(line_of([(UNSURE, VOICE), (UNSURE, VOICE)])) == [UNSURE]


def test_what_is_too_loud_to_be_judged_gets_no_name_afterwards() -> None:
    told = [(UNSURE, VOICE), (FEMALE, VOICE)]
    assert states(line_of(told, Why.CLIPPED)) == [UNSURE, FEMALE]
    assert states(line_of(told, Why.CLOSE)) == [FEMALE]


def test_a_name_does_not_reach_back_over_a_pause() -> None:
    line = line_of([(UNSURE, VOICE), (NONE, SILENCE), (NONE, SILENCE), (NONE, SILENCE), (FEMALE, VOICE)])
    assert states(line) == [UNSURE, NONE, FEMALE]


@pytest.mark.parametrize(("chunks", "found"), [(12, [FEMALE]), (13, [FEMALE, NONE, FEMALE])])
def test_a_breath_belongs_to_speech(chunks: int, found: list[State]) -> None:
    """0.4 s are 12.5 chunks."""
    assert states(line_of([(FEMALE, VOICE), (FEMALE, (False,) * chunks), (FEMALE, VOICE)])) == found


@pytest.mark.parametrize(("chunks", "found"), [(6, [NONE]), (7, [UNSURE])])
def test_a_click_is_no_speech(chunks: int, found: list[State]) -> None:
    """0.2 s are 6.25 chunks."""
    line = line_of([(NONE, (True,) * chunks)])
    assert states(line) == found
    assert line[0].voiced_s == pytest.approx(chunks * CHUNK_S)


@pytest.mark.parametrize(
    ("chunks", "after", "begins"),
    [(24, FEMALE, START), (25, FEMALE, PAUSE), (24, MALE, CHANGE), (25, MALE, BOTH), (25, UNSURE, PAUSE)],
)
def test_a_stretch_says_how_it_begins(chunks: int, after: State, begins: str) -> None:
    """The stream forgets after 0.8 s: 25 chunks."""
    line = line_of([(FEMALE, VOICE), (NONE, (False,) * chunks), (after, VOICE)])
    assert [one.begins for one in line] == [START, START, begins]
    assert line[2].turn == (1 if chunks < 25 else 2)


def test_a_click_in_a_pause_keeps_the_memory_of_the_stream_awake() -> None:
    """Neither half of the pause is long enough to forget, and the click between is no speech."""
    quiet, click = (False,) * 20, (True,) * 2
    line = line_of([(FEMALE, VOICE), (NONE, (*quiet, *click, *quiet)), (FEMALE, VOICE)])
    assert states(line) == [FEMALE, NONE, FEMALE]
    assert line[2].begins == START


def test_what_was_not_decided_on_is_no_speech_and_what_is_beyond_the_end_is_cut() -> None:
    made = decided([(FEMALE, VOICE), (FEMALE, VOICE)])
    longer, shorter = segments(made, 1.0, PARAMETERS), segments(made, 0.3, PARAMETERS)
    assert states(longer) == [FEMALE, NONE]
    assert longer[1].end_s == 1.0
    assert states(shorter) == [FEMALE]
    assert (shorter[0].end_s, shorter[0].voiced_s) == (0.3, 0.3)


def test_of_no_sound_there_is_no_line() -> None:
    assert segments([], 0.0, PARAMETERS) == []
    assert states(segments([], 2.0, PARAMETERS)) == [NONE]


def test_the_table_has_a_row_a_stretch_in_milliseconds() -> None:
    table = timeline.table(line_of([(UNSURE, VOICE), (MALE, VOICE), (NONE, (False,) * 30), (FEMALE, VOICE)]))
    assert table["state"].tolist() == ["male-like voice", "no speech", "female-like voice"]
    assert table["begins"].tolist() == ["", "", "change after a pause"]
    assert table["seconds"].tolist() == [0.512, 0.96, 0.256]
    assert table["named_after_s"].tolist()[0] == 0.512
    assert table["probability"].tolist()[0] == 0.8
