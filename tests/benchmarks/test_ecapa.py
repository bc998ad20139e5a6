"""The benchmark of the voice network: both networks compute the same, and the table says which is faster."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest
import torch
from rich.console import Console

WIDTH = 16
LEFT_BEHIND = {"speechbrain"}


@pytest.fixture(scope="module")
def bench(benchmark_of: Callable[[str], ModuleType]) -> ModuleType:
    torch.set_num_threads(1)
    return benchmark_of("ecapa")


@pytest.fixture(scope="module")
def with_speechbrain(bench: ModuleType) -> Iterator[ModuleType]:
    before = set(sys.modules)
    if bench.architecture() is None:
        pytest.skip(bench.ABSENT)
    yield bench
    # SpeechBrain leaves modules that import what is not here as soon as anybody looks at them, as hypothesis does.
    for name in set(sys.modules) - before:
        if name.split(".")[0] in LEFT_BEHIND:
            del sys.modules[name]


def printed(table: object) -> str:
    text = io.StringIO()
    Console(width=160, file=text).print(table)
    return text.getvalue()


def test_equal_weights_give_equal_results(with_speechbrain: ModuleType) -> None:
    with torch.inference_mode():
        found = with_speechbrain.differences(WIDTH)
    assert {"attentive pooling", "SE-Res2Block, dilation 4", "whole, folded"} <= set(found)
    assert max(found.values()) < with_speechbrain.MOST_APART


def test_as_published_it_does_another_thing(
    with_speechbrain: ModuleType, benchmark_of: Callable[[str], ModuleType]
) -> None:
    network, given = with_speechbrain.ours(WIDTH), with_speechbrain.features(1)
    theirs = benchmark_of("_speechbrain").as_published(network)
    with torch.inference_mode():
        apart = (theirs(given.transpose(1, 2))[:, 0] - network.embed(given)).abs().max()
    assert float(apart) > 100 * with_speechbrain.MOST_APART


def test_every_way_is_timed_as_often(with_speechbrain: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(with_speechbrain, "WINDOWS", (1, 2))
    rows = with_speechbrain.run([WIDTH], [1], rounds=4)
    assert [(row.windows, len(row.clock_s), len(row.core_s)) for row in rows] == [(1, 4, 4)] * 3 + [
        (2, 3, 3)
    ] * 3
    assert min(min(row.clock_s) for row in rows) > 0


@pytest.mark.parametrize(
    ("ours_s", "told", "short"), [(0.05, "2.00 (2.00-2.00)", False), (0.08, "1.25 (1.25-1.25) SHORT", True)]
)
def test_ratios_are_to_speechbrains_of_the_same_windows(
    bench: ModuleType, ours_s: float, told: str, short: bool
) -> None:
    rows = [
        bench.Row(name, width, 1, 1, [base, base, base], [base, base, base])
        for width in (512, 128)
        for name, base in (("SpeechBrain", width / 5120), ("Sesatlas, folded", ours_s * width / 512))
    ]
    text = printed(bench.table(rows))
    assert text.count(told) == 2 and ("SHORT" in text) == short
    assert "512, 1, 1" in text and "100.0" in text


def test_without_speechbrain_a_word_is_said(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "architecture", lambda: None)
    monkeypatch.setattr(sys, "argv", ["ecapa.py"])
    bench.main()
    assert "make bench" in capsys.readouterr().out
