"""Turns: another voice is found without a pause, and a steady one is never cut short."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.decisions import Decision, State, StreamParameters
from models.stream import SpeakerTurnDetector, VoiceStream
from models.vad import RATE_HZ, VoiceBuffer

Samples = NDArray[np.float32]
StreamOf = Callable[..., VoiceStream]
NEVER = 1_000_000


class Nobody:
    """A detector that is not asked: voice is put in by hand."""

    def __call__(self, chunk: Samples) -> float:
        raise AssertionError

    def reset(self) -> None: ...


def tone(hz: float, seconds: float) -> Samples:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def woman(seconds: float) -> Samples:
    return tone(230, seconds)


def man(seconds: float) -> Samples:
    return tone(110, seconds)


def decided(stream: VoiceStream, *parts: Samples) -> list[Decision]:
    return stream.feed(np.concatenate(parts), RATE_HZ) + stream.finish()


def cuts(told: list[Decision]) -> list[float]:
    """When voice was forgotten."""
    return [after.time_s for before, after in pairwise(told) if after.voiced_s < before.voiced_s]


@pytest.fixture
def sure(model: Any) -> Any:
    """Of a pure tone the fake network is all but certain: 1 / (1 + exp(-6))."""
    model.logit = 12.0
    return model


class Conversation:
    """A window of voice that is filled by hand and given to the detector after each part."""

    def __init__(self, model: Any, **how: Any) -> None:
        self.parameters = StreamParameters(**how)
        self.buffer = VoiceBuffer(Nobody(), None, self.parameters.window_s, self.parameters.forget_s)
        self.turns, self.time_s = SpeakerTurnDetector(model, self.parameters), 0.0

    def says(self, voice: Samples) -> float:
        """How much voice is left in the window once the network was given it."""
        self.buffer.voice.push(voice)
        self.time_s += len(voice) / RATE_HZ
        self.turns.update(self.buffer, self.time_s)
        return len(self.buffer.voice) / RATE_HZ


@pytest.mark.parametrize(("first", "then"), [(woman, man), (man, woman)])
def test_another_voice_without_a_pause_is_found(
    sure: Any, stream_of: StreamOf, first: Callable[[float], Samples], then: Callable[[float], Samples]
) -> None:
    wanted = State.MALE if then is man else State.FEMALE
    told = decided(stream_of(sure), first(3), then(2))
    named = next(one for one in told if one.time_s > 3 and one.state == wanted)
    assert cuts(told) == [named.time_s] and named.time_s <= 3 + 1.2
    assert named.voiced_s == pytest.approx(0.7) and named.probability > 0.99
    assert all(one.state == wanted for one in told if one.time_s > named.time_s)
    without = decided(stream_of(sure, parameters=StreamParameters(turn_times=NEVER)), first(3), then(3))
    assert not cuts(without)
    assert next(one.time_s for one in without if one.time_s > 3 and one.state == wanted) >= named.time_s + 0.5


def test_after_a_turn_nothing_is_left_of_the_voice_before(sure: Any) -> None:
    talk = Conversation(sure, turn_times=1)
    talk.says(woman(3))
    assert talk.says(man(0.7)) == pytest.approx(0.7)
    alone = Conversation(sure)
    alone.says(man(0.7))
    assert talk.turns.probabilities == pytest.approx(alone.turns.probabilities)
    assert np.array_equal(talk.turns.embedding, alone.turns.embedding)  # type: ignore[arg-type]
    assert len(sure.windows) == 3  # the newest part of the man was not listened to twice


def test_a_steady_voice_keeps_its_window(sure: Any, stream_of: StreamOf) -> None:
    told = decided(stream_of(sure), woman(20))
    assert not cuts(told) and told[-1].voiced_s == 3.0
    unsteady = decided(stream_of(sure), *(tone(hz, 0.5) for hz in (230, 300, 195, 260, 190, 240, 200, 230)))
    assert not cuts(unsteady) and unsteady[-1].voiced_s == 3.0


def test_to_disagree_once_or_twice_changes_nothing(sure: Any) -> None:
    talk = Conversation(sure)
    talk.says(woman(3))
    for _ in range(4):
        assert talk.says(man(0.5)) == talk.says(man(0.1)) == 3.0
        before = talk.turns.probabilities
        assert talk.says(woman(2.5)) == 3.0
        assert before["female"] > 0.9
    assert [talk.says(part) for part in (man(0.5), man(0.1), man(0.1))] == [3.0, 3.0, pytest.approx(0.7)]


def test_a_part_that_is_not_sure_changes_nothing(sure: Any) -> None:
    sure.logit = 5.0  # a pure tone is 1 / (1 + exp(-2.5)) = 0.92
    hesitant = Conversation(sure, turn_times=1)
    assert [hesitant.says(part) for part in (woman(3), man(0.7))] == [3.0, 3.0]
    bolder = Conversation(sure, turn_times=1, turn_sure_from=0.9)
    assert [bolder.says(part) for part in (woman(3), man(0.7))] == [3.0, pytest.approx(0.7)]


def test_what_was_classified_already_does_not_count_again(sure: Any) -> None:
    talk = Conversation(sure)
    talk.says(woman(3))
    talk.says(man(0.6))
    passes = len(sure.windows)
    assert [talk.says(man(0)) for _ in range(5)] == [3.0] * 5 and len(sure.windows) == passes
    assert [talk.says(man(0.05)), talk.says(man(0.05))] == [3.0, pytest.approx(0.7)]


def test_a_pause_forgets_what_was_counted(sure: Any) -> None:
    talk = Conversation(sure)
    for part in (woman(3), man(0.5), man(0.1)):
        talk.says(part)
    talk.buffer.begin_with(0)
    assert talk.says(woman(0.2)) == pytest.approx(0.2) and talk.turns.probabilities == {}
    assert talk.turns.embedding is None
    talk.says(woman(2.8))
    assert talk.says(man(0.6)) == 3.0


def test_a_first_word_is_not_compared_with_itself(sure: Any) -> None:
    talk = Conversation(sure)
    talk.says(woman(0.7))
    talk.says(man(0.65))
    assert len(sure.windows) == 2
    talk.says(man(0.1))
    assert [len(window) for window in sure.windows[2:]] == [0.7 * RATE_HZ, round(1.45 * RATE_HZ)]
