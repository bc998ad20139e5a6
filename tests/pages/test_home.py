"""Home: what collections there are, as the store has them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from store.reader import Reader
from store.snapshots import Store

if TYPE_CHECKING:
    from tests.pages.conftest import Page

STORES = ["demo_store", "real_store"]


@pytest.fixture(params=STORES)
def any_store(request: pytest.FixtureRequest) -> Path:
    path: Path = request.getfixturevalue(request.param)
    return path


def test_cards_tell_what_the_store_holds(open_page: Callable[..., Page], any_store: Path) -> None:
    current = Store(any_store).current()
    assert current is not None
    with Reader(current.path) as reader:
        datasets, build = reader.datasets(), reader.builds().iloc[0]
        clips = {name: reader.clips(name) for name in datasets["dataset"]}
    page = open_page(any_store).sound()
    expected: list[tuple[str, str]] = []
    for name, own in clips.items():
        speakers = own["speaker"].nunique()
        hours = own["duration_s"].sum() / 3600
        last = ("speakers", str(speakers)) if speakers else ("classes", str(own["label"].nunique()))
        expected += [("clips", f"{len(own):,}"), ("hours", f"{hours:.2f}"), last]
        assert str(datasets.set_index("dataset").loc[name, "title"]) in page.text
    assert page.metrics == expected
    assert f"snapshot {int(build['snapshot'])}: {int(build['clips']):,} clips" in page.text


def test_synthetic_collections_are_marked_and_only_they(
    open_page: Callable[..., Page], demo_store: Path, real_store: Path
) -> None:
    demo, real = open_page(demo_store), open_page(real_store)
    assert sum("synthetic]" in badge.value for badge in demo.at.markdown) == 2
    current = Store(demo_store).current()
    assert current is not None
    with Reader(current.path) as reader:
        clips = int(reader.datasets()["clips"].sum())
    assert f"{clips} synthetic" in demo.text
    assert "synthetic" not in real.text
    assert sum("real recordings]" in badge.value for badge in real.at.markdown) == 2


def test_real_collections_have_their_published_numbers(
    open_page: Callable[..., Page], real_store: Path
) -> None:
    page = open_page(real_store).sound()
    assert page.metrics[:3] == [("clips", "400"), ("hours", "0.56"), ("classes", "10")]
    assert page.metrics[3:] == [("clips", "160"), ("hours", "0.14"), ("speakers", "16")]
    # Only a part of each corpus is here, and a card must not pass it off as the whole.
    assert "400 of 2,000 clips are on disk" in page.text
    assert "160 of 6,300 sentences are on disk" in page.text


def test_an_empty_store_says_how_to_begin(open_page: Callable[..., Page], tmp_path: Path) -> None:
    page = open_page(tmp_path / "nothing").sound()
    assert "The store is empty" in page.text
    assert not page.box("Build the demo").disabled
    assert "--dataset esc50=PATH" in page.at.code[0].value
    # Looking at a page leaves no folders behind.
    assert not (tmp_path / "nothing").exists()


def test_a_new_snapshot_shows_without_a_restart(open_page: Callable[..., Page], demo_copy: Path) -> None:
    page = open_page(demo_copy).sound()
    store = Store(demo_copy)
    (first,) = store.snapshots()
    second = store.at(first.number + 1)
    second.path.write_bytes(first.path.read_bytes())
    store.use(second.number)
    page.at.run()
    assert f"**Snapshot {second.number}**" in page.sound().text
