"""The stages of a build: one registry, one loop, and about how long each will take."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.build import stages
from pipeline.build.stages import STAGES
from pipeline.runtime import events
from pipeline.stage import Run, Schedule, Stage, State


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("name", STAGES)
def test_every_entry_can_be_told_to_a_person(name) -> None:
    stage = STAGES[name]
    assert stage.name == name and stage.title and stage.unit.endswith("s")
    few, many = stage.cost_s(100, 7), stage.cost_s(10_000, 7)
    assert 0 < few <= many < 24 * 3600


def test_a_new_stage_is_one_entry(builder, esc50, monkeypatch) -> None:
    """It is run, published, counted, listed and skipped where it is up to date; no other file knows of it."""
    made: set[str] = set()

    def stale(state: State, reader) -> list[tuple[str]]:
        return [(row["dataset"],) for row in reader.rows("all_datasets") if row["dataset"] not in made]

    def run(run: Run) -> int:
        run.on_progress(0, 1, "", "")
        assert list(run.each(str.upper, [("a",), ("b",)])) == ["A", "B"]
        made.add("esc50")
        run.on_progress(1, 1, "esc50", "all")
        return 1

    toy = Stage(
        name="toy", title="toys", unit="toys", stale=stale, run=run, outdated=lambda state, reader: made,
        forget=lambda state, staging: made.clear(),
        cost_s=lambda clips, views: 2.0,
    )  # fmt: skip
    other = replace(toy, name="later", title="later toys", stale=lambda state, reader: [])
    monkeypatch.setattr(stages, "STAGES", {"toy": toy, "later": other})
    done = builder(f"esc50={esc50.root}", analyses=True)
    assert done.stages == {"toy": 1}
    assert [(event.stage, event.done) for event in builder.of(events.StageProgress)] == [
        ("toy", 0),
        ("toy", 1),
    ]
    (said, *_) = [event for event in builder.of(events.Stages) if "clips" not in event.left]
    assert set(said.left) == {"toy"} and said.titles == {"toy": "toys"}
    assert [event.stage for event in builder.of(events.Published)] == ["clips"]
    assert builder(analyses=True).status == "unchanged"


def test_two_processes_or_one_give_the_same(tmp_path) -> None:
    tasks = [(number,) for number in range(-4, 5)]
    for jobs in (1, 2):
        run = Run(State(tmp_path, {}), tmp_path, jobs)
        assert sorted(run.each(abs, tasks)) == sorted(abs(one) for (one,) in tasks)


def test_what_is_left_adds_up_in_order() -> None:
    clock = Clock()
    schedule = Schedule({"a": 10.0, "b": 20.0, "c": 5.0}, clock)
    assert schedule.left_s() == {"a": 10.0, "b": 30.0, "c": 35.0}
    schedule.begin("a")
    clock.now += 4
    assert schedule.left_s() == {"a": 6.0, "b": 26.0, "c": 31.0}


def test_a_machine_that_is_slower_than_expected_is_believed() -> None:
    clock = Clock()
    schedule = Schedule({"a": 10.0, "b": 20.0}, clock)
    schedule.begin("a")
    clock.now += 30
    schedule.end()
    assert schedule.left_s() == {"b": 60.0}
    schedule.begin("b")
    clock.now += 10
    schedule.progress(1.0)
    assert schedule.left_s() == {"b": 0.0}


@given(
    expected=st.lists(st.floats(0.1, 1e4), min_size=1, max_size=6),
    share=st.floats(0, 1),
    taken=st.floats(0, 1e4),
)
def test_time_left_is_never_negative_and_never_falls_along_the_way(expected, share, taken) -> None:
    clock = Clock()
    schedule = Schedule({str(number): one for number, one in enumerate(expected)}, clock)
    schedule.begin("0")
    clock.now += taken
    schedule.progress(share)
    left = list(schedule.left_s().values())
    assert len(left) == len(expected) and left[0] >= 0 and left == sorted(left)


def test_the_time_left_is_said_about_once_a_second() -> None:
    clock, said = Clock(), []
    stage = STAGES["audit"]
    progress = stages.Progress(Schedule({"audit": 10.0}, clock), said.append, clock)
    progress.begin(stage)
    report = progress.of(stage)
    for number in range(30):
        clock.now += 0.1
        report(number, 30, "esc50", "")
    report(30, 30, "esc50", "", share=0.5)
    last = [event for event in said if isinstance(event, events.StageProgress)][-1]
    assert 2.5 < last.left_s < 7.5  # three seconds for one half of the work, whatever was counted
    kinds = [type(event) for event in said]
    assert kinds.count(events.StageProgress) == 31 and 3 <= kinds.count(events.Stages) <= 4
    assert said[0].left_s is not None and said[0].unit == "collections"
