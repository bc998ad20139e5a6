"""The stream: the same decisions whatever the frames, and the right ones at the right time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import soxr
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.decisions import Decision, State, StreamParameters, Why
from models.ecapa.network import EcapaParameters, made
from models.gender import StreamingVoiceModel, VoiceModel
from models.stream import LogitSmoother, VoiceStream
from models.vad import Silero
from pipeline.synthesis.speech.voices import roster, utter

Samples = NDArray[np.float32]
StreamOf = Callable[..., VoiceStream]


def tone(hz: float, seconds: float, rate_hz: int = 16_000, level: float = 0.3) -> Samples:
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)).astype(np.float32)


def silence(seconds: float, rate_hz: int = 16_000) -> Samples:
    return np.zeros(round(seconds * rate_hz), np.float32)


def woman(seconds: float, rate_hz: int = 16_000) -> Samples:
    return tone(230, seconds, rate_hz)


def man(seconds: float, rate_hz: int = 16_000) -> Samples:
    return tone(110, seconds, rate_hz)


def talk(rate_hz: int, pause_s: float = 1.2) -> Samples:
    """2 s of a woman, a pause, 1.5 s of a man, silence."""
    parts = [silence(0.6, rate_hz), woman(2, rate_hz), silence(pause_s, rate_hz), man(1.5, rate_hz)]
    return np.concatenate([*parts, silence(1.0, rate_hz)])


def decided(stream: VoiceStream, *frames: NDArray[Any], rate_hz: int = 16_000) -> list[Decision]:
    return [one for frame in frames for one in stream.feed(frame, rate_hz)] + stream.finish()


def states(decisions: list[Decision]) -> list[State]:
    """Each state once, in the order in which they follow one another."""
    found = [one.state for one in decisions]
    return found[:1] + [after for before, after in pairwise(found) if after != before]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rate_hz=st.sampled_from([16_000, 48_000, 44_100, 8_000]),
    cuts=st.lists(st.floats(0, 1), max_size=60),
    packed=st.sampled_from(["int16", "float32", "stereo"]),
    pause_s=st.sampled_from([0.0, 1.2]),
)
def test_the_same_sound_gives_the_same_decisions_whatever_the_frames(
    model: Any, stream_of: StreamOf, rate_hz: int, cuts: list[float], packed: str, pause_s: float
) -> None:
    model.logit = 12.0  # sure enough for a turn without a pause
    sound: NDArray[Any] = talk(rate_hz, pause_s)
    if packed == "int16":
        sound = np.round(sound * 32_767).astype(np.int16)
    elif packed == "stereo":
        sound = np.stack([sound, sound], 1)
    at = np.sort(np.array(cuts) * len(sound)).astype(int)
    whole = decided(stream_of(model), sound, rate_hz=rate_hz)
    pieces = decided(stream_of(model), *np.split(sound, at), rate_hz=rate_hz)
    assert pieces == whole and len(whole) >= 18
    assert any(after.voiced_s < before.voiced_s for before, after in pairwise(whole))  # a turn ended
    assert all(
        (one.embedding is None) == (other.embedding is None)
        and (one.embedding is None or np.array_equal(one.embedding, other.embedding))
        for one, other in zip(pieces, whole, strict=True)
    )


def test_frames_of_20_ms_as_a_browser_sends_them_are_as_the_file(model: Any, stream_of: StreamOf) -> None:
    sound = talk(48_000)
    frames = np.split(sound, range(960, len(sound), 960))
    assert decided(stream_of(model), *frames, rate_hz=48_000) == decided(
        stream_of(model), sound, rate_hz=48_000
    )


def test_a_woman_a_pause_a_man(model: Any, stream_of: StreamOf) -> None:
    told = decided(stream_of(model), talk(48_000), rate_hz=48_000)
    assert states(told) == [
        State.NO_SPEECH, State.UNSURE, State.FEMALE, State.NO_SPEECH, State.UNSURE, State.MALE, State.NO_SPEECH,
    ]  # fmt: skip
    first = next(one for one in told if one.state == State.FEMALE)
    assert 0.6 + 0.7 - 0.032 <= first.time_s <= 0.6 + 1.1
    ended = next(one for one in told if one.time_s > 2.6 and one.state == State.NO_SPEECH)
    assert ended.time_s <= 2.6 + 0.9
    assert max(len(window) for window in model.windows) <= 48_000


def test_a_decision_each_quarter_of_a_second(model: Any, stream_of: StreamOf) -> None:
    told = decided(stream_of(model), silence(10))
    assert len(told) == 39  # what ends with the last sample fills no chunk of 32 ms
    assert all(0 <= one.time_s - 0.25 * number < 0.032 for number, one in enumerate(told, start=1))
    assert sum(len(one.speech) for one in told) == told[-1].time_s * 16_000 / 512


@pytest.mark.parametrize("begins_s", [0.5, 0.6, 0.7, 0.8])
def test_a_first_name_and_the_end_of_speech_wait_for_no_turn(
    model: Any, stream_of: StreamOf, begins_s: float
) -> None:
    told = decided(stream_of(model), silence(begins_s), woman(2), silence(2))
    named = next(one.time_s for one in told if one.state == State.FEMALE)
    ended = next(one.time_s for one in told if one.time_s > named and one.state == State.NO_SPEECH)
    # A chunk to be full, and one that the fake detector remembers.
    assert begins_s + 0.7 - 0.032 <= named <= begins_s + 0.7 + 2 * 0.032
    hold_s = StreamParameters().hold_s
    assert begins_s + 2 + hold_s <= ended <= begins_s + 2 + hold_s + 3 * 0.032
    assert sum(len(one.voiced) for one in told) == told[-1].time_s * 16_000 / 512


def test_nobody_speaks_nobody_is_named(model: Any, stream_of: StreamOf) -> None:
    told = decided(stream_of(model), silence(3), np.full(48_000, 1e-4, np.float32))
    assert states(told) == [State.NO_SPEECH] and not model.windows
    assert all(one.probabilities == {} and one.embedding is None for one in told)
    assert told[0].level_dbfs == -120


def test_a_click_is_no_voice_and_a_word_is_not_enough(model: Any, stream_of: StreamOf) -> None:
    click = decided(stream_of(model), silence(0.5), tone(230, 0.1), silence(1))
    assert states(click) == [State.NO_SPEECH]
    word = decided(stream_of(model), silence(0.5), tone(230, 0.5), silence(1))
    assert states(word) == [State.NO_SPEECH, State.UNSURE, State.NO_SPEECH]
    assert {one.why for one in word if one.state == State.UNSURE} == {Why.SHORT} and not model.windows


def test_below_the_threshold_it_abstains(model: Any, stream_of: StreamOf) -> None:
    model.logit = 2.0  # over temperature 2 a probability of 1 / (1 + 1 / e) = 0.731
    told = decided(stream_of(model), tone(400, 3))
    assert max(one.probability for one in told) == pytest.approx(0.731, abs=0.005)
    assert {(one.state, one.why) for one in told if one.probabilities} == {(State.UNSURE, Why.CLOSE)}
    bolder = decided(stream_of(model, parameters=StreamParameters(sure_from=0.7)), tone(400, 3))
    assert State.FEMALE in states(bolder)


def test_after_a_pause_the_one_before_is_forgotten(model: Any, stream_of: StreamOf) -> None:
    decided(stream_of(model), woman(3), silence(1.0), man(0.8), silence(0.3))
    assert len(model.windows[-1]) < 16_000  # of the man alone
    model.windows.clear()
    decided(stream_of(model), woman(3), silence(0.4), man(0.8), silence(0.3))
    assert len(model.windows[-1]) == 48_000  # a breath is no pause


def test_smoothing_takes_a_moment(model: Any, stream_of: StreamOf) -> None:
    quick = decided(stream_of(model, parameters=StreamParameters(smooth_s=0.01)), woman(3), man(3))
    smooth = decided(stream_of(model, parameters=StreamParameters(smooth_s=1.0)), woman(3), man(3))

    def first_man(told: list[Decision]) -> float:
        return next(one.time_s for one in told if one.state == State.MALE)

    assert first_man(quick) < first_man(smooth) <= first_man(quick) + 1.5


def test_what_is_cut_off_at_full_scale_is_not_judged(model: Any, stream_of: StreamOf) -> None:
    told = decided(stream_of(model), np.clip(20 * woman(3), -1, 1))
    assert {one.why for one in told if one.probabilities} == {Why.CLIPPED} and told[-1].clipped > 0.5
    assert State.FEMALE in states(decided(stream_of(model), 3.2 * woman(3)))  # loud, but whole


def test_the_same_voice_is_classified_once(model: Any, stream_of: StreamOf) -> None:
    told = decided(stream_of(model), woman(1), silence(0.5))
    assert len(model.windows) == sum(one.timings.network_ms > 0 for one in told) == 3
    assert told[-1].embedding is not None and told[-1].probabilities


def test_a_decision_says_how_long_each_step_took(model: Any, stream_of: StreamOf) -> None:
    stream = stream_of(model)
    told, *_ = [one for one in stream.feed(woman(0.8), 16_000, waited_s=0.05) if one.probabilities]
    assert (told.timings.features_ms, told.timings.network_ms) == (1.0, 2.0)
    both = stream.feed(woman(0.8), 16_000)[-1].timings  # the newest part, and all of it
    assert (both.features_ms, both.network_ms) == (2.0, 4.0)
    assert told.timings.vad_ms > 0 and told.timings.compute_ms > 3
    first = stream_of(model).feed(woman(0.3), 16_000, waited_s=0.05)[0].timings
    assert first.buffering_ms == 50 and first.resampling_ms > 0 and first.network_ms == 0


def test_garbage_between_frames_changes_nothing_that_comes_after(model: Any, stream_of: StreamOf) -> None:
    stream = stream_of(model)
    before = stream.feed(woman(1), 16_000)
    for frame, rate_hz in (
        (np.zeros((2, 2, 2), np.float32), 16_000),
        (np.array(["x"]), 16_000),
        (np.zeros(9, np.float32), 0),
    ):
        with pytest.raises(ValueError, match="expected"):
            stream.feed(frame, rate_hz)
    after = [*before, *stream.feed(woman(1), 16_000), *stream.finish()]
    assert after == decided(stream_of(model), woman(1), woman(1))


def test_it_holds_no_more_the_longer_it_runs(model: Any, stream_of: StreamOf) -> None:
    stream = stream_of(model)
    for _ in range(40):
        stream.feed(woman(1), 16_000)
        model.windows.clear()
    assert len(stream._buffer.voice) == 48_000 and len(stream._rest) < 512
    assert len(stream._buffer.take().samples) < 9


def test_other_classes_are_refused(model: Any, stream_of: StreamOf) -> None:
    model.classes = ("cat", "dog")
    with pytest.raises(ValueError, match="cat-like voice"):
        stream_of(model)


@pytest.mark.parametrize(
    "wrong",
    [
        {"every_s": 0.0}, {"first_s": 4.0}, {"hold_s": 2.0}, {"smooth_s": 0.0}, {"sure_from": 0.4},
        {"clipped_from": 0.0}, {"turn_s": 0.6}, {"turn_s": 3.1}, {"turn_times": 0}, {"turn_sure_from": 1.1},
    ],
)  # fmt: skip
def test_parameters_that_do_not_fit_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        replace(StreamParameters(), **wrong)


def test_silero_and_a_network_decide_alike_on_frames_and_on_the_whole() -> None:
    torch.set_num_threads(1)
    model = VoiceModel(made(2, EcapaParameters(width=16, aggregated=24)).eval(), ("female", "male"), 1.0)
    speaker = roster()[0]
    said = utter(speaker, speaker.sentences[0]).samples
    sound = soxr.resample(np.concatenate([silence(0.5), said, silence(1.2), said]), 16_000, 48_000)
    frames = np.split(sound.astype(np.float32), range(960, len(sound), 960))
    ways = [
        decided(VoiceStream(StreamingVoiceModel(model), Silero()), *given, rate_hz=48_000)
        for given in (frames, [np.concatenate(frames)])
    ]
    assert ways[0] == ways[1]
    assert sum(1 for one in ways[0] if one.probabilities) >= 6 and ways[0][0].state == State.NO_SPEECH


def logits(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_equal_windows_add_no_certainty() -> None:
    smoother = LogitSmoother(0.5)
    for number in range(20):
        smoother.push(logits(2, 0), 0.25 * number)
        assert smoother.probabilities(2.0) == pytest.approx([1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1))])


def test_a_window_fades_by_its_age() -> None:
    smoother = LogitSmoother(smooth_s=2.0)
    smoother.push(logits(3, 0), 5.0)
    smoother.push(logits(0, 3), 7.0)
    left = np.exp(-1)  # of the first
    first = 3 * left / (1 + left) - 3 / (1 + left)
    assert smoother.probabilities(1.0) == pytest.approx([1 / (1 + np.exp(-first)), 1 / (1 + np.exp(first))])


def test_forgotten_is_forgotten_and_nothing_is_nothing() -> None:
    smoother = LogitSmoother(0.5)
    assert smoother.probabilities(1.0) is None
    smoother.push(logits(9, 0), 1.0)
    smoother.forget()
    assert smoother.probabilities(1.0) is None
    smoother.push(logits(0, 1), 1.1)
    told = smoother.probabilities(1.0)
    assert told is not None and told[1] == pytest.approx(1 / (1 + np.exp(-1)))


def test_large_logits_do_not_overflow() -> None:
    smoother = LogitSmoother(0.5)
    smoother.push(logits(1e4, -1e4), 0.0)
    assert smoother.probabilities(0.5) == pytest.approx([1, 0])
