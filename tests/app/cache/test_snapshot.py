"""What the pages read stays right when the store under an open dashboard changes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import soundfile
import streamlit as st

from app.cache import snapshot, tables
from app.cache.snapshot import SnapshotReader, of_snapshot
from pipeline.audio.decode import AudioError
from pipeline.inputs import ALL
from store.errors import StoreError
from store.invalidate import keep_datasets
from store.reader import Reader
from store.snapshots import Store
from store.writer import Writer


@pytest.fixture
def own_store(demo_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A copy of the demo store that a test may build into, as the pages' own."""
    root = shutil.copytree(demo_store, tmp_path / "store")
    monkeypatch.setenv("SESATLAS_STORE", str(root))
    return Store(root)


def _next_without(store: Store, dataset: str) -> int:
    """Publish a snapshot that lacks one dataset."""
    before = store.current()
    assert before is not None
    after = before.path.with_name(f"{before.number + 1:06d}.duckdb")
    shutil.copyfile(before.path, after)
    with Reader(before.path) as reader:
        kept = [row for row in reader.rows("all_datasets") if row["dataset"] != dataset]
    with Writer(after) as writer:
        keep_datasets(writer, kept)
    return store.use(before.number + 1).number


def test_pages_read_what_the_store_holds(own_store: Store) -> None:
    now = own_store.current()
    assert now is not None and snapshot.current() == now
    with Reader(now.path) as reader:
        assert snapshot.datasets().equals(reader.datasets())
        assert snapshot.clips("demo_voices").equals(reader.clips("demo_voices"))
        assert snapshot.builds().equals(reader.builds())
        view = reader.views()["view"].iloc[0]
        name = reader.view(view)["columns"][2]
        found, there = snapshot.matrix("demo_sounds", view), reader.matrix("demo_sounds", view)
    assert np.array_equal(found.values, there.values, equal_nan=True)
    # A column by itself is the column of the matrix, clip by clip.
    series = snapshot.column("demo_sounds", view, name)
    assert np.array_equal(series.loc[found.clip_ids].to_numpy(), found.values[:, 2], equal_nan=True)


def test_a_new_snapshot_is_seen_and_the_way_back_too(own_store: Store) -> None:
    first = snapshot.current().number
    assert set(snapshot.datasets()["dataset"]) == {"demo_sounds", "demo_voices"}
    assert len(snapshot.clips("demo_sounds"))
    second = _next_without(own_store, "demo_sounds")
    assert snapshot.current().number == second
    assert snapshot.datasets()["dataset"].tolist() == ["demo_voices"]
    with pytest.raises(StoreError, match="demo_voices"):
        snapshot.clips("demo_sounds")
    assert len(snapshot.difference(first, second).clips)
    own_store.use(first)
    assert set(snapshot.datasets()["dataset"]) == {"demo_sounds", "demo_voices"}


def test_two_stores_with_the_same_numbers_are_kept_apart(
    own_store: Store, demo_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = snapshot.current().number
    second = _next_without(own_store, "demo_sounds")
    own_store.snapshot(first).path.unlink()
    own_store.snapshot(second).path.rename(own_store.at(first).path)
    own_store.use(first)
    assert len(snapshot.datasets()) == 1
    monkeypatch.setenv("SESATLAS_STORE", str(demo_store))
    assert len(snapshot.datasets()) == 2


def test_what_is_cached_cannot_be_spoiled_by_a_page(own_store: Store) -> None:
    table = snapshot.datasets()
    table.loc[:, "clips"] = 0
    assert snapshot.datasets()["clips"].min() > 0


def test_an_empty_store_says_how_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SESATLAS_STORE", str(tmp_path / "nothing"))
    with pytest.raises(snapshot.EmptyStoreError, match="Home"):
        snapshot.datasets()


def test_a_recording_is_read_anew_when_its_content_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "one.wav"
    tone = 0.5 * np.sin(np.arange(8_000) / 5)
    soundfile.write(path, tone, 8_000)
    samples, rate_hz = snapshot.samples(str(path), "first")
    assert (len(samples), rate_hz) == (8_000, 8_000)
    soundfile.write(path, tone[:4_000], 8_000)
    assert len(snapshot.samples(str(path), "second")[0]) == 4_000


def test_a_recording_that_is_gone(tmp_path: Path) -> None:
    path = str(tmp_path / "gone.wav")
    assert snapshot.mp3(path, "hash") is None
    with pytest.raises(AudioError, match="not there"):
        snapshot.samples(path, "hash")


def test_caches_are_bounded() -> None:
    # A dashboard stays open for weeks, and every build adds entries.
    for module in (snapshot, tables):
        for name, function in vars(module).items():
            if isinstance(function, SnapshotReader):
                assert 0 < function.entries < 1_000, f"{name} may grow without end"
            elif hasattr(function, "clear") and hasattr(function, "_info"):
                assert function._info.max_entries, f"{name} may grow without end"
    st.cache_data.clear()


@pytest.fixture
def two_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store with two snapshots that hold a dataset each, of another title; the pages' own, and pinned by none."""
    store = Store(tmp_path / "store")
    store.at(1).path.parent.mkdir(parents=True)
    for number in (1, 2):
        with Writer(store.at(number).path) as writer:
            writer.upsert("datasets", [DATASET | {"title": f"In snapshot {number}"}])
    store.use(1)
    monkeypatch.setenv("SESATLAS_STORE", str(store.root))
    yield store
    monkeypatch.setenv("SESATLAS_STORE", str(tmp_path / "nothing"))
    snapshot.pin()


DATASET = dict.fromkeys(
    ("reader", "title", "kind", "label_name", "path", "licence", "citation", "url"), "x"
) | {"dataset": "d", "synthetic": False, "notes": []}  # fmt: skip


def _title() -> str:
    return str(snapshot.datasets()["title"].iloc[0])


def test_one_run_reads_one_snapshot_whatever_is_published(two_copies: Store) -> None:
    snapshot.pin()
    assert (snapshot.pinned(), _title()) == (1, "In snapshot 1")
    two_copies.use(2)
    assert (snapshot.current().number, _title()) == (1, "In snapshot 1")
    # Also when it is deleted meanwhile: it was open.
    two_copies.delete(1)
    snapshot.datasets.clear()
    assert (snapshot.current().number, _title()) == (1, "In snapshot 1")
    snapshot.pin()
    assert (snapshot.pinned(), _title()) == (2, "In snapshot 2")


def test_a_snapshot_deleted_between_looking_and_opening_gives_way_to_the_next(two_copies: Store) -> None:
    snapshot.pin()
    two_copies.use(2)
    two_copies.delete(1)
    assert snapshot.shown() == (str(two_copies.root), 2)
    assert _title() == "In snapshot 2"


def test_a_snapshot_deleted_twice_in_a_row(two_copies: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build drops what it published halfway, one after the other; each time the page looks again."""
    snapshot.pin()
    shutil.copyfile(two_copies.at(2).path, two_copies.at(3).path)
    real, dropped = snapshot._reader, [1, 2]

    def opened(root: str, number: int) -> Reader:
        if number in dropped:
            dropped.remove(number)
            two_copies.use(number + 1)
            two_copies.delete(number)
        return real(root, number)

    monkeypatch.setattr(snapshot, "_reader", opened)
    assert snapshot.shown() == (str(two_copies.root), 3)


def test_a_damaged_snapshot_is_no_reason_to_look_for_another(two_copies: Store) -> None:
    snapshot.pin()
    two_copies.at(1).path.write_bytes(b"no database at all" * 1_000)
    with pytest.raises(StoreError, match="cannot be read"):
        snapshot.shown()


def test_another_store_is_not_pinned_by_this_one(
    two_copies: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    snapshot.pin()
    monkeypatch.setenv("SESATLAS_STORE", str(tmp_path / "another"))
    assert snapshot.pinned() is None
    with pytest.raises(snapshot.EmptyStoreError):
        snapshot.current()


@of_snapshot(entries=2)
def _titled(reader: Reader, before: str, after: str = "!") -> dict[str, str]:
    """A toy: what a page may declare."""
    return {"title": before + str(reader.datasets()["title"].iloc[0]) + after}


@of_snapshot()
def _through(reader: Reader, root: str) -> list[str]:
    Store(Path(root)).use(2)  # what a build does meanwhile
    return [str(reader.datasets()["title"].iloc[0]), _title(), _titled("")["title"]]


def test_a_cached_reader_is_declared_once(two_copies: Store) -> None:
    snapshot.pin()
    first = _titled("")
    assert first == {"title": "In snapshot 1!"} and _titled.__doc__ == "A toy: what a page may declare."
    # One answer for all, however its arguments are written.
    assert all(one is first for one in (_titled("", "!"), _titled(before=""), _titled("", after="!")))
    assert _titled("", "?") == {"title": "In snapshot 1?"}
    two_copies.use(2)
    assert _titled("") is first
    snapshot.pin()
    assert _titled("") == {"title": "In snapshot 2!"}
    assert _titled("", "?") == {"title": "In snapshot 2?"}
    two_copies.use(1)
    snapshot.pin()
    assert _titled("") == first and _titled("") is not first, "more is kept than was declared"


def test_what_a_reader_calls_reads_the_same_snapshot(two_copies: Store) -> None:
    # Outside a pinned run, each question by itself would go to whatever is current.
    snapshot.pin()
    st.session_state.pop(snapshot.RUN)

    assert _title() == "In snapshot 1"
    assert _through(str(two_copies.root)) == ["In snapshot 1", "In snapshot 1", "In snapshot 1!"]
    assert _title() == "In snapshot 2"


def test_what_is_made_ready_in_the_background_is_of_the_snapshot_that_was_asked_for(
    own_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = Event()

    def wait() -> list[str]:
        begun.wait(10)
        return ["mfcc"]

    monkeypatch.setattr(snapshot, "described", wait)
    first = snapshot.current().number
    thread = snapshot.prepare("demo_sounds", ALL)
    _next_without(own_store, "demo_sounds")
    begun.set()
    thread.join(60)
    own_store.use(first)
    index = snapshot.nearest_index("demo_sounds", ALL)
    assert len(index.clip_ids) == len(snapshot.clips("demo_sounds"))
    assert snapshot.prepare("demo_sounds", ALL) is thread
