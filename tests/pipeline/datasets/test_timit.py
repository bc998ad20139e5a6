from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datasets import timit
from pipeline.datasets.timit import _height_cm

Plant = Callable[..., Path]
TEXT = "0 46797 She had your dark suit in greasy wash water all year.\n"


def published(spkrinfo: str) -> dict[str, str]:
    return {
        "TRAIN/DR1/FCJF0/SA1.WAV": "",
        "TRAIN/DR1/FCJF0/SA1.TXT": TEXT,
        "TRAIN/DR1/FCJF0/SA1.PHN": "0 3050 h#\n",
        "TRAIN/DR1/FCJF0/SX127.WAV": "",
        "TRAIN/DR2/MCPM0/SI1194.WAV": "",
        "TEST/DR1/MDAB0/SI1039.WAV": "",
        "DOC/SPKRINFO.TXT": spkrinfo,
    }


def test_published_layout(plant: Plant, spkrinfo: str) -> None:
    root = plant(texts=published(spkrinfo))
    scan = timit.scan(root, "timit")
    assert timit.validate(root) == []
    assert scan.problems == []
    assert scan.notes == ["4 of 6,300 sentences are on disk."]
    test, woman, _, man = scan.clips
    assert woman.clip_id == "timit/TRAIN/DR1/FCJF0/SA1.WAV"
    assert (woman.speaker, woman.sex, woman.label, woman.split) == ("FCJF0", "female", "female", "train")
    assert (woman.sentence, woman.sentence_type, woman.dialect) == ("SA1", "SA", "DR1 New England")
    assert woman.text == "She had your dark suit in greasy wash water all year."
    assert (woman.age_years, woman.height_cm) == (26.2, 165.1)
    assert (test.split, test.speaker, test.age_years, test.height_cm) == ("test", "MDAB0", None, 188.0)
    assert (man.sentence_type, man.age_years, man.height_cm, man.text) == ("SI", None, None, None)
    assert {clip.source for clip in scan.clips} == {None}


@pytest.mark.parametrize("given_root", ["", "TIMIT", "TIMIT/data"])
def test_lower_case_below_data(plant: Plant, spkrinfo: str, given_root: str) -> None:
    texts = {f"TIMIT/data/{path.lower()}": text for path, text in published(spkrinfo).items()}
    root = plant(texts=texts) / given_root
    scan = timit.scan(root, "timit")
    assert [(clip.speaker, clip.sentence) for clip in scan.clips][1] == ("FCJF0", "SA1")
    assert scan.clips[1].text and scan.clips[1].height_cm
    assert [clip.split for clip in scan.clips] == ["test", "train", "train", "train"]
    assert all(clip.path == root / clip.relative_path for clip in scan.clips)


@pytest.mark.parametrize("given_root", ["TRAIN", "TRAIN/DR1", "TRAIN/DR1/FCJF0"])
def test_root_inside_still_knows_split_and_dialect(plant: Plant, spkrinfo: str, given_root: str) -> None:
    root = plant(texts=published(spkrinfo)) / given_root
    clip = timit.scan(root, "timit").clips[0]
    assert (clip.speaker, clip.split, clip.dialect, clip.sentence) == (
        "FCJF0",
        "train",
        "DR1 New England",
        "SA1",
    )
    assert clip.text
    assert (clip.height_cm is None) == given_root.endswith("FCJF0")


def test_nltk_layout_takes_the_split_from_the_table(plant: Plant, spkrinfo: str) -> None:
    # A folder called test above the corpus says nothing of the split.
    files = {"test/timit/dr1-fcjf0/sa1.wav": "", "test/timit/dr1-fcjf0/sa1.txt": TEXT}
    root = plant(["test/timit/dr1-mdab0/si1039.wav"], {**files, "test/timit/spkrinfo.txt": spkrinfo})
    clips = timit.scan(root / "test/timit", "timit").clips
    assert [clip.split for clip in clips] == ["train", "test"]
    assert [clip.dialect for clip in clips] == ["DR1 New England"] * 2
    assert clips[0].text


def test_without_documents_the_folders_are_believed(plant: Plant) -> None:
    scan = timit.scan(plant(["TRAIN/DR3/FALK0/SX6.WAV", "loose/MADC0/SA2.wav"]), "timit")
    assert [clip.sex for clip in scan.clips] == ["female", "male"]
    assert [clip.split for clip in scan.clips] == ["train", None]
    assert [clip.dialect for clip in scan.clips] == ["DR3 North Midland", None]
    assert "SPKRINFO.TXT is not there" in scan.notes[-1]


def test_copies_in_riff_are_read_once(plant: Plant) -> None:
    root = plant([f"TRAIN/DR1/FCJF0/SA{n}.WAV{end}" for n in (1, 2) for end in ("", ".wav")])
    (root / "TRAIN/DR1/FCJF0/SA2.WAV").unlink()
    scan = timit.scan(root, "timit")
    assert [clip.relative_path.rpartition("/")[2] for clip in scan.clips] == ["SA1.WAV", "SA2.WAV.wav"]
    assert [clip.sentence for clip in scan.clips] == ["SA1", "SA2"]
    assert "Copies of sentences under another name or folder: 1;" in scan.notes[1]


def test_a_speaker_of_the_other_sex_is_a_problem(plant: Plant, spkrinfo: str) -> None:
    root = plant(["TRAIN/DR1/MCJF0/SA1.WAV", "TRAIN/DR2/MCPM0/SA1.WAV"], {"DOC/SPKRINFO.TXT": spkrinfo})
    scan = timit.scan(root, "timit")
    assert [clip.speaker for clip in scan.clips] == ["MCPM0"]
    (problem,) = scan.problems
    assert problem.relative_path == "TRAIN/DR1/MCJF0/SA1.WAV"
    assert "says male, SPKRINFO.TXT says female" in problem.reason


def test_foreign_names(plant: Plant, spkrinfo: str) -> None:
    files = [
        "TRAIN/DR1/FCJF0/SA1.WAV",
        "TRAIN/DR1/FCJF0/noise.wav",
        "SPHERE/beep.wav",
        "TRAIN/DR1/FXYZ0/SA1.WAV",
    ]
    scan = timit.scan(plant(files, {"DOC/SPKRINFO.TXT": spkrinfo}), "timit")
    assert [problem.relative_path for problem in scan.problems] == ["TRAIN/DR1/FCJF0/noise.wav"]
    assert "do not belong to the corpus: 1;" in scan.notes[1]
    assert "does not list FXYZ0" in scan.notes[2]


@given(st.integers(0, 9), st.integers(0, 99))
def test_heights(feet: int, inches: int) -> None:
    height_cm = _height_cm(f"{feet}'{inches}\"")
    if inches > 11:
        assert height_cm is None
    else:
        assert height_cm == pytest.approx((12 * feet + inches) * 2.54, abs=0.05)


def test_the_real_sample(shared_data: Path) -> None:
    clips = timit.scan(shared_data / "timit_sample", "timit").clips
    assert len(clips) == 160
    speakers = {clip.speaker: clip.sex for clip in clips}
    assert Counter(speakers.values()) == {"female": 8, "male": 8}
    assert set(Counter(clip.dialect for clip in clips).values()) == {20}
    assert Counter(clip.sentence_type for clip in clips) == {"SA": 32, "SI": 48, "SX": 80}
    assert all(clip.text and clip.height_cm and clip.age_years for clip in clips)
    assert {clip.split for clip in clips} == {"train"}
