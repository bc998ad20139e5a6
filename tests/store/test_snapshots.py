"""Snapshots are immutable and numbered for good; the pointer moves whole or not at all."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from store import publishing, snapshots
from store.errors import StoreError
from store.reader import Reader
from store.snapshots import BusyError, Store


def numbers(store: Store) -> list[int]:
    return [snapshot.number for snapshot in store.snapshots()]


def test_an_empty_store_has_nothing_and_makes_nothing(store) -> None:
    assert store.current() is None and store.snapshots() == [] and store.next_number() == 1
    assert not store.is_building() and store.owner() is None
    assert not store.root.exists()


def test_publishing_moves_the_file_and_the_pointer(store, filler, clips) -> None:
    first = filler.publish(store, clips)
    assert (first.number, store.current()) == (1, first)
    assert first.size_bytes > 0 and first.published_at.tzinfo is not None
    assert (store.root / "CURRENT").read_text() == "000001\n"
    second = filler.publish(store, clips)
    assert (second.number, store.current(), numbers(store)) == (2, second, [1, 2])
    assert sorted(path.name for path in store.root.iterdir()) == ["CURRENT", "snapshots", "staging"]
    assert list(store.staging.parent.iterdir()) == []


def test_other_files_are_no_snapshots(store, filled) -> None:
    (store.root / "snapshots" / "notes.duckdb").touch()
    (store.root / "snapshots" / "12.duckdb").touch()
    assert numbers(store) == [1]


NO_NUMBERS = [
    "",
    "seven\n",
    "000007\n",
    "²\n",
    "١\n",
    "-1\n",
    "\x00\x00",
    "\x1b[31m1",
    "1" * 5_000,
    "1\n" * 5_000,
]


@pytest.mark.parametrize("word", [None, *NO_NUMBERS], ids=lambda word: repr(word)[:12])
def test_a_pointer_to_nowhere_says_what_to_do_and_deletes_nothing(store, filled, word) -> None:
    pointer = store.root / "CURRENT"
    pointer.unlink() if word is None else pointer.write_text(word)
    for ask in (store.current, lambda: store.prune(1), lambda: publishing.begin(store)):
        with pytest.raises(StoreError, match=r"snapshots use NUMBER` with one of: 1\.") as refused:
            ask()
        assert len(str(refused.value)) < 300 and str(refused.value).isprintable()
    assert numbers(store) == [1]
    store.use(1)
    assert store.current() == filled


def test_a_folder_in_the_pointers_place(store, filled) -> None:
    pointer = store.root / "CURRENT"
    pointer.unlink()
    pointer.mkdir()
    with pytest.raises(
        StoreError, match=r"Move that folder away, then run .*snapshots use NUMBER` with one of: 1"
    ):
        store.current()
    with pytest.raises(StoreError, match=r"is a folder; expected a small file. Move that folder away first"):
        store.use(1)
    pointer.rmdir()
    store.use(1)
    assert store.current() == filled


def test_the_first_snapshot_counts_once_the_pointer_names_it(store, filler, clips, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Store, "use", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            filler.publish(store, clips)
    assert numbers(store) == [1] and store.current() is None
    publishing.recover(store)
    assert store.current().number == 1


def test_what_is_published_between_two_looks(store, filler, clips, monkeypatch) -> None:
    """The pointer was read, then a build published the next snapshot and dropped the one that was named."""
    for _ in range(2):
        filler.publish(store, clips)
    store.delete(1)
    words = iter(["000001", "000002"])
    with monkeypatch.context() as patch:
        patch.setattr(Store, "_pointer", lambda _: next(words))
        assert store.current().number == 2
    words = iter([None, "000002"])
    with monkeypatch.context() as patch:
        patch.setattr(Store, "_pointer", lambda _: next(words))
        assert store.current().number == 2


def test_snapshots_that_cannot_be_listed_are_no_empty_store(store) -> None:
    store.root.mkdir()
    (store.root / "snapshots").write_text("a file")
    with pytest.raises(StoreError, match="snapshots cannot be read: Not a directory"):
        store.current()


@pytest.mark.parametrize("word", ["", "x", "1" * 5_000])
def test_a_last_number_that_is_none(store, filled, word) -> None:
    (store.root / "snapshots" / "LAST").write_text(word)
    assert store.next_number() == 2


def test_what_a_killed_request_left_is_cleared(store, filled) -> None:
    for path in (store.request, store.request.with_name("request.duckdb.wal"), store.staging):
        path.write_bytes(b"half")
    publishing.recover(store)
    assert [path.name for path in store.staging.parent.iterdir()] == ["build.duckdb"]


def test_a_pointer_without_any_snapshot_says_what_to_do(store) -> None:
    store.root.mkdir()
    (store.root / "CURRENT").write_text("000001\n")
    with pytest.raises(StoreError, match="delete the file CURRENT and build again"):
        store.current()


def test_a_pointer_that_cannot_be_read(store) -> None:
    (store.root / "CURRENT").mkdir(parents=True)
    with pytest.raises(
        StoreError, match=r"CURRENT cannot be read: Is a directory. There is no snapshot at all"
    ):
        store.current()


@pytest.mark.parametrize("last", ["pointer", "file"])
def test_a_crash_between_the_moves_is_mended_by_the_next_build(
    store, filler, clips, monkeypatch, last
) -> None:
    """Cut off before the file has moved, and after it."""
    filler.publish(store, clips[:2])

    class CrashError(Exception):
        pass

    def crash(*arguments: object) -> None:
        raise CrashError

    with monkeypatch.context() as patch:
        patch.setattr(*((Store, "use") if last == "pointer" else (Path, "replace")), crash)
        with pytest.raises(CrashError):
            filler.publish(store, clips)
    assert store.current().number == 1
    with Reader(store.current().path) as reader:
        assert len(reader.vector_ids("tone")) == 2
    publishing.recover(store)
    assert store.current().number == (2 if last == "pointer" else 1)
    assert store.staging.exists() == (last == "file")
    assert not (store.root / "PUBLISHING").exists()


def test_a_crash_is_not_mended_against_the_users_will(store, filler, clips, monkeypatch) -> None:
    """Somebody went back to an older snapshot after the crash: that choice stays."""
    for _ in range(2):
        filler.publish(store, clips)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "use", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            filler.publish(store, clips)
    store.use(1)
    publishing.recover(store)
    assert store.current().number == 1
    assert store.next_number() == 4


@pytest.mark.parametrize("word", ["", "000002", "000009 after 000001\n", "\x00\x00"])
def test_half_a_marker_is_no_publication(store, filled, word) -> None:
    (store.root / "PUBLISHING").write_text(word)
    publishing.recover(store)
    assert store.current() == filled and not (store.root / "PUBLISHING").exists()


def test_a_number_is_never_given_twice(store, filler, clips) -> None:
    for _ in range(3):
        filler.publish(store, clips)
    store.use(1)
    store.delete(3)
    store.delete(2)
    assert filler.publish(store, clips).number == 4


def test_the_current_snapshot_is_never_deleted(store, filler, clips) -> None:
    for _ in range(4):
        filler.publish(store, clips)
    store.use(1)
    with pytest.raises(StoreError, match="is the current one and stays"):
        store.delete(1)
    assert store.prune(2) == [2]
    assert numbers(store) == [1, 3, 4] and store.current().number == 1
    with pytest.raises(StoreError, match="no snapshot 2 in this store; there are: 1, 3, 4"):
        store.delete(2)
    with pytest.raises(StoreError, match="no snapshot 2"):
        store.use(2)


def test_staging_begins_as_a_copy_and_never_as_half_a_one(store, filler, clips, monkeypatch) -> None:
    filler.publish(store, clips)

    def full(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("shutil.copyfile", full)
        with pytest.raises(OSError, match="No space"):
            publishing.begin(store)
    assert list(store.staging.parent.iterdir()) == []
    (store.staging.parent / "build.duckdb.wal").write_bytes(b"of another build")
    publishing.begin(store)
    assert [path.name for path in store.staging.parent.iterdir()] == ["build.duckdb"]
    assert store.staging.read_bytes() == store.current().path.read_bytes()


def test_the_lock_keeps_a_second_one_out_with_one_sentence(store) -> None:
    with store.lock():
        assert store.is_building() and store.owner() == os.getpid()
        outcomes: list[str] = []

        def second() -> None:
            try:
                with store.lock():
                    outcomes.append("in")
            except BusyError as error:
                outcomes.append(str(error))

        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
        assert len(outcomes) == 1 and f"process {os.getpid()}" in outcomes[0] and "Wait" in outcomes[0]
        assert store.is_building()
    assert not store.is_building() and store.owner() is None
    assert not (store.staging.parent / "OWNER").exists()


def test_the_lock_opens_after_any_end(store) -> None:
    for end in (ValueError, KeyboardInterrupt, SystemExit):
        with pytest.raises(end), store.lock():
            raise end
        assert not store.is_building()


def test_what_a_killed_build_left_names_no_owner(store) -> None:
    with store.lock():
        pass
    (store.staging.parent / "OWNER").write_text("1\n")
    assert store.owner() is None


def test_looking_at_the_lock_does_not_disturb_a_build(store) -> None:
    stop = threading.Event()
    looker = threading.Thread(target=lambda: [store.is_building() for _ in iter(stop.is_set, True)])
    looker.start()
    try:
        for _ in range(20):
            with store.lock():
                pass
    finally:
        stop.set()
        looker.join()


def test_a_store_that_may_not_be_written_is_not_being_built(store, monkeypatch) -> None:
    with store.lock():
        pass

    def refuse(*arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(snapshots.FileLock, "acquire", refuse)
    assert not store.is_building()


def test_a_small_file_is_written_whole(tmp_path, monkeypatch) -> None:
    path = tmp_path / "CURRENT"
    snapshots.write_atomically(path, "old\n")
    with monkeypatch.context() as patch:
        patch.setattr(snapshots, "flush", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            snapshots.write_atomically(path, "new\n")
    assert path.read_text() == "old\n"
    snapshots.write_atomically(path, "new\n")
    assert [one.name for one in tmp_path.iterdir()] == ["CURRENT"] and path.read_text() == "new\n"
