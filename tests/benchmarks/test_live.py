"""The benchmark of live sound: what it sends is what it says, and its figures can be worked out by hand."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from rich.console import Console

from models.decisions import Decision, State

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def bench(benchmark_of: Callable[[str], ModuleType]) -> ModuleType:
    return benchmark_of("live")


@pytest.fixture(scope="module")
def shared(benchmark_of: Callable[[str], ModuleType]) -> ModuleType:
    return benchmark_of("_live")


@pytest.fixture(scope="module")
def told(benchmark_of: Callable[[str], ModuleType]) -> ModuleType:
    return benchmark_of("_live_told")


def printed(table: object) -> str:
    text = io.StringIO()
    Console(width=160, file=text).print(table)
    return text.getvalue()


def test_speech_is_cut_where_it_begins_and_ends(shared: ModuleType) -> None:
    tone = np.sin(2 * np.pi * 200 * np.arange(RATE_HZ) / RATE_HZ).astype(np.float32)
    quiet = np.full(4_000, 0.001, np.float32)
    assert np.array_equal(shared.cut(np.concatenate([quiet, tone, quiet])), tone)


def test_a_browser_sends_20_ms_of_stereo(shared: ModuleType) -> None:
    frames = shared.as_a_browser_sends(np.full(RATE_HZ + 100, 0.5, np.float32))
    assert len(frames) == 50 and {(one.shape, one.dtype.name) for one in frames} == {((960, 2), "int16")}
    assert frames[25] == pytest.approx(0.5 * 32_767, abs=20)


def test_a_script_is_silent_but_where_it_says(bench: ModuleType, shared: ModuleType) -> None:
    people = shared.demo(2)[:4]
    assert [one.sex for one in people] == ["female", "male"] * 2
    script = bench.script(people, 12)
    loud = script.samples != 0
    assert len(script.samples) >= 12 * RATE_HZ and script.spoken_s[0][0] == bench.PAUSE_S
    for begin, end in script.spoken_s:
        start, stop = round(begin * RATE_HZ), round(end * RATE_HZ)
        assert loud[start:stop].mean() > 0.9
        loud[start:stop] = False
    assert not loud.any()
    with pytest.raises(ValueError, match="Nobody"):
        bench.script([], 1)


def test_delays_are_from_the_beginning_and_the_end_of_each_sentence(bench: ModuleType) -> None:
    script = bench.Script(np.zeros(0, np.float32), [(1.0, 3.0), (5.0, 6.0)])
    none, unsure, named = State.NO_SPEECH, State.UNSURE, State.MALE
    shown = [(0.5, none), (1.4, unsure), (2.1, named), (3.1, named), (3.7, none), (5.5, unsure), (7.9, none)]
    watched = bench.Watched(script, shown=shown)
    assert watched.first_names_s() == [pytest.approx(1.1), np.inf]
    assert watched.ends_s() == [pytest.approx(0.7), np.inf]
    table = printed(bench.delay_table({1: bench.Run([watched], 10.0, 1.0)}))
    assert "1.10" in table and table.count("met") == 2
    late = bench.Watched(script, shown=[(2.9, named), (4.2, none), (7.2, none)])
    assert printed(bench.delay_table({1: bench.Run([late], 10.0, 1.0)})).count("MISSED") == 2


def test_time_with_a_name_is_counted_in_seconds(told: ModuleType) -> None:
    states = (State.NO_SPEECH, State.FEMALE, State.MALE, State.UNSURE)
    decisions = [
        Decision(time_s=number, state=state, voiced=(False,) * (number + 1))
        for number, state in enumerate(states)
    ]
    assert told.named_share(decisions) == pytest.approx((10 * 0.032, 5 * 0.032, 4 * 0.032))


def test_two_sessions_in_real_time_are_timed_and_named(bench: ModuleType, shared: ModuleType) -> None:
    using, people = shared.network(), shared.demo(2)[:2]
    scripts = [bench.script([person], 4) for person in people]
    run = bench.in_real_time(using, scripts)
    assert run.wall_s == pytest.approx(max(len(one.samples) for one in scripts) / RATE_HZ, abs=0.5)
    assert run.core_s > 0 and len(run.watched) == 2 and len(run.heard) >= 6
    for person, one in zip(people, run.watched, strict=True):
        named = {state for _, state in one.shown} & {State.FEMALE, State.MALE}
        assert named == {person.state} and all(0.5 < delay < 3 for delay in one.first_names_s())
    table = printed(bench.cost_table({2: run}))
    assert "voice activity" in table and str(len(run.heard)) in table


def test_people_are_told_right_and_wrong(told: ModuleType, shared: ModuleType) -> None:
    using, people = shared.network(), shared.demo(2)[:2]
    assert "100.00%" in printed(told.right_table(using, people, "demo voices"))
    swapped = [
        shared.Person(one.name, other.sex, one.clips) for one, other in zip(people, people[::-1], strict=True)
    ]
    assert printed(told.right_table(using, swapped, "demo voices")).count(" 0.00%") == 2


def test_without_recordings_a_word_is_said(
    told: ModuleType, shared: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told, "NOISE_DBFS", (-40, 0))
    monkeypatch.setattr(told, "TONE_DBFS", (-6,))
    assert shared.timit_sample(tmp_path) == [] == shared.esc_10(tmp_path)
    table = printed(told.no_voice_table(shared.network(), []))
    assert "ESC-10 is not there" in table and table.count("met") == 3
