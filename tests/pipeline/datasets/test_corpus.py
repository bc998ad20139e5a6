from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.datasets.corpus import is_audio, stem_of, walk

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need special rights on Windows")


def test_sorted_and_without_hidden_names(plant: Callable[..., Path]) -> None:
    litter = ["__MACOSX/0.wav", "$RECYCLE.BIN/1.wav", "a/@eaDir/z.wav", "System Volume Information/x.wav"]
    root = plant(["b.wav", "a/z.FLAC", "a/._z.flac", ".git/x.wav", "ä ö/1 2.ogg", "A.txt", *litter])
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


@pytest.mark.skipif(sys.platform == "win32", reason="needs pipes")
def test_a_pipe_and_a_link_to_a_device_are_problems(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.wav")
    (tmp_path / "b.wav").symlink_to("/dev/null")
    reasons = [problem.reason for problem in walk(tmp_path).problems]
    assert "it is a pipe or a device" in reasons[0] and "it is a link to a pipe or a device" in reasons[1]


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
