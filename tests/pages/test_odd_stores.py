"""Stores and collections that are broken, gone or tiny: a sentence on the page, never a traceback."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from pipeline.clusterings import CLUSTERERS
from pipeline.projections import METHODS
from store.snapshots import Store

if TYPE_CHECKING:
    from tests.pages.conftest import Page

PAGES = ("home", "explore", "pipeline")
EVERY_PAGE = (*PAGES, "clusters", "similar", "models", "live")
SECTIONS = ("Balance", "Recordings", "Features", "Clips")
BELOW_THE_CLOUDS = ("Clip", "Picked clips", "Labels x clusters", "Condensed tree", "How far to believe it")


def _shown(store: Store) -> Path:
    """The file that every page opens."""
    current = store.current()
    assert current is not None
    return current.path


def _garbage(store: Store) -> None:
    _shown(store).write_bytes(b"no database at all" * 1_000)


def _cut_off(store: Store) -> None:
    path = _shown(store)
    path.write_bytes(path.read_bytes()[:65_536])  # its head, and nothing of what a page asks for first


def _deleted(store: Store) -> None:
    _shown(store).unlink()


def _nowhere(store: Store) -> None:
    (store.root / "CURRENT").write_text("000099\n")


def _nonsense(store: Store) -> None:
    (store.root / "CURRENT").write_bytes(b"\xff\x00 nonsense")


def _digits(store: Store) -> None:
    (store.root / "CURRENT").write_text("1" * 5_000)


def _no_pointer(store: Store) -> None:
    (store.root / "CURRENT").unlink()


def _folder_for_a_pointer(store: Store) -> None:
    _no_pointer(store)
    (store.root / "CURRENT").mkdir()


@pytest.fixture(scope="module", params=[_garbage, _cut_off, _deleted, _nowhere, _nonsense, _no_pointer])
def broken_store(
    request: pytest.FixtureRequest, demo_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A copy of the demo store that has come to harm; no page makes it better or worse."""
    root = Path(shutil.copytree(demo_store, tmp_path_factory.mktemp("broken") / "store"))
    request.param(Store(root))
    return root


@pytest.fixture(scope="module")
def whole_store(demo_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo store for tests that leave it as they found it."""
    return Path(shutil.copytree(demo_store, tmp_path_factory.mktemp("whole") / "store"))


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_a_broken_store_is_said_in_a_sentence(
    open_page: Callable[..., Page], broken_store: Path, page: str
) -> None:
    opened = open_page(broken_store, page)
    assert not opened.at.exception
    (error,) = opened.at.error
    assert "nobody has foreseen" not in error.value
    assert "snapshot" in error.value
    assert "\n" not in error.value
    assert "The store cannot be read" in opened.text  # and not "is empty", in the sidebar


@pytest.mark.parametrize("lose", [_no_pointer, _digits, _folder_for_a_pointer])
def test_the_way_back_where_the_pointer_is_lost(
    open_page: Callable[..., Page], demo_copy: Path, lose: Callable[[Store], None]
) -> None:
    (number,) = [one.number for one in Store(demo_copy).snapshots()]
    lose(Store(demo_copy))
    page = open_page(demo_copy, "pipeline")
    assert "CURRENT" in page.at.error[0].value and "snapshots use NUMBER" in page.at.error[0].value
    page.box(f"Make {number} the current one").click()
    page.at.run()
    assert not page.at.exception
    if lose is _folder_for_a_pointer:
        assert "Move that folder away" in page.at.error[0].value
    else:
        page.sound()
        assert Store(demo_copy).current() is not None


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_damage_that_only_some_charts_meet(
    open_page: Callable[..., Page], demo_copy: Path, share: float
) -> None:
    path = _shown(Store(demo_copy))
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    for section in SECTIONS:
        page = open_page(demo_copy, "explore", dataset="demo_voices", show=section)
        assert not page.at.exception
        assert all("cannot be read" in error.value for error in page.at.error)


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_a_store_that_breaks_under_an_open_page(
    open_page: Callable[..., Page], whole_store: Path, page: str
) -> None:
    opened = open_page(whole_store, page).sound()
    (kept,) = Store(whole_store).snapshots()
    _nowhere(Store(whole_store))
    try:
        opened.at.run()
    finally:
        Store(whole_store).use(kept.number)
    assert not opened.at.exception
    assert [error.value for error in opened.at.error]
    # Mended, the page comes back by itself.
    opened.at.run()
    opened.sound()


@pytest.fixture(scope="module")
def unread_store(demo_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo store that no page has read yet, nor will."""
    return Path(shutil.copytree(demo_store, tmp_path_factory.mktemp("unread") / "store"))


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_a_store_of_another_version(
    open_page: Callable[..., Page], unread_store: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.setattr("store.database.SCHEMA_VERSION", "999")
    opened = open_page(unread_store, page)
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
    open_page: Callable[..., Page], tones: Path, tmp_path: Path, build: Callable[..., None]
) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(tones / "high" / "0.wav", alone)
    build(tmp_path / "store", alone)
    for section in SECTIONS:
        page = open_page(tmp_path / "store", "explore", dataset="alone", show=section).sound()
        assert "1 of 1 clips" in page.text, section


@pytest.fixture(scope="module")
def failures_store(tmp_path_factory: pytest.TempPathFactory, build: Callable[..., None]) -> Path:
    """A store of the collection ``broken``, whose only recording cannot be read."""
    root = tmp_path_factory.mktemp("failures")
    (root / "broken").mkdir()
    (root / "broken" / "1.wav").write_bytes(b"nothing")
    build(root / "store", root / "broken")
    return root / "store"


def test_a_collection_of_failures_only(open_page: Callable[..., Page], failures_store: Path) -> None:
    home, explore, pipeline = (open_page(failures_store, page).sound() for page in PAGES)
    assert home.metrics[0] == ("clips", "0")
    assert "holds no clip" in explore.text
    assert pipeline.at.dataframe[1].value["file"].tolist() == ["1.wav"]


def test_two_folders_of_one_kind_are_told_apart(
    open_page: Callable[..., Page], tones_store: Path, tones: Path, tmp_path: Path, build: Callable[..., None]
) -> None:
    other = shutil.copytree(tones, tmp_path / "other")
    build(tones_store, other, analyses=False)
    page = open_page(tones_store).sound()
    headings = [heading.value for heading in page.at.subheader]
    assert len(set(headings)) == len(headings) == 2
    box = open_page(tones_store, "explore").sound().box("Collection")
    assert len(set(box.options)) == 2


@pytest.fixture(scope="module")
def small_store(tmp_path_factory: pytest.TempPathFactory, build: Callable[..., None]) -> Path:
    """Collections of one, two, three and twelve recordings without labels, and six times the same one."""
    root = tmp_path_factory.mktemp("small")
    for name, count in {"one": 1, "two": 2, "three": 3, "dozen": 12, "same": 6}.items():
        for number in range(count):
            hz = 440 if name == "same" else 200 + 130 * number
            path = root / name / f"{number}.wav"
            path.parent.mkdir(exist_ok=True)
            soundfile.write(path, 0.3 * np.sin(2 * np.pi * hz * np.arange(4_000) / 8_000), 8_000)
    folders = [root / name for name in ("one", "two", "three", "dozen", "same")]
    build(root / "store", *folders)
    return root / "store"


@pytest.mark.parametrize("name", ["one", "two", "same"])
@pytest.mark.parametrize("section", [None, *BELOW_THE_CLOUDS])
def test_clusters_of_too_few_or_equal_clips_says_why_there_are_none(
    open_page: Callable[..., Page], small_store: Path, name: str, section: str | None
) -> None:
    query = {"dataset": name} | ({"section": section} if section else {})
    page = open_page(small_store, "clusters", **query).sound()
    (told,) = page.at.info
    assert "no picture and no clustering" in told.value
    reason = "2 clips; a projection needs 3" if name == "two" else "do"
    assert reason in told.value
    assert len(page.at.dataframe[0].value) > 1


@pytest.mark.parametrize("name", ["three", "dozen"])
@pytest.mark.parametrize("section", BELOW_THE_CLOUDS)
def test_clusters_of_hardly_any_clips_without_labels(
    open_page: Callable[..., Page], small_store: Path, name: str, section: str
) -> None:
    page = open_page(small_store, "clusters", dataset=name, section=section, clip=f"{name}/1.wav").sound()
    assert "**First of " in page.text
    colour = _widget(page, "selectbox", "colour")
    assert colour.options[0] == "Cluster"
    for option in colour.options:
        _widget(page, "selectbox", "colour").select(option).run()
        page.sound()


@pytest.mark.parametrize("name", ["three", "dozen"])
def test_other_parameters_for_hardly_any_clips(
    open_page: Callable[..., Page], small_store: Path, name: str
) -> None:
    page = open_page(small_store, "clusters", dataset=name).sound()
    _widget(page, "toggle", "try_clustering").set_value(True).run()
    for method in CLUSTERERS:
        _widget(page, "selectbox", "try_method").set_value(method).run()
        told = page.sound().text
        assert page.at.warning or "No label has chosen anything" in told, method
    _widget(page, "toggle", "try_projection").set_value(True).run()
    for method in (name for name, one in METHODS.items() if one.settings):
        _widget(page, "selectbox", "try_projection_method").set_value(method).run()
        page.box("Project").click().run()
        page.sound()


def _widget(page: Page, kind: str, key: str) -> Any:
    (found,) = [one for one in page.at.get(kind) if one.key == key]
    return found


def test_a_clustering_that_the_clips_do_not_allow_is_a_sentence(
    open_page: Callable[..., Page], small_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page(small_store, "clusters", dataset="three").sound()
    _widget(page, "toggle", "try_clustering").set_value(True).run()
    monkeypatch.setattr("app.clusters.tuning.parameter_widgets", lambda *_, **__: {"n_clusters": 4})
    page.at.run()
    (told,) = page.sound().at.warning
    assert "3 clips" in told.value
    assert "Click a point" in page.text  # the clouds and all below them are there


def test_a_store_without_analyses_says_how_to_get_them(
    open_page: Callable[..., Page], tones: Path, tmp_path: Path, build: Callable[..., None]
) -> None:
    build(tmp_path / "store", tones, analyses=False)
    page = open_page(tmp_path / "store", "clusters", dataset="tones").sound()
    (told,) = page.at.info
    assert "Pipeline page" in told.value


def test_recordings_added_without_analyses(
    open_page: Callable[..., Page], tones_store: Path, tones: Path, build: Callable[..., None]
) -> None:
    shutil.copy(tones / "high" / "0.wav", tones / "low" / "new.wav")
    build(tones_store, analyses=False)
    page = open_page(tones_store, "clusters", dataset="tones").sound()
    assert page.at.info


def test_clusters_where_recordings_are_gone(
    open_page: Callable[..., Page], tones_store: Path, tones: Path
) -> None:
    shutil.rmtree(tones)
    query = {"dataset": "tones", "clip": "tones/high/0.wav"}
    assert "cannot be played" in open_page(tones_store, "clusters", **query).sound().text
    for section in BELOW_THE_CLOUDS[1:]:
        open_page(tones_store, "clusters", **query, section=section).sound()


def test_clusters_of_a_collection_of_failures_only(
    open_page: Callable[..., Page], failures_store: Path, tmp_path: Path
) -> None:
    page = open_page(failures_store, "clusters", dataset="broken").sound()
    (told,) = page.at.info
    assert told.value
    assert not open_page(tmp_path / "nothing", "clusters").at.exception
