from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datasets import ravdess

Plant = Callable[..., Path]


def test_everything_is_in_the_name(plant: Plant) -> None:
    scan = ravdess.scan(
        plant(["Actor_12/03-01-06-02-02-01-12.wav", "Actor_01/03-01-01-01-01-02-01.flac"]), "r"
    )
    man, woman = scan.clips
    assert (woman.label, woman.label_group, woman.sex, woman.speaker) == (
        "fearful",
        "strong",
        "female",
        "Actor_12",
    )
    assert (woman.text, woman.sentence, woman.take) == ("Dogs are sitting by the door.", "02", "01")
    assert (man.label, man.label_group, man.sex, man.take) == ("neutral", "normal", "male", "02")
    assert scan.notes == ["2 of 1,440 utterances are on disk."]


def test_song_and_video_are_left_out(plant: Plant) -> None:
    names = ["03-01-06-01-02-01-12.wav", "03-02-06-01-02-01-12.wav", "01-01-06-01-02-01-12.m4a"]
    scan = ravdess.scan(plant([f"Actor_12/{name}" for name in names]), "r")
    assert len(scan.clips) == 1
    assert scan.problems == []
    assert "Recordings of song or from videos: 2;" in scan.notes[-1]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("03-01-09-01-02-01-12.wav", "the name says emotion 09, expected 01 to 08"),
        ("03-01-06-01-02-01-25.wav", "the name says actor 25, expected 01 to 24"),
        ("03-01-06-01-02-01-11.wav", "the name says actor 11, the folder Actor_12"),
        ("fearful.wav", "the name is not seven two-digit numbers"),
    ],
)
def test_bad_names_are_problems(plant: Plant, name: str, said: str) -> None:
    scan = ravdess.scan(plant([f"Actor_12/{name}", "Actor_12/03-01-01-01-01-01-12.wav"]), "r")
    assert len(scan.clips) == 1
    (problem,) = scan.problems
    assert said in problem.reason


def test_the_copy_in_a_second_folder_is_read_once(plant: Plant) -> None:
    name = "Actor_12/03-01-06-01-02-01-12.wav"
    scan = ravdess.scan(plant([name, f"audio_speech_actors_01-24/{name}"]), "r")
    assert [clip.relative_path for clip in scan.clips] == [name]
    assert "Copies" in scan.notes[1]


@given(st.lists(st.integers(0, 26), min_size=7, max_size=7))
def test_any_numbers_are_a_clip_or_told(numbers: list[int]) -> None:
    stem = "-".join(f"{number:02}" for number in numbers)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, f"{stem}.wav").touch()
        scan = ravdess.scan(Path(folder), "r")
    assert len(scan.clips) + len(scan.problems) + len(scan.notes) >= 1
    for clip in scan.clips:
        assert clip.sex == ("male" if numbers[-1] % 2 else "female")


def test_the_real_utterances(shared_data: Path) -> None:
    clips = ravdess.scan(shared_data / "ravdess", "ravdess").clips
    assert len(clips) == 720
    assert len({clip.speaker for clip in clips}) == 24
    assert Counter(clip.sex for clip in clips) == {"female": 360, "male": 360}
    assert len({clip.label for clip in clips}) == 8
