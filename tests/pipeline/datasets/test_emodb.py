from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.datasets import emodb

Plant = Callable[..., Path]


@pytest.mark.parametrize("folder", ["wav/", "", "download/wav/"])
def test_everything_is_in_the_name(plant: Plant, folder: str) -> None:
    scan = emodb.scan(plant([f"{folder}03a01Fa.wav", f"{folder}16b10Lb.FLAC", f"{folder}08a02N.wav"]), "e")
    man, _, woman = scan.clips
    assert (man.speaker, man.sex, man.age_years, man.label) == ("03", "male", 31.0, "happiness")
    assert (man.sentence, man.take) == ("a01", "a")
    assert man.text == "Der Lappen liegt auf dem Eisschrank."
    assert (woman.sex, woman.label, woman.sentence) == ("female", "boredom", "b10")
    assert scan.problems == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("04a01Fa.wav", "speaker 04, expected one of 03, 08"),
        ("03a03Fa.wav", "sentence a03, expected one of a01"),
        ("03a01Xa.wav", "emotion X, expected one of W"),
        ("test.wav", "the name is not speaker, text, emotion and version"),
    ],
)
def test_bad_names_are_problems(plant: Plant, name: str, said: str) -> None:
    scan = emodb.scan(plant([f"wav/{name}", "wav/03a01Fb.wav"]), "e")
    assert len(scan.clips) == 1
    assert said in scan.problems[0].reason


def test_the_laryngograph_copies_are_left_out(plant: Plant) -> None:
    scan = emodb.scan(plant(["wav/03a01Fa.wav", "wav_laryng/03a01Fa.wav"]), "e")
    assert [clip.relative_path for clip in scan.clips] == ["wav/03a01Fa.wav"]


def test_the_real_utterances(shared_data: Path) -> None:
    clips = emodb.scan(shared_data / "emodb", "emodb").clips
    assert len(clips) == 339
    sexes = {clip.speaker: clip.sex for clip in clips}
    assert Counter(sexes.values()) == {"female": 5, "male": 5}
