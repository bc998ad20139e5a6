"""The threshold of a stream: the curve and the rule on made-up answers, and speakers through a fake ear."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from models.decisions import Decision, State, StreamParameters, Why
from models.gender import Inference
from pipeline.train.voice.sounds import Noises
from pipeline.train.voice.stream_threshold import (
    GRID,
    Point,
    SpeakerDecisions,
    best_threshold,
    curve,
    fit_threshold,
    joined_speech,
    run_stream,
    seconds,
    speaker_decisions,
)

RATE_HZ = 16_000


def told(probability: list[float], right: list[bool], each_s: float = 0.25) -> SpeakerDecisions:
    return SpeakerDecisions(np.full(len(right), each_s), np.array(probability), np.array(right))


def hum(hz: float, duration_s: float, level: float = 0.3) -> np.ndarray:
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return (level * np.sin(2 * np.pi * hz * time_s)).astype(np.float32)


class Ear:
    """Above 180 Hz female, below male; how sure it is follows from the pitch's distance to 180 Hz."""

    classes = ("female", "male")
    temperature = 2.0

    def infer(self, voice: np.ndarray) -> Inference:
        hz = np.count_nonzero(np.diff(np.signbit(voice))) / len(voice) * RATE_HZ / 2
        logits = np.array([(hz - 180) / 10, 0], np.float32)
        return Inference(logits, np.zeros(192, np.float32), 0.001, 0.001)


class LoudIsSpeech:
    def __call__(self, chunk: np.ndarray) -> float:
        return float(np.sqrt(np.mean(chunk**2)) > 0.03)

    def reset(self) -> None: ...


def test_the_curve_is_time_that_is_right_and_time_without_a_name() -> None:
    found = [told([0.9, 0.6, 0.0, 0.7], [True, False, False, True]), told([0.95], [False], 1.0)]
    assert curve(found, (0.5, 0.65, 0.93, 0.99)) == [
        Point(0.5, pytest.approx(0.5 / 1.75), pytest.approx(0.125)),
        Point(0.65, pytest.approx(0.5 / 1.5), pytest.approx(0.25)),
        Point(0.93, 0.0, pytest.approx(0.5)),
        Point(0.99, pytest.approx(math.nan, nan_ok=True), 1.0),
    ]
    assert all(math.isnan(one.right) and math.isnan(one.undecided) for one in curve([]))


@pytest.mark.parametrize(
    ("points", "wanted"),
    [
        ([(0.5, 0.97, 0.0), (0.6, 0.99, 0.2), (0.7, 1.0, 0.3)], 0.6),
        ([(0.5, 0.97, 0.0), (0.6, 0.98, 0.1), (0.7, 0.989, 0.16)], 0.6),
        ([(0.5, 0.97, 0.0), (0.6, 0.98, 0.1), (0.7, 0.98, 0.15)], 0.6),
        ([(0.5, 0.97, 0.2), (0.6, math.nan, 1.0)], None),
        ([(0.5, math.nan, math.nan)], None),
    ],
)
def test_the_lowest_that_is_right_enough_else_the_rightest_that_is_decided_enough(
    points: list[tuple[float, float, float]], wanted: float | None
) -> None:
    best = best_threshold([Point(*one) for one in points])
    assert (best and best.threshold) == wanted
    best = best_threshold([Point(*one) for one in reversed(points)])
    assert (best and best.threshold) == wanted


def test_what_may_not_be_named_has_no_probability_and_silence_is_left_out() -> None:
    chances = {"female": 0.9, "male": 0.1}
    decisions = [
        Decision(time_s=0.25, state=State.NO_SPEECH, probabilities=chances, voiced=(False,) * 8),
        Decision(time_s=0.5, state=State.UNSURE, why=Why.SHORT, voiced=(True,) * 8),
        Decision(time_s=0.75, state=State.UNSURE, why=Why.CLIPPED, probabilities=chances, voiced=(True,) * 8),
        Decision(time_s=1.0, state=State.UNSURE, why=Why.CLOSE, probabilities=chances, voiced=(True,) * 7),
        Decision(time_s=1.25, state=State.FEMALE, probabilities=chances, voiced=(True,) * 8),
    ]
    for sex, right in (("female", True), ("male", False)):
        found = speaker_decisions(decisions, sex)
        assert found.seconds.tolist() == pytest.approx([0.256, 0.256, 0.224, 0.256])
        assert found.probability.tolist() == [0, 0, 0.9, 0.9]
        assert found.right.tolist() == [False, False, right, right]


def test_the_threshold_that_a_stream_has_does_not_change_its_answers() -> None:
    sound = np.concatenate([hum(195, 2), np.zeros(4_000, np.float32), hum(150, 2)])
    both = [
        speaker_decisions(
            run_stream(Ear(), LoudIsSpeech(), sound, StreamParameters(sure_from=sure_from)), "female"
        )
        for sure_from in (0.5, 0.99)
    ]
    for name in ("seconds", "probability", "right"):
        assert np.array_equal(getattr(both[0], name), getattr(both[1], name))
    assert 0 < both[0].right.mean() < 1


def test_the_curve_is_what_a_stream_with_that_threshold_does() -> None:
    sound = np.concatenate([hum(195, 2), np.zeros(4_000, np.float32), hum(172, 3)])
    points = curve([speaker_decisions(run_stream(Ear(), LoudIsSpeech(), sound), "female")])
    for point in points[::9]:
        heard = run_stream(Ear(), LoudIsSpeech(), sound, StreamParameters(sure_from=point.threshold))
        spent = {state: sum(seconds(one) for one in heard if one.state == state) for state in State}
        named_s = spent[State.FEMALE] + spent[State.MALE]
        assert point.undecided == pytest.approx(spent[State.UNSURE] / (named_s + spent[State.UNSURE]))
        assert named_s == 0 or point.right == pytest.approx(spent[State.FEMALE] / named_s)


def test_clips_are_joined_by_pauses_that_do_not_end_what_one_says() -> None:
    silence = np.zeros(RATE_HZ, np.float32)
    joined = joined_speech([np.concatenate([silence, hum(230, 1), silence])] * 3)
    assert len(joined) == pytest.approx(3 * 1.7 * RATE_HZ, abs=1_500)
    heard = run_stream(Ear(), LoudIsSpeech(), joined)
    first = next(number for number, one in enumerate(heard) if one.state == State.FEMALE)
    assert all(one.why == Why.NONE for one in heard[first:])
    assert len(joined_speech([])) == 0


@pytest.fixture
def people(tmp_path: Path) -> pd.DataFrame:
    """A clear woman, a clear man, and a woman whom the ear takes for a man, but is not sure of."""
    rows = []
    for speaker, sex, hz in (("x/f1", "female", 260), ("x/m1", "male", 110), ("x/f2", "female", 172)):
        for number in (1, 2):
            path = tmp_path / f"{speaker[2:]}-{number}.wav"
            soundfile.write(path, hum(hz, 1.5), RATE_HZ)
            rows.append((str(path), speaker, sex))
    return pd.DataFrame(rows, columns=["path", "speaker", "sex"])


def test_speakers_through_a_fake_ear_lead_to_the_lowest_threshold_without_the_doubtful_one(
    people: pd.DataFrame,
) -> None:
    spoken_of: list[tuple[int, int]] = []
    found = fit_threshold(
        Ear(), people, Noises([]), LoudIsSpeech, lambda done, total: spoken_of.append((done, total))
    )
    assert found is not None
    likely = 1 / (1 + math.exp(-0.8 / Ear.temperature))  # 172 Hz: 0.8 below the border
    assert found["sure_from"] == next(threshold for threshold in GRID if threshold > likely + 0.002)
    assert found["right"] == 1 and 0.3 < found["undecided"] < 0.5
    assert found["fitted_on"] == {"part": "validation", "speakers": ["x/f1", "x/f2", "x/m1"], "clips": 6}
    assert list(found["curve"]) == ["clean"] and [row[0] for row in found["curve"]["clean"]] == list(GRID)
    first, last = found["curve"]["clean"][0], found["curve"]["clean"][-1]
    assert first[1] == pytest.approx(2 / 3, abs=0.03) and first[2] < last[2]
    assert spoken_of == [(1, 3), (2, 3), (3, 3)]
    assert "sure_from" not in found["parameters"] and found["parameters"]["hold_s"] == 0.4


def test_with_sounds_there_is_a_curve_in_noise_and_the_threshold_is_of_the_clean_one(
    people: pd.DataFrame,
) -> None:
    noise = torch.randint(-20_000, 20_000, (RATE_HZ,), dtype=torch.int16)
    quiet, noisy = (fit_threshold(Ear(), people, Noises(given), LoudIsSpeech) for given in ([], [noise]))
    assert quiet is not None and noisy is not None
    assert list(noisy["curve"]) == ["clean", "noise 10 dB"]
    assert noisy["curve"]["clean"] == quiet["curve"]["clean"] != noisy["curve"]["noise 10 dB"]
    assert noisy["sure_from"] == quiet["sure_from"]


def test_where_nobody_speaks_there_is_no_threshold(people: pd.DataFrame) -> None:
    class Deaf(LoudIsSpeech):
        def __call__(self, chunk: np.ndarray) -> float:
            return 0.0

    assert fit_threshold(Ear(), people, Noises([]), Deaf) is None
