"""Decisions as tables: worked out by hand, bounded, and told once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.live.metrics import ALL_STEPS, STEPS, LiveHistory
from models.decisions import Decision, State, Timings, Why


def decision(time_s: float, state: State = State.NO_SPEECH, **how: Any) -> Decision:
    how.setdefault("voiced", (False,) * 8)  # 8 chunks of 32 ms: 0.256 s
    return Decision(time_s=time_s, state=state, **how)


def history(*decisions: Decision, **how: Any) -> LiveHistory:
    told = LiveHistory(("female", "male"), **how)
    told.add(decisions)
    return told


def test_probability_over_time() -> None:
    sure = {"female": 0.9, "male": 0.1}
    table = history(
        decision(0.25, level_dbfs=-70.0),
        decision(0.5, State.UNSURE, why=Why.SHORT),
        decision(0.75, State.FEMALE, probabilities=sure, level_dbfs=-20.0),
    ).probabilities()
    assert list(table.columns) == ["time_s", "state", "why", "level_dbfs", "female", "male"]
    assert table["time_s"].tolist() == [0.25, 0.5, 0.75]
    assert table["state"].tolist() == ["no speech", "not sure yet", "female-like voice"]
    assert table["why"].tolist() == ["", "too little voice so far", ""]
    assert table["level_dbfs"].tolist() == [-70, -120, -20]
    assert table["female"].isna().tolist() == [True, True, False]
    assert table.loc[2, ["female", "male"]].tolist() == [0.9, 0.1]


def test_time_per_state_is_of_the_sound_each_decision_stands_for() -> None:
    table = history(
        decision(0.25, voiced=(False,) * 10),
        decision(0.5, State.MALE, voiced=(True,) * 20),
        decision(0.75, State.MALE, voiced=(True,) * 10),
    ).shares()
    assert table["state"].tolist() == [
        "no speech", "not sure yet", "female-like voice", "male-like voice",
    ]  # fmt: skip
    assert table["seconds"].tolist() == pytest.approx([0.32, 0, 0, 0.96])
    assert table["share"].tolist() == pytest.approx([0.25, 0, 0, 0.75])


def test_what_was_told_before_counts_once() -> None:
    first = [decision(0.25 * number, State.FEMALE) for number in range(1, 5)]
    told = history(*first)
    told.add([*first[2:], decision(1.25)])
    assert len(told) == 5
    assert told.shares()["seconds"].tolist() == pytest.approx([0.256, 0, 4 * 0.256, 0])


def test_latency_of_each_step_where_it_was_taken() -> None:
    pause = Timings(buffering_ms=1, resampling_ms=2, vad_ms=3)
    heard = [
        Timings(buffering_ms=1, resampling_ms=2, vad_ms=3, features_ms=4, network_ms=10.0 * number)
        for number in range(1, 22)
    ]
    told = history(*(decision(number, timings=one) for number, one in enumerate([pause] * 79 + heard)))
    table = told.latency().set_index("step")
    assert list(table.index) == [*STEPS.values(), ALL_STEPS]
    assert table["decisions"].tolist() == [100, 100, 100, 21, 21, 21]
    assert table["median_ms"].tolist() == [1, 2, 3, 4, 110, 120]
    assert table["p95_ms"].tolist() == pytest.approx([1, 2, 3, 4, 200, 210])


def test_with_nothing_told_the_tables_are_there_and_empty() -> None:
    told = history()
    assert told.probabilities().empty and told.probabilities()["female"].dtype == float
    assert told.shares()["share"].tolist() == [0, 0, 0, 0]
    assert told.latency()["median_ms"].isna().all() and told.latency()["decisions"].sum() == 0


def test_it_keeps_the_newest_without_what_is_large_and_counts_all() -> None:
    told = history(
        *(
            decision(number, State.MALE, embedding=np.zeros(192, np.float32), speech=(0.5,) * 8)
            for number in range(100)
        ),
        keep=30,
    )
    assert len(told) == 30 and told.probabilities()["time_s"].tolist() == list(range(70, 100))
    assert told.shares()["seconds"].sum() == pytest.approx(25.6)
    assert all(one.embedding is None and not one.speech and not one.voiced for one in told._kept)


def test_to_keep_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 1 or more"):
        LiveHistory(("female", "male"), keep=0)
