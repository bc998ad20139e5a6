"""What the pages read stays right when the store under an open dashboard changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import streamlit as st

from app import snapshot
from pipeline.audio import AudioError
from store.errors import StoreError
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
        writer.keep_datasets(kept)
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
    _next_without(own_store, "demo_sounds")
    own_store.snapshot(1).path.unlink()
    own_store.snapshot(2).path.rename(own_store.root / "snapshots" / "000001.duckdb")
    own_store.use(1)
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
    assert snapshot.preview(path, "hash") is None
    with pytest.raises(AudioError, match="not there"):
        snapshot.samples(path, "hash")


def test_caches_are_bounded() -> None:
    # A dashboard stays open for weeks, and every build adds entries.
    for name, function in vars(snapshot).items():
        if hasattr(function, "clear") and callable(function):
            assert function._info.max_entries, f"{name} may grow without end"
    st.cache_data.clear()
