"""Pages while a build publishes in steps: what is not there yet is said to come, and when."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from store.snapshots import Store
from store.writer import Writer

if TYPE_CHECKING:
    from tests.pages.conftest import Page

LEFT = {
    "pca": 12 * 60 + 25.0,
    "overview": 24 * 60.0,
    "pictures": 36 * 60.0,
    "clusterings": 54 * 60 + 25.0,
    "experiments": 2 * 3_600.0,
    "audit": 3 * 3_600.0,
}
"""So long that it is said alike though a busy machine takes half a minute to show the page."""
TABLES = {
    "pca": ("projections", "projection_points", "projection_axes", "analysis_gaps"),
    "clusterings": ("clusterings", "cluster_members", "cluster_trees"),
    "experiments": ("experiments", "experiment_metrics", "experiment_history", "predictions", "experiment_gaps"),
    "audit": ("audits", "audit_parts"),
}  # fmt: skip
PAGES = ("explore", "clusters", "similar", "models")


def _without(store: Path, *stages: str) -> None:
    """Take out of the current snapshot what these stages would bring."""
    current = Store(store).current()
    assert current is not None
    with Writer(current.path) as writer, writer.transaction():
        for table in (table for stage in stages for table in TABLES[stage]):
            writer.con.execute(f"delete from {table}")


def _log(store: Path, *events: dict[str, object]) -> None:
    builds = Store(store).builds
    builds.mkdir(parents=True, exist_ok=True)
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    lines = [json.dumps({"event": event.pop("event"), "time": time, **event}) + "\n" for event in events]
    (builds / "29990101T000000-1.jsonl").write_text("".join(lines), encoding="utf-8")


@contextmanager
def _at_work(store: Path, *done: str) -> Iterator[None]:
    """A build that holds the store and has these stages behind it."""
    left = {stage: seconds for stage, seconds in LEFT.items() if stage not in done}
    extraction = {
        "event": "progress",
        "done": 30,
        "total": 120,
        "failed": 0,
        "clips_per_s": 9.0,
        "left_s": 5.0,
    }
    started = {"event": "started", "build_id": "b", "datasets": ["demo_sounds"], "resumed": False}
    _log(store, started, extraction, {"event": "stages", "left": left})
    with Store(store).lock():
        yield


def test_home_follows_the_first_build(open_page: Callable[..., Page], tmp_path: Path) -> None:
    with _at_work(tmp_path):
        page = open_page(tmp_path).sound()
    assert "The first build is at work" in page.text and "All done in about 3 h." in page.text
    assert not [one for one in page.at.button if one.label in ("Build the demo", "Continue the build")]
    assert page.box("Stop")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_waits_for_the_first_clips(
    open_page: Callable[..., Page], tmp_path: Path, page: str
) -> None:
    with _at_work(tmp_path):
        opened = open_page(tmp_path, page).sound()
    assert "The first clips: in a few seconds" in opened.text
    assert "Go to Home" not in opened.text
    assert "Go to Home" in open_page(tmp_path, page).sound().text, "nobody builds any more"


def test_a_card_waits_for_its_picture(open_page: Callable[..., Page], tones_store: Path) -> None:
    _without(tones_store, "pca", "clusterings")
    with _at_work(tones_store):
        assert "Principal components: in about 12 min" in open_page(tones_store).sound().text
    assert "No picture yet" in open_page(tones_store).sound().text


@pytest.mark.parametrize(
    ("page", "query", "missing", "words", "otherwise"),
    [
        (
            "clusters",
            {},
            "pca",
            "Principal components: in about 12 min",
            "no pictures and no clusterings yet",
        ),
        ("similar", {}, "pca", "Principal components: in about 12 min", "holds no 3-D cloud"),
        ("models", {}, "experiments", "Experiments: in about 2 h", "No experiment has been run"),
        ("models", {"part": "Audit"}, "audit", "Audit: in about 3 h", "has not been audited"),
    ],
)
def test_a_page_waits_for_what_it_shows(
    open_page: Callable[..., Page],
    tones_store: Path,
    page: str,
    query: dict[str, str],
    missing: str,
    words: str,
    otherwise: str,
) -> None:
    _without(tones_store, missing, "clusterings")
    with _at_work(tones_store):
        text = open_page(tones_store, page, **query).sound().text
    assert words in text and otherwise not in text
    assert otherwise in open_page(tones_store, page, **query).sound().text


def test_clouds_are_drawn_before_there_is_a_clustering(
    open_page: Callable[..., Page], tones_store: Path, drawn: dict[str, dict]
) -> None:
    _without(tones_store, "clusterings")
    with _at_work(tones_store, "pca", "overview", "pictures"):
        page = open_page(
            tones_store, "clusters", dataset="tones", clustering="tones.all.pca.kmeans.cafe"
        ).sound()
    assert drawn["cloud"]["n"] == 6 and drawn["cloud"]["clusters"] is None
    assert drawn["cloud"]["report"], "the first move of a hand is worth a run"
    assert "Clusterings: in about 54 min" in page.text
    assert not [one for one in page.at.header if one.value == "All clusterings"]
    assert "tones.all.pca.kmeans.cafe" in page.at.query_params["clustering"], "it may be on its way"
    page = open_page(tones_store, "clusters").sound()
    assert "Clusterings:" not in page.text and not drawn["cloud"]["report"]


def test_a_card_shows_its_collection(open_page: Callable[..., Page], tones_store: Path) -> None:
    page = open_page(tones_store).sound()
    (picture,) = page.at.get("image")[0].proto.imgs
    assert "6 clips" in picture.alt and "coloured by label" in picture.alt
    assert "image/svg" in picture.url or picture.markup.startswith("<svg")


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"event": "stopped", "reason": "No space left on the disk."}, "No space left on the disk."),
        (
            {"event": "scanned", "dataset": "demo_sounds", "clips": 1, "problems": 0, "notes": []},
            "was killed",
        ),
    ],
)
def test_home_says_why_the_build_behind_it_failed(
    open_page: Callable[..., Page], tmp_path: Path, event: dict[str, object], words: str
) -> None:
    _log(tmp_path, {"event": "started", "datasets": ["demo_sounds"]}, event)
    page = open_page(tmp_path).sound()
    assert words in page.text and "store is still empty" in page.text
    assert not page.box("Continue the build").disabled


def test_a_build_that_died_before_its_log_is_said(open_page: Callable[..., Page], tmp_path: Path) -> None:
    Store(tmp_path).builds.mkdir(parents=True)
    (Store(tmp_path).builds / "stderr.txt").write_text("Traceback\nMemoryError: no room for numba\n")
    page = open_page(tmp_path).sound()
    assert "no room for numba" in page.text and page.box("Continue the build")


def test_a_build_that_failed_behind_a_store_can_be_gone_on_with(
    open_page: Callable[..., Page], tones_store: Path
) -> None:
    assert not [one for one in open_page(tones_store).at.button if one.label == "Continue the build"]
    _log(tones_store, {"event": "started"}, {"event": "stopped", "reason": "The network is gone."})
    page = open_page(tones_store).sound()
    assert "The network is gone." in page.text and page.box("Continue the build")


def test_a_snapshot_deleted_under_an_open_page_is_left_for_the_next(
    open_page: Callable[..., Page], tones_store: Path
) -> None:
    store = Store(tones_store)
    page = open_page(tones_store, "explore").sound()
    (first,) = (one.number for one in store.snapshots())
    for number in (first + 1, first + 2):  # a build publishes, and drops what it published before
        shutil.copy(store.at(number - 1).path, store.at(number).path)
        store.use(number)
        store.at(number - 1).path.unlink()
        page.at.run()
        assert f"**Snapshot {number}**" in page.sound().text
