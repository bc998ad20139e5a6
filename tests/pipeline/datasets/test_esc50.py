from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.datasets import esc50
from pipeline.datasets.corpus import DatasetError

Plant = Callable[..., Path]


@pytest.fixture
def corpus(plant: Plant, esc50_table: str, esc50_audio: list[str]) -> Path:
    files = [f"ESC-50-master/audio/{name}" for name in esc50_audio]
    return plant(files, {"ESC-50-master/meta/esc50.csv": esc50_table}) / "ESC-50-master"


def test_published_layout(corpus: Path) -> None:
    scan = esc50.scan(corpus, "esc50")
    assert (scan.problems, scan.notes) == ([], [])
    assert esc50.validate(corpus) == []
    assert esc50.missing(corpus) == 0
    assert [clip.label for clip in scan.clips] == ["dog", "dog", "chirping_birds", "hand_saw"]
    first, last = scan.clips[0], scan.clips[-1]
    assert first.clip_id == "esc50/audio/1-100-A-0.wav"
    assert (first.fold, first.source, first.take, first.label_group) == (1, "100", "A", "Animals")
    assert last.label_group == "Exterior/urban noises"
    assert first.split is None


@pytest.mark.parametrize("given_root", ["", "ESC-50-master", "ESC-50-master/audio"])
def test_root_above_at_and_inside(corpus: Path, given_root: str) -> None:
    root = corpus.parent / given_root
    scan = esc50.scan(root, "esc50")
    assert esc50.validate(root) == []
    assert [clip.path for clip in scan.clips] == sorted((corpus / "audio").iterdir())
    assert all(clip.path == root / clip.relative_path for clip in scan.clips)


@pytest.mark.parametrize("folder", ["audio/", "", "audio/audio/"])
def test_table_beside_the_clips(plant: Plant, esc50_table: str, esc50_audio: list[str], folder: str) -> None:
    root = plant([folder + name for name in esc50_audio], {"esc50.csv": esc50_table})
    assert len(esc50.scan(root, "esc50").clips) == 4


def test_names_without_target_and_in_ogg(plant: Plant, esc50_table: str) -> None:
    root = plant(["audio/1-100-A.ogg", "audio/2-200-A.OGG"], {"esc50.csv": esc50_table})
    scan = esc50.scan(root, "esc50")
    assert [clip.label for clip in scan.clips] == ["dog", "chirping_birds"]
    assert scan.notes == ["2 of 4 clips are on disk."]
    assert scan.problems == []
    assert esc50.missing(root) == 2


def test_copies_are_read_once(corpus: Path) -> None:
    (corpus / "audio" / "16000").mkdir()
    (corpus / "audio" / "16000" / "1-100-A-0.wav").touch()
    (corpus / "audio" / "1-100-A.ogg").touch()
    scan = esc50.scan(corpus, "esc50")
    assert scan.clips[0].relative_path == "audio/1-100-A-0.wav"
    assert len(scan.clips) == 4
    assert "Copies of clips under another name or folder: 2;" in scan.notes[0]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("1-100-A-14.wav", "the name says target 14 where esc50.csv has 0 (dog)"),
        ("2-100-A-0.wav", "esc50.csv has no row for it"),
        ("1-999-A-0.wav", "esc50.csv has no row for it"),
        ("bark.wav", "the name is not FOLD-SOURCE-TAKE-TARGET"),
    ],
)
def test_mislabelled_files_are_problems(corpus: Path, name: str, said: str) -> None:
    (corpus / "audio" / "1-100-A-0.wav").rename(corpus / "audio" / name)
    scan = esc50.scan(corpus, "esc50")
    assert len(scan.clips) == 3
    assert [problem.relative_path for problem in scan.problems] == [f"audio/{name}"]
    assert said in scan.problems[0].reason


def test_a_row_that_contradicts_its_file_is_a_problem(plant: Plant, esc50_table: str) -> None:
    table = esc50_table.replace("1-100-A-0.wav,1,0,dog", "1-100-A-0.wav,4,0,dog")
    scan = esc50.scan(plant(["audio/1-100-A-0.wav"], {"esc50.csv": table}), "esc50")
    assert scan.clips == []
    assert "fold 1 where esc50.csv has 4 (dog)" in scan.problems[0].reason


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("target", "goal", "lacks the column 'target'"),
        ("filename", "file", "lacks the column 'filename'"),
    ],
)
def test_a_damaged_table_is_told(corpus: Path, old: str, new: str, said: str) -> None:
    table = corpus / "meta/esc50.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    (sentence,) = esc50.validate(corpus)
    assert said in sentence
    assert esc50.scan(corpus, "esc50").notes == [sentence]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("one,0,dog", "line 2 of esc50.csv has fold 'one' and target '0'"),
        ("1e300,0,dog", "has fold '1e300'"),
        ("1,nan,dog", "target 'nan'"),
        ("1,50,dog", "has target 50"),
        ("1", "ends before 'target'"),
    ],
)
def test_a_damaged_row_is_a_problem_of_its_clip_alone(corpus: Path, cells: str, reason: str) -> None:
    table = corpus / "meta/esc50.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    lines[1] = f"1-100-A-0.wav,{cells}"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    scan = esc50.scan(corpus, "esc50")
    assert len(scan.clips) == 3
    (problem,) = scan.problems
    assert problem.relative_path == "audio/1-100-A-0.wav" and reason in problem.reason


def test_folds_with_a_point_and_a_table_without_sources_are_read(corpus: Path) -> None:
    names = [path.name for path in sorted((corpus / "audio").iterdir())]
    rows = [f"{name},{name[0]}.0,{name[:-4].split('-')[3]},dog" for name in names]
    table = "\n".join(["filename,fold,target,category", *rows])
    (corpus / "meta/esc50.csv").write_text(table, encoding="utf-8")
    clips = esc50.scan(corpus, "esc50").clips
    assert [(clip.fold, clip.source, clip.take) for clip in clips] == [
        (1, "100", "A"), (1, "100", "B"), (2, "200", "A"), (3, "300", "A"),
    ]  # fmt: skip


@pytest.mark.parametrize("above", ["ESC-50-master", "download/x"])
def test_a_corpus_further_below_is_found(
    plant: Plant, esc50_table: str, esc50_audio: list[str], above: str
) -> None:
    inside = f"{above}/ESC-50-master"
    root = plant(
        [f"{inside}/Audio/{name}" for name in esc50_audio], {f"{inside}/Meta/ESC50.csv": esc50_table}
    )
    assert esc50.validate(root) == []
    assert len(esc50.scan(root, "esc50").clips) == 4


def test_two_corpora_are_told(corpus: Path, esc50_table: str, plant: Plant) -> None:
    plant(["copy/audio/1-100-A-0.wav"], {"copy/meta/esc50.csv": esc50_table})
    (sentence,) = esc50.validate(corpus.parent)
    assert "more than one ESC-50" in sentence


def test_no_audio_is_told(plant: Plant, esc50_table: str) -> None:
    (sentence,) = esc50.validate(plant([], {"meta/esc50.csv": esc50_table}))
    assert "holds none of the 4 clips" in sentence


def test_missing_raises_where_there_is_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"esc50\.csv"):
        esc50.missing(tmp_path)


@given(st.integers(0, 6), st.integers(99, 301), st.sampled_from("ABC"), st.integers(-1, 55))
def test_no_clip_ever_contradicts_its_name(fold: int, source: int, take: str, target: int) -> None:
    known = {(1, 100, "A", 0): "dog", (2, 200, "A", 14): "chirping_birds"}
    rows = "".join(f"{f}-{s}-{t}-{g}.wav,{f},{g},{name},{s},{t}\n" for (f, s, t, g), name in known.items())
    stem = f"{fold}-{source}-{take}" + (f"-{target}" if target >= 0 else "")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "esc50.csv").write_text("filename,fold,target,category,src_file,take\n" + rows)
        Path(folder, f"{stem}.wav").touch()
        scan = esc50.scan(Path(folder), "esc50")
    right = [
        n for (f, s, t, g), n in known.items() if (f, s, t) == (fold, source, take) and target in (g, -1)
    ]
    assert [clip.label for clip in scan.clips] == right
    assert len(scan.problems) == 1 - len(right)


def test_the_real_esc10(shared_data: Path) -> None:
    clips = esc50.scan(shared_data / "esc10", "esc50").clips
    assert len(clips) == 400
    assert set(Counter(clip.label for clip in clips).values()) == {40}
    assert len({clip.label for clip in clips}) == 10
    assert Counter(clip.fold for clip in clips) == dict.fromkeys(range(1, 6), 80)
    assert {clip.label: clip.label_group for clip in clips}["dog"] == "Animals"
