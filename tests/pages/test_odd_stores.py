"""Stores and collections that are broken, gone or tiny: a sentence on the page, never a traceback."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from store.snapshots import Store

if TYPE_CHECKING:
    from tests.pages.conftest import Page

PAGES = ("home", "explore", "pipeline")
SECTIONS = ("Balance", "Recordings", "Features", "Clips")


def _garbage(store: Store) -> None:
    store.snapshot(1).path.write_bytes(b"no database at all" * 1_000)


def _cut_off(store: Store) -> None:
    path = store.snapshot(1).path
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 10])


def _deleted(store: Store) -> None:
    store.snapshot(1).path.unlink()


def _nowhere(store: Store) -> None:
    (store.root / "CURRENT").write_text("000099\n")


def _nonsense(store: Store) -> None:
    (store.root / "CURRENT").write_bytes(b"\xff\x00 nonsense")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("harm", [_garbage, _cut_off, _deleted, _nowhere, _nonsense])
def test_a_broken_store_is_said_in_a_sentence(
    open_page: Callable[..., Page], demo_copy: Path, harm: Callable[[Store], None], page: str
) -> None:
    harm(Store(demo_copy))
    opened = open_page(demo_copy, page)
    assert not opened.at.exception
    (error,) = opened.at.error
    assert "nobody has foreseen" not in error.value
    assert "snapshot" in error.value
    assert "\n" not in error.value
    assert "The store cannot be read" in opened.text  # and not "is empty", in the sidebar


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_damage_that_only_some_charts_meet(
    open_page: Callable[..., Page], demo_copy: Path, share: float
) -> None:
    path = Store(demo_copy).snapshot(1).path
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    for section in SECTIONS:
        page = open_page(demo_copy, "explore", dataset="demo_voices", show=section)
        assert not page.at.exception
        assert all("cannot be read" in error.value for error in page.at.error)


@pytest.mark.parametrize("page", PAGES)
def test_a_store_that_breaks_under_an_open_page(
    open_page: Callable[..., Page], demo_copy: Path, page: str
) -> None:
    opened = open_page(demo_copy, page).sound()
    _nowhere(Store(demo_copy))
    opened.at.run()
    assert not opened.at.exception
    assert [error.value for error in opened.at.error]
    # Mended, the page comes back by itself.
    Store(demo_copy).use(1)
    opened.at.run()
    opened.sound()


@pytest.mark.parametrize("page", PAGES)
def test_a_store_of_another_version(
    open_page: Callable[..., Page], demo_copy: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.setattr("store.sql.SCHEMA_VERSION", "999")
    opened = open_page(demo_copy, page)
    assert not opened.at.exception
    assert "999" in opened.at.error[0].value


def test_a_recording_that_has_vanished(
    open_page: Callable[..., Page], tones_store: Path, tones: Path
) -> None:
    (tones / "high" / "0.wav").unlink()
    page = open_page(tones_store, "explore", dataset="tones", show="Clips").sound()
    assert "cannot be played" in page.text
    assert not page.charts
    # What was measured is still known.
    assert [table.value for table in page.at.table]
    other = open_page(tones_store, "explore", dataset="tones", show="Clips", clip="tones/high/1.wav").sound()
    assert len(other.charts) == 2


@pytest.mark.parametrize("section", SECTIONS)
def test_a_folder_that_is_gone(
    open_page: Callable[..., Page], tones_store: Path, tones: Path, section: str
) -> None:
    shutil.rmtree(tones)
    page = open_page(tones_store, "explore", dataset="tones", show=section).sound()
    assert bool(page.charts) == (section != "Clips")


def test_refreshing_a_folder_that_is_gone(
    open_page: Callable[..., Page], tones_store: Path, tones: Path
) -> None:
    shutil.rmtree(tones)
    page = open_page(tones_store, "pipeline").sound()
    page.box("Refresh everything").click()
    page.at.run()
    page.wait(lambda: bool(page.at.error))
    assert str(tones) in page.at.error[0].value
    assert open_page(tones_store).metrics[0] == ("clips", "6")  # nothing lost


def test_one_clip_without_a_label(
    open_page: Callable[..., Page], tones: Path, tmp_path: Path, build: Callable[..., str]
) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(tones / "high" / "0.wav", alone)
    build(tmp_path / "store", "--dataset", f"folder={alone}")
    for section in SECTIONS:
        page = open_page(tmp_path / "store", "explore", dataset="alone", show=section).sound()
        assert "1 of 1 clips" in page.text, section


def test_a_collection_of_failures_only(
    open_page: Callable[..., Page], tmp_path: Path, build: Callable[..., str]
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "1.wav").write_bytes(b"nothing")
    build(tmp_path / "store", "--dataset", f"folder={broken}")
    home, explore, pipeline = (open_page(tmp_path / "store", page).sound() for page in PAGES)
    assert home.metrics[0] == ("clips", "0")
    assert "holds no clip" in explore.text
    assert pipeline.at.dataframe[1].value["file"].tolist() == ["1.wav"]


def test_two_folders_of_one_kind_are_told_apart(
    open_page: Callable[..., Page], tones_store: Path, tones: Path, tmp_path: Path, build: Callable[..., str]
) -> None:
    other = shutil.copytree(tones, tmp_path / "other")
    build(tones_store, "--dataset", f"folder={other}")
    page = open_page(tones_store).sound()
    headings = [heading.value for heading in page.at.subheader]
    assert len(set(headings)) == len(headings) == 2
    box = open_page(tones_store, "explore").sound().box("Collection")
    assert len(set(box.options)) == 2
