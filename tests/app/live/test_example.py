"""The example: who is chosen, in which order, and that what is said of it is what is in it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.live import example
from app.live.example import (
    LONG_S,
    SHORT_S,
    NoExampleError,
    ReferenceUtterance,
    agreement,
    of_decisions,
    of_line,
)
from app.live.recording_tab import describe_example
from app.live.timeline import Segment
from models.decisions import Decision, State
from models.vad import CHUNK, RATE_HZ
from models.voice_card import Card
from pipeline.audio.decode import AudioError
from pipeline.networks.exposure import LEARNED, NEVER_MET, VALIDATED


@dataclass(frozen=True)
class FakeCard:
    learned: frozenset[str] = frozenset()
    validated: frozenset[str] = frozenset()


def card(**hashes: Any) -> Card:
    return cast(Card, FakeCard(**{name: frozenset(each) for name, each in hashes.items()}))


def clips(dataset: str, women: int, men: int, sentences: int = 4) -> pd.DataFrame:
    rows = [
        {"clip_id": f"{dataset}/{sex[0]}{who}_{number}", "content_hash": f"{dataset}-{sex[0]}{who}-{number}",
         "dataset": dataset, "speaker": f"{sex[0]}{who}", "sex": sex, "duration_s": 2.0 + 0.1 * number}
        for sex, many in (("female", women), ("male", men))
        for who in range(many)
        for number in range(sentences)
    ]  # fmt: skip
    columns = ["clip_id", "content_hash", "dataset", "speaker", "sex", "duration_s"]
    return pd.DataFrame(rows, columns=columns)


def store(*told: tuple[str, pd.DataFrame, bool]) -> tuple[pd.DataFrame, Callable[[str], pd.DataFrame]]:
    rows = [{"dataset": name, "title": name.upper(), "synthetic": synthetic} for name, _, synthetic in told]
    return pd.DataFrame(rows, columns=["dataset", "title", "synthetic"]), {
        name: table for name, table, _ in told
    }.__getitem__


def test_real_voices_come_before_synthetic_ones_and_many_before_few() -> None:
    datasets, of = store(
        ("demo", clips("demo", 9, 9), True), ("few", clips("few", 2, 2), False), ("many", clips("many", 3, 3), False)
    )  # fmt: skip
    found = example.choose(datasets, of, card())
    assert (found.title, found.role, found.synthetic) == ("MANY", NEVER_MET, False)


def test_speakers_that_the_network_never_met_come_first() -> None:
    datasets, of = store(("known", clips("known", 5, 5), False), ("demo", clips("demo", 2, 2), True))
    learned = [f"known-{who}{number}-0" for who in "fm" for number in range(5)]

    assert example.choose(datasets, of, card(learned=learned)).title == "DEMO"
    # Two speakers of the same collection were never heard: enough.
    found = example.choose(datasets, of, card(learned=[one for one in learned if "4" not in one]))
    assert (found.title, found.role) == ("KNOWN", NEVER_MET)
    assert set(found.clips["speaker"]) == {"f4", "m4"}


def test_what_the_network_had_to_do_with_them_is_told() -> None:
    table = clips("known", 2, 2, sentences=1)
    datasets, of = store(("known", table, False))
    assert example.choose(datasets, of, card(learned=table["content_hash"])).role == LEARNED
    assert example.choose(datasets, of, card(validated=table["content_hash"])).role == VALIDATED


@pytest.mark.parametrize(
    "table", [clips("rain", 0, 0), clips("women", 3, 0), clips("nameless", 2, 2).assign(speaker=None)]
)
def test_without_women_and_men_it_is_said_what_to_add(table: pd.DataFrame) -> None:
    datasets, of = store(("one", table, False))
    with pytest.raises(NoExampleError, match=r"women and men.*Pipeline page"):
        example.choose(datasets, of, card())


def test_the_plan_is_the_same_each_time_whatever_the_order_of_the_clips() -> None:
    table = clips("voices", 6, 6)
    assert example.plan(table) == example.plan(table.sample(frac=1, random_state=1))
    assert example.plan(table) != example.plan(table, seed=7)


def test_the_plan_alternates_speakers_and_pauses() -> None:
    table = clips("voices", 8, 8, sentences=6)
    planned = example.plan(table)
    rows = table.set_index("clip_id").loc[[clip_id for clip_id, _ in planned]]
    pauses = [pause_s for _, pause_s in planned]

    assert 120 <= rows["duration_s"].sum() + sum(pauses) < 125
    assert rows.index.is_unique
    assert all(before != after for before, after in pairwise(rows["speaker"]))
    changes = np.mean([before != after for before, after in pairwise(rows["sex"])])
    assert 0.5 < changes < 1
    short = [one for one in pauses if SHORT_S[0] <= one <= SHORT_S[1]]
    assert len(short) == len(pauses) // 3
    assert all(LONG_S[0] <= one <= LONG_S[1] for one in pauses if one not in short)


def test_a_small_collection_gives_what_it_has() -> None:
    table = clips("two", 1, 1, sentences=2)
    assert len(example.plan(table)) == 4
    assert len(example.plan(table[table["sex"] == "female"])) == 1


def test_the_sound_is_where_the_truth_says() -> None:
    table = clips("voices", 2, 2)

    def load(clip: pd.Series) -> tuple[np.ndarray, int]:
        return np.full(round(clip["duration_s"] * 8_000), 0.5, np.float32), 8_000

    made = example.build(table, example.plan(table, lasts_s=12), load)

    assert made.missing == ()
    loud = np.abs(made.samples) > 0.1
    told = np.zeros(len(loud), dtype=bool)
    for one in made.truth:
        told[round(one.start_s * 16_000) : round(one.end_s * 16_000)] = True
        assert one.sex == {"f": "female", "m": "male"}[one.speaker[0]]
        assert one.clip_id.startswith(f"voices/{one.speaker}_")
    assert np.mean(loud == told) > 0.999
    assert len(made.samples) / 16_000 == pytest.approx(made.truth[-1].end_s + 1)


def test_a_recording_that_is_gone_is_left_out_and_said() -> None:
    table = clips("voices", 2, 2)
    planned = example.plan(table, lasts_s=12)
    gone = planned[1][0]

    def load(clip: pd.Series) -> tuple[np.ndarray, int]:
        if clip["clip_id"] == gone:
            raise AudioError("The file is not there any more.")
        return np.ones(16_000, np.float32), 16_000

    made = example.build(table, planned, load)

    assert made.missing == (gone,)
    assert [one.clip_id for one in made.truth] == [one for one, _ in planned if one != gone]
    words = describe_example(example.Sentences("Voices", True, LEARNED, table), made)
    assert "1 recording could not be read and was left out" in words
    assert "**Voices** (synthetic)" in words
    assert "learned from these speakers" in words


def test_when_all_are_gone_it_is_said() -> None:
    table = clips("voices", 1, 1)

    def load(clip: pd.Series) -> tuple[np.ndarray, int]:
        raise AudioError("gone")

    with pytest.raises(NoExampleError, match="None of the 4 recordings"):
        example.build(table, example.plan(table)[:4], load)


TRUTH = (ReferenceUtterance(1, 3, "a", "Ann", "female"), ReferenceUtterance(4, 7, "b", "Bob", "male"))


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
