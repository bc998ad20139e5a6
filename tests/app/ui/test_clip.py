"""What is said of one clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.ui import clip as listen
from pipeline.fields import with_role

MEASURED = {
    "duration_s": 5.0,
    "sample_rate_hz": 44_100,
    "channels": 1,
    "codec": "WAV PCM_16",
    "peak_dbfs": -0.04,
    "rms_dbfs": -21.333,
    "bandwidth_hz": 16_021.7,
    "silence_share": 0.125,
    "digital_silence_share": 0.0,
    "clipped_share": 0.0004,
}


def _clip(**told: object) -> pd.Series:
    row = dict.fromkeys(with_role("label")) | {"relative_path": "audio/1-2-A-3.wav", "root": "/data/esc"}
    return pd.Series(row | MEASURED | told, dtype=object)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"label": "dog"}, "dog"),
        ({"label": "female", "speaker": "FCJF0", "sentence": "SA1"}, "female · FCJF0 · SA1"),
        ({"speaker": "07"}, "07"),
        ({}, "audio/1-2-A-3.wav"),
    ],
)
def test_the_heading_is_what_a_person_would_call_it(told: dict[str, object], expected: str) -> None:
    assert listen.heading(_clip(**told)) == expected


@pytest.mark.parametrize("nothing", [None, np.nan, pd.NA])
def test_labels_leave_out_what_the_corpus_does_not_tell(nothing: object) -> None:
    clip = _clip(label="dog", fold=np.int32(3), age_years=26.0, dialect=nothing, text=nothing)
    assert listen.labels(clip) == {"label": "dog", "fold": "3", "age (years)": "26"}


def test_labels_of_a_clip_without_any() -> None:
    assert listen.labels(_clip()) == {}


def test_facts_carry_their_units() -> None:
    facts = listen.facts(_clip())
    assert facts["duration"] == "5.00 s"
    assert facts["sample rate"] == "44,100 Hz"
    assert facts["level (RMS)"] == "-21.3 dBFS"
    assert facts["bandwidth"] == "16,022 Hz"
    assert facts["share of silence"] == "12%"
    assert facts["share of clipping"] == "0.04%"
    assert facts["codec"] == "WAV PCM_16"
    assert len(facts) == len(with_role("fact")) - 1
    stereo = _clip(mixdown="channel 1 alone: mixed down, the channels would cancel each other out")
    assert listen.facts(stereo)["mixed down as"].startswith("channel 1 alone")


def test_a_recording_lies_below_the_root_of_its_collection() -> None:
    assert listen.recording(_clip()) == Path("/data/esc/audio/1-2-A-3.wav")
