"""Conditions: each does to a clip what its name says, the same every time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.train.voice.conditions import CLEAN, Condition, conditions
from pipeline.train.voice.sounds import RATE_HZ, Noises, packed

SOUNDS = Noises(
    [packed(np.random.default_rng(n).normal(0, 0.05, 9_000).astype(np.float32)) for n in range(3)]
)
VOICE = np.random.default_rng(9).normal(0, 0.1, 4 * RATE_HZ).astype(np.float32)


def named(found: list[Condition], names: list[str]) -> list[Condition]:
    return [one for one in found if one.name in names]


def power_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64))))


def test_all_that_the_card_tells_are_there() -> None:
    names = [one.name for one in conditions(SOUNDS)]
    assert names[0] == CLEAN and {"noise 20 dB", "noise 0 dB", "0.5 s", "1 s", "3 s"} < set(names)
    assert {"opus 16 kbit/s", "telephone", "room"} < set(names)
    assert not [one.name for one in conditions(Noises([])) if "noise" in one.name]


@pytest.mark.parametrize("level", [20, 10, 5, 0])
def test_noise_is_of_its_ratio(level: int) -> None:
    (one,) = named(conditions(SOUNDS), [f"noise {level} dB"])
    heard = one.of("clip", VOICE)
    assert power_db(VOICE) - power_db(heard - VOICE) == pytest.approx(level, abs=0.1)


def test_a_duration_is_cut_from_the_middle_and_a_short_clip_stays_whole() -> None:
    (one,) = named(conditions(SOUNDS), ["1 s"])
    assert np.array_equal(one.of("clip", VOICE), VOICE[24_000:40_000])
    assert np.array_equal(one.of("clip", VOICE[:5_000]), VOICE[:5_000])


@pytest.mark.parametrize("name", ["noise 10 dB", "opus 16 kbit/s", "telephone", "room", "2 s", CLEAN])
def test_it_is_the_same_each_time_and_of_one_length(name: str) -> None:
    (one,) = named(conditions(SOUNDS), [name])
    torch.manual_seed(0)
    first = one.of("clip", VOICE)
    torch.manual_seed(1)
    assert np.array_equal(first, one.of("clip", VOICE)) and first.dtype == np.float32
    assert len(first) == (2 * RATE_HZ if name == "2 s" else len(VOICE))
    assert np.array_equal(first, VOICE) == (name == CLEAN)


def test_two_clips_meet_two_noises_and_two_rooms() -> None:
    for one in named(conditions(SOUNDS), ["noise 10 dB", "room"]):
        assert not np.array_equal(one.of("a", VOICE), one.of("b", VOICE))
