"""What is measured of a voice model: counted by hand on answers that were made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from models.gender import VoiceModelError, VoicePrediction
from models.gender_format import SEXES
from pipeline.classify.significance import wilson
from pipeline.train.layout import TrainError
from pipeline.train.voice.evaluate import CLEAN, Condition, Evaluation, conditions, evaluate
from pipeline.train.voice.scores import bootstrap, by_speaker, measure_predictions
from pipeline.train.voice.sounds import RATE_HZ, Noises, as_int16


def predictions_of(answers: dict[str, list[float]], condition: str = CLEAN) -> pd.DataFrame:
    """Rows of an evaluation: for each speaker, ``F...`` or ``M...``, the logits (male less female) of the clips."""
    rows = []
    for speaker, logits in answers.items():
        sex = SEXES[int(speaker[0] == "M")]
        for number, logit in enumerate(logits):
            male = 1 / (1 + np.exp(-logit))
            predicted = SEXES[int(logit > 0)]
            rows.append(
                {
                    "clip_id": f"{speaker}/{number}", "dataset": "d", "speaker": speaker, "sex": sex,
                    "dialect": f"DR{speaker[1]}", "condition": condition, "predicted": predicted,
                    "probability": max(male, 1 - male), "logit": logit, "right": predicted == sex,
                    "female": 1 - male, "male": male,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


ANSWERS = {
    "F1": [-2.0, -1.0, -3.0],
    "F2": [-2.0, 0.5, 0.5, -0.5],  # two of four: no majority, but the mean logit is hers
    "M1": [1.0, 2.0, -0.5],
    "M2": [-0.5, -0.5, 4.0],  # the majority is wrong, the mean logit right
    "M3": [-1.0],
}


def value(rows: list[dict], kind: str, name: str, what: str) -> float:
    (found,) = [
        row["value"] for row in rows if (row["kind"], row["name"], row["metric"]) == (kind, name, what)
    ]
    return found


def test_by_speaker_the_majority_and_the_mean_logit() -> None:
    speakers = by_speaker(predictions_of(ANSWERS)).set_index("speaker")
    assert speakers.index.tolist() == ["F1", "F2", "M1", "M2", "M3"]
    assert speakers["majority"].tolist() == ["female", "", "male", "female", "female"]
    assert speakers["mean_logit"].tolist() == ["female", "female", "male", "male", "female"]
    assert speakers["right"].tolist() == [3, 2, 2, 1, 0]


def test_rows_hold_what_was_counted_by_hand() -> None:
    noisy = predictions_of({name: [-one for one in logits] for name, logits in ANSWERS.items()}, "noise 0 dB")
    rows = Evaluation(pd.concat([predictions_of(ANSWERS), noisy], ignore_index=True)).rows()
    assert value(rows, "condition", CLEAN, "clips") == 14
    assert value(rows, "condition", CLEAN, "errors") == 6
    assert value(rows, "condition", CLEAN, "accuracy") == pytest.approx(8 / 14)
    assert value(rows, "condition", "noise 0 dB", "accuracy") == pytest.approx(6 / 14)
    assert value(rows, "condition", CLEAN, "accuracy_low") == pytest.approx(wilson(8, 14).low)
    assert value(rows, "class", "female", "recall") == pytest.approx(5 / 7)
    assert value(rows, "class", "female", "f1") == pytest.approx(2 * 5 / (7 + 9))
    assert value(rows, "class", "male", "recall") == pytest.approx(3 / 7)
    assert value(rows, "dialect", "DR1", "accuracy") == pytest.approx(5 / 6)
    assert value(rows, "dialect", "DR3", "errors") == 1
    assert value(rows, "speakers", "majority", "errors") == 3
    assert value(rows, "speakers", "mean_logit", "errors") == 1
    assert value(rows, "speakers", "mean_logit", "accuracy_high") == pytest.approx(wilson(4, 5).high)
    low, high = (value(rows, "speakers", "bootstrap", end) for end in ("accuracy_low", "accuracy_high"))
    assert 0 <= low < 8 / 14 < high <= 1
    names = {(row["kind"], row["name"], row["metric"]) for row in rows}
    assert len(names) == len(rows) and all(set(row) == {"kind", "name", "metric", "value"} for row in rows)


def test_ece_of_answers_that_are_always_too_sure() -> None:
    sure = np.log(0.95 / 0.05)
    found = measure_predictions(
        predictions_of({f"M{number}": [sure, sure, -sure, -sure] for number in range(5)})
    )
    assert found.accuracy == 0.5 and found.ece == pytest.approx(0.45, abs=1e-3)


def test_the_bootstrap_draws_speakers_not_clips() -> None:
    alike = predictions_of({f"M{n}": [1.0 if n % 2 else -1.0] * 50 for n in range(10)})
    mixed = predictions_of({f"M{n}": [1.0, -1.0] * 25 for n in range(10)})
    wide, narrow = bootstrap(alike), bootstrap(mixed)
    # Of ten speakers drawn anew each is right with 1/2: a deviation of sqrt(1/40).
    assert (wide.high - wide.low) / 2 == pytest.approx(1.96 * np.sqrt(1 / 40), abs=0.06)
    assert narrow.low == narrow.high == 0.5 and bootstrap(alike) == wide


class Pitch:
    """Stands for a model: what it tells is whether a sound crosses zero often."""

    def predict(self, clips: list[np.ndarray]) -> VoicePrediction:
        for clip in clips:
            if not clip.any():
                raise VoiceModelError("The clip is silence; expected a voice.")
        rates = [np.mean(np.diff(np.signbit(clip).astype(int)) != 0) * RATE_HZ / 2 for clip in clips]
        logits = np.array([[0.0, (300 - rate) / 50] for rate in rates], dtype=np.float32)
        soft = np.exp(logits)
        return VoicePrediction(
            soft / soft.sum(1, keepdims=True), logits, np.zeros((len(clips), 3), dtype=np.float32)
        )


@pytest.fixture
def clips(tmp_path: Path) -> pd.DataFrame:
    rows = []
    for sex, hz in (("female", 400), ("male", 200)):
        path = tmp_path / f"{sex}.wav"
        soundfile.write(path, 0.3 * np.sin(2 * np.pi * hz * np.arange(8_000) / 8_000), 8_000)
        rows.append((f"d/{sex}", "d", str(path), sex, sex, None))
    return pd.DataFrame(rows, columns=["clip_id", "dataset", "path", "speaker", "sex", "dialect"])


def test_each_clip_is_classified_in_each_condition(clips: pd.DataFrame) -> None:
    halved = Condition("half the pitch", lambda samples, _: np.repeat(samples, 2))
    done: list[int] = []
    found = evaluate(
        Pitch(),
        clips,
        [Condition(CLEAN, lambda samples, _: samples), halved],
        lambda now, _: done.append(now),
    )  # type: ignore[arg-type]
    assert found.metrics.accuracy == 1.0 and found.metrics.groups == 2 and done == [1, 2]
    assert found.of("half the pitch")["predicted"].tolist() == ["male", "male"]
    assert found.clean["logit"].tolist() == pytest.approx([-2.0, 2.0], abs=0.1)
    assert not [row for row in found.rows() if row["kind"] == "dialect"]


def test_what_cannot_be_tested_is_refused(clips: pd.DataFrame) -> None:
    silent = Condition("nothing", lambda samples, _: 0 * samples)
    with pytest.raises(TrainError, match=r"female\.wav: The clip is silence"):
        evaluate(Pitch(), clips, [silent])  # type: ignore[arg-type]
    with pytest.raises(TrainError, match="no clip to test on"):
        evaluate(Pitch(), clips.head(0), [silent])  # type: ignore[arg-type]


SOUNDS = Noises(
    [as_int16(np.random.default_rng(n).normal(0, 0.05, 9_000).astype(np.float32)) for n in range(3)]
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
