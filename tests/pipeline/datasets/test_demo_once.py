"""A corpus is made whole or not at all, and nobody's own files are touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.datasets.demo import STAMP, PrepareError, make_once

STAMP_1 = {"corpus": "test", "version": 1, "recordings": 2}


def write(folder: Path) -> None:
    (folder / "audio").mkdir()
    for name in "ab":
        (folder / "audio" / f"{name}.WAV").write_bytes(b"RIFF")


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def test_makes_it_once(tmp_path: Path) -> None:
    root = tmp_path / "new" / "corpus"
    assert make_once(root, STAMP_1, write)
    assert visible(root.parent) == ["corpus"]
    made = (root / "audio" / "a.WAV").stat().st_mtime_ns
    assert not make_once(root, STAMP_1, write)
    assert (root / "audio" / "a.WAV").stat().st_mtime_ns == made


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    assert make_once(tmp_path / "corpus", STAMP_1, write)


def test_a_new_version_replaces_the_old(tmp_path: Path) -> None:
    root = tmp_path / "corpus"
    make_once(root, STAMP_1, write)
    (root / "audio" / "old.txt").touch()
    assert make_once(root, STAMP_1 | {"version": 2}, write)
    assert not (root / "audio" / "old.txt").exists()
    assert visible(tmp_path) == ["corpus"]


def test_a_lost_recording_is_made_anew(tmp_path: Path) -> None:
    root = tmp_path / "corpus"
    make_once(root, STAMP_1, write)
    (root / "audio" / "a.WAV").unlink()
    assert make_once(root, STAMP_1, write)
    assert (root / "audio" / "a.WAV").exists()


@pytest.mark.parametrize("before", [False, True], ids=["none before", "one before"])
def test_a_failure_leaves_what_was_there(tmp_path: Path, before: bool) -> None:
    root = tmp_path / "corpus"
    if before:
        make_once(root, STAMP_1, write)

    def dies(folder: Path) -> None:
        write(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_once(root, STAMP_1 | {"version": 2}, dies)
    assert visible(tmp_path) == (["corpus"] if before else [])
    assert make_once(root, STAMP_1, write) is not before


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    leftover = tmp_path / ".corpus.partial" / "audio"
    leftover.mkdir(parents=True)
    (leftover / "half.WAV").touch()
    make_once(tmp_path / "corpus", STAMP_1, write)
    assert sorted(path.name for path in (tmp_path / "corpus" / "audio").iterdir()) == ["a.WAV", "b.WAV"]
    assert visible(tmp_path) == ["corpus"]


def test_own_recordings_are_never_replaced(tmp_path: Path) -> None:
    root = tmp_path / "mine"
    root.mkdir()
    (root / "dog.wav").write_bytes(b"mine")
    with pytest.raises(PrepareError, match="expected") as raised:
        make_once(root, STAMP_1, write)
    assert str(root) in str(raised.value)
    assert (root / "dog.wav").read_bytes() == b"mine"
    assert not (root / STAMP).exists()


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "corpus").touch()
    with pytest.raises(PrepareError, match="a file"):
        make_once(tmp_path / "corpus", STAMP_1, write)


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    def fills(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(PrepareError, match="No space left on device"):
        make_once(tmp_path / "corpus", STAMP_1, fills)
    assert visible(tmp_path) == []
