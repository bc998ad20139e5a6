"""What every entry of DATASETS must keep, whatever the corpus."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.clips import Dataset, Scan
from pipeline.datasets import DATASETS

REAL = {
    "esc50": "esc10",
    "timit": "timit_sample",
    "librispeech": "librispeech_sample",
    "ravdess": "ravdess",
    "emodb": "emodb",
    "folder": "emodb",
}
every_dataset = pytest.mark.parametrize("dataset", DATASETS.values(), ids=DATASETS.keys())


def one_sentence(text: str) -> bool:
    return len(text) > 20 and "\n" not in text and text[-1] == "." and text[0] != " "


def check_scan(scan: Scan, root: Path, name: str) -> None:
    paths = [clip.relative_path for clip in scan.clips]
    assert paths == sorted(paths)
    assert len({clip.clip_id for clip in scan.clips}) == len(paths)
    for clip in scan.clips:
        assert clip.dataset == name
        assert clip.path == root / clip.relative_path
        assert not clip.relative_path.startswith(("/", "."))
        assert "\\" not in clip.relative_path
    failed = [problem.relative_path for problem in scan.problems]
    assert len(set(failed)) == len(failed)
    assert not set(failed) & set(paths)
    assert all(problem.stage == "scan" and one_sentence(problem.reason) for problem in scan.problems)
    assert all(one_sentence(note) for note in scan.notes)


def test_names_are_the_keys() -> None:
    assert {name: dataset.name for name, dataset in DATASETS.items()} == {name: name for name in DATASETS}


@every_dataset
def test_says_what_it_is(dataset: Dataset) -> None:
    for said in ("title", "label_name", "licence", "citation", "layout", "how_to_get"):
        assert getattr(dataset, said).strip(), said
        assert "\n" not in getattr(dataset, said)


@every_dataset
def test_docstring_is_the_datasheet(dataset: Dataset) -> None:
    if dataset.synthetic:
        pytest.skip("a demo corpus shares the reader of the corpus it imitates")
    sheet = re.sub(r"\s+", " ", sys.modules[dataset.scan.__module__].__doc__ or "")
    for heading in ("What", "Size", "Licence", "Citation", "Layout"):
        assert f" {heading} " in sheet
    assert f"Licence {dataset.licence} Citation {dataset.citation} " in sheet


@every_dataset
def test_an_empty_folder_has_no_clips(dataset: Dataset, tmp_path: Path) -> None:
    assert dataset.scan(tmp_path, "mine").clips == []
    (sentence,) = dataset.validate(tmp_path)
    assert one_sentence(sentence)
    assert str(tmp_path) in sentence
    assert "expected" in sentence


@every_dataset
@pytest.mark.parametrize("what", ["missing", "file"])
def test_a_wrong_path_is_told_not_raised(dataset: Dataset, what: str, tmp_path: Path) -> None:
    root = tmp_path / "there.wav"
    if what == "file":
        root.write_bytes(b"RIFF")
    assert dataset.scan(root, "mine").clips == []
    (sentence,) = dataset.validate(root)
    assert one_sentence(sentence)
    assert str(root) in sentence


@every_dataset
def test_a_foreign_folder_is_told(dataset: Dataset, plant: Callable[..., Path]) -> None:
    root = plant(["notes/readme.md", "notes/figure.png", "._03a01Fa.wav", ".cache/SA1.WAV"])
    assert dataset.scan(root, "mine").clips == []
    assert [one_sentence(sentence) for sentence in dataset.validate(root)] == [True]


@pytest.mark.parametrize("name", REAL)
def test_real_recordings(name: str, shared_data: Path) -> None:
    dataset, root = DATASETS[name], shared_data / REAL[name]
    assert dataset.validate(root) == []
    scan = dataset.scan(root, "mine")
    assert scan.clips
    assert scan.problems == []
    check_scan(scan, root, "mine")
    assert dataset.scan(root, "mine") == scan


@pytest.mark.parametrize("name", [name for name in REAL if name != "folder"])
def test_finds_its_own_among_others(name: str, shared_data: Path) -> None:
    dataset = DATASETS[name]
    alone = dataset.scan(shared_data / REAL[name], "mine")
    among = dataset.scan(shared_data, "mine")
    assert dataset.validate(shared_data) == []
    assert [clip.path for clip in among.clips] == [clip.path for clip in alone.clips]
    assert among.problems == []
    check_scan(among, shared_data, "mine")
