from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.datasets.corpus import (
    DatasetError,
    TableLayout,
    find_table,
    is_audio,
    read_table,
    rows_by_file,
    stem_of,
    walk,
)

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need special rights on Windows")


def test_sorted_and_without_hidden_names(plant: Callable[..., Path]) -> None:
    root = plant(["b.wav", "a/z.FLAC", "a/._z.flac", ".git/x.wav", "ä ö/1 2.ogg", "A.txt"])
    tree = walk(root)
    assert tree.files == ["A.txt", "a/z.FLAC", "b.wav", "ä ö/1 2.ogg"]
    assert tree.audio == ["a/z.FLAC", "b.wav", "ä ö/1 2.ogg"]
    assert walk(root, "a").files == ["a/z.FLAC"]


def test_a_suffix_needs_its_dot() -> None:
    assert is_audio("a/b.Wav")
    assert not is_audio("wav")
    assert stem_of("a/SA1.WAV.wav") == "SA1.WAV"
    assert stem_of("a/bare") == "bare"


@needs_links
def test_links_end_and_nothing_is_seen_twice(plant: Callable[..., Path], tmp_path: Path) -> None:
    root = plant(["in/deep/a.wav", "in/b.wav"]) / "in"
    other = tmp_path / "other"
    other.mkdir()
    (other / "c.wav").touch()
    (other / "back").symlink_to(other)
    (root / "deep" / "up").symlink_to(root)
    (root / "above").symlink_to(tmp_path)
    (root / "again").symlink_to(root / "deep")
    (root / "self").symlink_to(root / "self")
    (root / "one").symlink_to(other)
    (root / "two").symlink_to(other)
    tree = walk(root)
    assert tree.files == ["b.wav", "deep/a.wav", "one/c.wav"]
    assert tree.problems == []


@needs_links
def test_a_dead_link_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nowhere.wav")
    (problem,) = walk(tmp_path).problems
    assert problem.relative_path == "gone.wav"
    assert "link to a file that is not there" in problem.reason


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_no_text_is_a_problem(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav")).touch()
    tree = walk(tmp_path)
    assert tree.files == []
    assert tree.problems[0].relative_path == "caf\N{REPLACEMENT CHARACTER}.wav"
    tree.problems[0].relative_path.encode("utf-8")


def test_a_locked_folder_is_a_problem(plant: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    root = plant(["open/a.wav", "locked/b.wav"])
    true_scandir = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return true_scandir(path)

    monkeypatch.setattr(os, "scandir", scandir)
    tree = walk(root)
    assert tree.files == ["open/a.wav"]
    assert [problem.relative_path for problem in tree.problems] == ["locked"]
    assert "Permission denied" in tree.problems[0].reason


def test_many_files_take_no_stat_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in range(20):
        (tmp_path / str(folder)).mkdir()
        for number in range(100):
            (tmp_path / str(folder) / f"{number}.wav").touch()

    asked = []
    true_stat = os.stat

    def stat(path: Path, **keywords: bool) -> os.stat_result:
        asked.append(path)
        return true_stat(path, **keywords)

    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", stat)
        assert len(walk(tmp_path).audio) == 2000
    assert len(asked) < 10


URBAN = TableLayout(
    title="UrbanSound8K",
    expected="UrbanSound8K with audio/ and metadata/UrbanSound8K.csv",
    table="UrbanSound8K.csv",
    table_folder="metadata",
    columns=("slice_file_name", "fold", "class"),
)
ROWS = "slice_file_name,fold,class\n100032-3-0-0.wav,5,dog_bark\n"


@pytest.mark.parametrize("given", [".", "UrbanSound8K", "UrbanSound8K/audio"])
def test_the_table_of_another_corpus_is_found(plant: Callable[..., Path], given: str) -> None:
    root = plant(
        ["UrbanSound8K/audio/fold5/100032-3-0-0.wav"], {"UrbanSound8K/metadata/UrbanSound8K.csv": ROWS}
    )
    path, audio = find_table(root / given, URBAN)
    assert path.resolve() == (root / "UrbanSound8K/metadata/UrbanSound8K.csv").resolve()
    assert audio.resolve() == (root / "UrbanSound8K/audio").resolve()
    rows = rows_by_file(read_table(path), URBAN)
    assert {stem: row.cells["class"] for stem, row in rows.items()} == {"100032-3-0-0": "dog_bark"}


def test_a_table_that_is_not_there_or_lacks_a_column(plant: Callable[..., Path]) -> None:
    root = plant(["audio/a.wav"], {"metadata/UrbanSound8K.csv": "slice_file_name,fold\na.wav,5\n"})
    with pytest.raises(
        DatasetError, match=r"lacks the column 'class': expected slice_file_name, fold, class"
    ):
        rows_by_file(read_table(find_table(root, URBAN)[0]), URBAN)
    (root / "metadata/UrbanSound8K.csv").unlink()
    with pytest.raises(DatasetError, match=r"No UrbanSound8K.csv in .*: expected UrbanSound8K with audio/"):
        find_table(root, URBAN)
