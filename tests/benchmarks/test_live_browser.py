"""The benchmark of the Live page: what it makes of what a browser noted can be worked out by hand."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from rich.console import Console


@pytest.fixture(scope="module")
def bench(benchmark_of: Callable[[str], ModuleType]) -> ModuleType:
    return benchmark_of("live_browser")


@pytest.fixture(scope="module")
def page(benchmark_of: Callable[[str], ModuleType]) -> ModuleType:
    return benchmark_of("_live_page")


@pytest.fixture(scope="module")
def shared(benchmark_of: Callable[[str], ModuleType]) -> ModuleType:
    return benchmark_of("_live")


def test_only_a_long_quiet_parts_two_stretches(bench: ModuleType) -> None:
    on = np.zeros(1000, dtype=bool)
    on[100:150] = on[250:300] = on[600:700] = True  # a second's pause within, three seconds' between
    found = bench.stretches(np.arange(1000) * 0.01, on, 0.01)
    assert np.allclose(found, [(1.0, 3.0), (6.0, 7.0)])
    assert bench.stretches(np.arange(3.0), np.zeros(3, dtype=bool), 1.0) == []


def test_delays_count_from_the_microphone_to_what_is_seen_next(bench: ModuleType, page: ModuleType) -> None:
    at_s = 0.01 * np.arange(2000)
    level_db = np.where(((at_s >= 3) & (at_s < 6)) | ((at_s >= 10) & (at_s < 13)), -20.0, -120.0)
    states = [
        (2000.0, "no speech"),
        (3500.0, "not sure yet"),
        (4100.0, "male-like voice"),
        (6800.0, "no speech"),
    ]
    # Of the second sentence nobody was named, and only a level was seen.
    meters = [(3300.0, -20.0), (3600.0, -50.0), (10_400.0, -30.0)]
    seen = page.Shown(1000 * at_s, level_db, states, meters, pd.DataFrame(), {})
    said = bench.Script(np.zeros(0, np.float32), [(1, 4), (8, 11)], [(1.25, 3.75), (8.25, 10.75)])
    delays = bench.Delays.of(said, seen)
    assert np.allclose(delays.name, [1.1, np.inf])
    assert np.allclose(delays.voice_name, [0.85, np.inf])
    assert np.allclose(delays.no_speech, [0.8, np.inf])
    assert np.allclose(delays.voice_no_speech, [1.05, np.inf])
    assert np.allclose(delays.meter, [0.3, 0.4])


def test_a_sentence_that_the_microphone_did_not_hear_is_an_error(bench: ModuleType, page: ModuleType) -> None:
    seen = page.Shown(np.arange(10.0), np.full(10, -120.0), [], [], pd.DataFrame(), {})
    with pytest.raises(RuntimeError, match="heard 0 sentences of 1"):
        bench.Delays.of(bench.Script(np.zeros(0, np.float32), [(1, 2)], [(1, 2)]), seen)


def test_the_table_counts_what_never_came_and_judges_the_95th_percentile(bench: ModuleType) -> None:
    delays = bench.Delays([1.0, 1.2, np.inf], [0.7, 1.4], [0.3], [0.9, 1.1, np.inf], [0.7])
    text = io.StringIO()
    Console(width=160, file=text).print(bench.delay_table([delays], "nobody"))
    named, quiet = (line for line in text.getvalue().splitlines() if "at most" in line)
    assert [cell.strip() for cell in named.split("│")[2:7]] == ["3", "1.10", "1.19", "1.20", "1"]
    assert "met" in named and "MISSED" in quiet


def test_sentences_are_as_long_as_they_are_to_be(bench: ModuleType, shared: ModuleType) -> None:
    said = bench.script(shared.demo(2)[:2], 2)
    assert len(said.loud_s) == len(said.voice_s) == 2
    for begin_s, end_s in said.loud_s:
        assert 2.0 <= end_s - begin_s <= 4.0
    assert said.loud_s[0][0] == pytest.approx(bench.HEAD_S, abs=0.1)
