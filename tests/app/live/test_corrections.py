"""Corrections: what was said, what it was, and the sound that goes with it."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pandas as pd
import pytest
import soundfile

from app.live import corrections
from app.live.corrections import SOUND_S, probabilities
from app.live.timeline import Segment
from models.decisions import Decision, State

CLASSES = ("female", "male")


def decisions(count: int) -> list[Decision]:
    """A quarter of a second each; every sample says in which it is."""
    return [
        Decision(
            time_s=0.256 * number,
            state=State.FEMALE,
            probabilities={"female": 0.9, "male": 0.1},
            sound=np.full(4_096, number / 100, np.float32),
        )
        for number in range(1, count + 1)
    ]


def test_the_newest_decision_is_corrected_with_the_newest_of_its_sound() -> None:
    one = corrections.correct("microphone", decisions(24), State.MALE, "abc")
    assert (one.predicted, one.should, one.time_s) == (State.FEMALE, State.MALE, 24 * 0.256)
    assert len(one.sound) == SOUND_S * 16_000 and one.sound[-1] == np.float32(0.24)
    assert one.sound[0] < 0.14  # three seconds earlier


def test_the_archive_holds_a_line_and_a_recording_of_each() -> None:
    made = [
        corrections.correct("microphone", decisions(24), State.MALE, "abc"),
        corrections.correct("talk.mp3", decisions(2), State.NO_SPEECH, "abc"),
    ]
    with zipfile.ZipFile(io.BytesIO(corrections.archive(made, CLASSES))) as packed:
        told = pd.read_csv(packed.open("corrections.csv"))
        assert packed.namelist() == ["corrections.csv", *told["file"]]
        for name, one in zip(told["file"], made, strict=True):
            sound, rate_hz = soundfile.read(io.BytesIO(packed.read(name)))
            assert rate_hz == 16_000
            np.testing.assert_allclose(sound, one.sound, atol=1 / 2**15)
    assert told["should"].tolist() == ["male-like voice", "no speech"]
    assert told["female"].tolist() == [0.9, 0.9] and told["source"].tolist() == ["microphone", "talk.mp3"]


def test_of_a_stretch_both_classes_have_their_probability() -> None:
    stretch = Segment(start_s=0, end_s=1, state=State.MALE, probability=0.9)
    assert probabilities(stretch, CLASSES) == {"female": pytest.approx(0.1), "male": 0.9}
    assert probabilities(Segment(start_s=0, end_s=1, state=State.NO_SPEECH), CLASSES) == {}


def test_no_correction_is_an_empty_table_with_all_columns() -> None:
    told = corrections.corrections_table([], CLASSES)
    assert told.empty and {"source", "said", "should", *CLASSES} <= set(told.columns)
