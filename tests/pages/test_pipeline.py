"""Pipeline: builds started and watched, their failures, and the way between two snapshots."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from store.reader import Reader
from store.snapshots import Store

if TYPE_CHECKING:
    from tests.pages.conftest import Page


def _press(page: Page, label: str) -> Page:
    page.box(label).click()
    page.at.run()
    return page


def _fill(page: Page, kind: str, folder: Path | str, name: str = "") -> Page:
    page.box("Kind").set_value(kind)
    page.box("Folder on the machine that runs Sesatlas").set_value(str(folder))
    page.box("Name in the store (optional)").set_value(name)
    page.at.run()
    return page


def _at_rest(page: Page) -> bool:
    return all(button.label != "Stop" for button in page.at.button)


def test_an_empty_store(open_page: Callable[..., Page], tmp_path: Path) -> None:
    page = open_page(tmp_path / "nothing", "pipeline").sound()
    assert "The store is empty" in page.text
    assert page.box("Refresh everything").disabled
    assert not page.box("Add the demo").disabled
    assert not page.at.dataframe


@pytest.mark.parametrize("store", ["demo_store", "real_store"])
def test_history_is_the_stores(
    open_page: Callable[..., Page], request: pytest.FixtureRequest, store: str
) -> None:
    root = request.getfixturevalue(store)
    page = open_page(root, "pipeline").sound()
    current = Store(root).current()
    assert current is not None
    with Reader(current.path) as reader:
        builds = reader.builds()
    history = page.at.dataframe[0].value
    assert history["clips"].tolist() == builds["clips"].tolist()
    assert history["vectors computed"].tolist() == builds["vectors_computed"].tolist()
    assert "No file failed." in page.text
    assert "there will be two to compare" in page.text


def test_a_folder_is_added_from_the_page_to_an_empty_store(
    open_page: Callable[..., Page], tmp_path: Path, tones: Path
) -> None:
    store = tmp_path / "store"
    page = _fill(open_page(store, "pipeline"), "folder", tones, "my_tones").sound()
    assert not page.box("Add it").disabled
    _press(page, "Add it")
    assert not _at_rest(page), "a build is at work and the page does not show it"
    assert all(page.box(label).disabled for label in ("Refresh everything", "Add the demo", "Add it"))
    page.wait(lambda: _at_rest(page)).sound()
    history, failures = (frame.value for frame in page.at.dataframe[:2])
    number = Store(store).snapshots()[-1].number
    assert history[["snapshot", "status", "clips", "failed"]].to_numpy().tolist() == [
        [number, "published", 6, 1]
    ]
    assert failures["collection"].tolist() == ["my_tones"]
    assert failures["file"].tolist() == ["low/broken.wav"]
    assert "1 file could not be read" in page.text
    assert open_page(store).sound().metrics == [("clips", "6"), ("hours", "0.00"), ("classes", "2")]


@pytest.mark.parametrize("path", ["/nowhere/at/all", "~nobody/sounds", "x" * 5_000, "not a path: <b>"])
def test_what_is_no_folder_cannot_be_added(open_page: Callable[..., Page], tmp_path: Path, path: str) -> None:
    page = open_page(tmp_path / "store", "pipeline")
    assert page.box("Add it").disabled
    _fill(page, "esc50", path).sound()
    assert f"There is no folder `{path}`" in page.text
    assert page.box("Add it").disabled


@pytest.mark.parametrize(
    ("kind", "name", "reason"), [("esc50", "", "esc50.csv"), ("folder", "My Tones!", "cannot name a dataset")]
)
def test_a_refused_build_says_why(
    open_page: Callable[..., Page], tmp_path: Path, tones: Path, kind: str, name: str, reason: str
) -> None:
    page = _fill(open_page(tmp_path / "store", "pipeline"), kind, tones, name)
    _press(page, "Add it").wait(lambda: _at_rest(page))
    assert not page.at.exception
    (error,) = page.at.error
    assert reason in error.value
    assert "\n" not in error.value.strip()
    # The next try is open, and the reason goes once it is under way.
    assert not page.box("Add it").disabled


def test_buttons_rest_while_a_build_is_at_work(
    open_page: Callable[..., Page], tmp_path: Path, tones: Path
) -> None:
    store = Store(tmp_path / "store")
    page = _fill(open_page(store.root, "pipeline"), "folder", tones)
    with store.lock():
        page.at.run()
        assert all(page.box(label).disabled for label in ("Refresh everything", "Add the demo", "Add it"))
    page.at.run()
    assert not page.box("Add it").disabled


def test_a_second_build_is_refused(
    open_page: Callable[..., Page], tmp_path: Path, tones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "store")
    page = _fill(open_page(store.root, "pipeline"), "folder", tones)
    # As when another build begins between the look at the lock and the press of the button.
    monkeypatch.setattr(Store, "is_building", lambda self: False)
    with store.lock():
        _press(page, "Add it").wait(lambda: bool(page.at.error))
    assert "Another build" in page.at.error[0].value


def test_a_refresh_takes_up_what_has_changed(
    open_page: Callable[..., Page], two_snapshots: Store, tones: Path
) -> None:
    (tones / "low" / "broken.wav").unlink()
    (tones / "plan.csv").write_text("week,place\n1,here\n", encoding="utf-8")
    before = [one.number for one in two_snapshots.snapshots()]
    page = open_page(two_snapshots.root, "pipeline").sound()
    assert "1 file could not be read" in page.text
    assert "There is nothing to note of any collection." in page.text
    _press(page, "Refresh everything").wait(lambda: _at_rest(page)).sound()
    after = [one.number for one in two_snapshots.snapshots()]
    assert after[:2] == before and f"**Snapshot {after[2]}**" in page.text
    assert "No file failed." in page.text
    assert page.at.dataframe[0].value["snapshot"].tolist() == after[::-1]
    (notes,) = [table.value for table in page.at.dataframe if "note" in table.value]
    assert notes["note"].tolist() == [
        "plan.csv names no recording of this folder and is not used; its columns: week, place."
    ]


def test_the_difference_of_two_snapshots(open_page: Callable[..., Page], two_snapshots: Store) -> None:
    page = open_page(two_snapshots.root, "pipeline").sound()
    first, second = (one.number for one in two_snapshots.snapshots())
    assert (page.box("Compare").value, page.box("with").value) == (first, second)
    assert f"**1 clips differ** from snapshot {first} to {second}" in page.text
    (changed,) = [table.value for table in page.at.dataframe if "clip_id" in table.value]
    assert changed["clip_id"].tolist() == ["tones/low/5.wav"]
    page.box("with").set_value(first)
    page.at.run()
    assert "Choose two different snapshots" in page.sound().text


def test_the_way_back_to_an_older_snapshot(open_page: Callable[..., Page], two_snapshots: Store) -> None:
    first, second = (one.number for one in two_snapshots.snapshots())
    page = open_page(two_snapshots.root, "pipeline").sound()
    _press(page, f"Make {first} the current one").sound()
    current = two_snapshots.current()
    assert current is not None and current.number == first
    assert f"**Snapshot {first}**" in page.text
    assert open_page(two_snapshots.root).sound().metrics[0] == ("clips", "6")
    _press(open_page(two_snapshots.root, "pipeline"), f"Make {second} the current one").sound()
    assert open_page(two_snapshots.root).metrics[0] == ("clips", "5")


def test_a_stopped_build_is_told_until_the_next_one(
    open_page: Callable[..., Page], two_snapshots: Store
) -> None:
    log = two_snapshots.builds / "99990101T000000-1.jsonl"
    log.write_text(
        '{"event": "stopped", "reason": "Stopped on request; the next build goes on from here."}\n'
    )
    for name in ("home", "pipeline"):
        page = open_page(two_snapshots.root, name).sound()
        assert "The last build did not finish. Stopped on request" in page.text
    log.unlink()
    assert "did not finish" not in open_page(two_snapshots.root, "pipeline").text
