"""Builds while pages are open: started, seen to move, stopped, gone on with, and their results shown."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from store.snapshots import Store

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.conftest import Dashboard, View

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e building")]

RATE_HZ = 22_050
MANY, MANY_S = 100, 90.0
"""Recordings that take long enough to be watched, and are few enough for all that follows."""
DONE = re.compile(rf"([\d,]+) of {MANY} clips")


def plant(folder: Path, clips: int, seconds: float) -> Path:
    """Noise that no store has heard before, without a label: there is nothing to be learned from it."""
    noise = np.random.default_rng(clips)
    folder.mkdir()
    for number in range(clips):
        path = folder / f"{number:04d}.wav"
        soundfile.write(path, noise.uniform(-0.3, 0.3, int(seconds * RATE_HZ)), RATE_HZ)
    return folder


def current(dashboard: Dashboard) -> int:
    found = Store(dashboard.store).current()
    return found.number if found else 0


def add(view: View, folder: Path, name: str) -> None:
    """Fill in the form on the Pipeline page as a person does, and press the button."""
    page = view.page
    page.get_by_text("Add a collection, or change its folder").click()
    view.settle()  # the form slides open, and a list that opens on the way would close again
    page.get_by_label("Kind").click()
    page.get_by_role("option", name="A folder of your own").click()
    for label, words in {"Folder on the machine": str(folder), "Name in the store": name}.items():
        page.get_by_label(label).fill(words)
        page.get_by_label(label).press("Enter")
        view.settle()
    page.get_by_role("button", name="Add it").click()


def main_text(page: Page) -> str:
    return page.get_by_test_id("stMain").inner_text()


def wait_for_text(page: Page, words: str, seconds: float) -> None:
    page.get_by_test_id("stMain").get_by_text(words).first.wait_for(timeout=seconds * 1_000)


def test_a_build_on_the_command_line_shows_up_on_an_open_page(
    windows: Callable[..., View], building_dashboard: Dashboard, repo_root: Path, tmp_path: Path
) -> None:
    folder = plant(tmp_path / "noises", 6, 0.5)
    home, pipeline = windows(building_dashboard), windows(building_dashboard)
    home.open("/")
    pipeline.open("/pipeline")
    for view in (home, pipeline):
        view.page.evaluate("() => { window.opened = 'once'; }")
    before = current(building_dashboard)
    words = [
        "--quiet",
        "--no-analyses",
        "--store",
        str(building_dashboard.store),
        "--dataset",
        f"folder={folder}",
    ]
    subprocess.run(
        [sys.executable, "-m", "pipeline", "build", *words], cwd=repo_root, check=True, timeout=300
    )
    wait_for_text(home.page, "A folder of your own", 15)
    after = current(building_dashboard)
    assert after > before
    pipeline.page.get_by_test_id("stSidebar").get_by_text(f"Snapshot {after}").wait_for(timeout=15_000)
    for view in (home, pipeline):
        view.settle()
        assert view.page.evaluate("() => window.opened") == "once", "the page was loaded anew"
        assert not view.look()


@pytest.mark.timeout(700)
def test_a_build_is_watched_stopped_and_gone_on_with(
    windows: Callable[..., View], building_dashboard: Dashboard, screenshots: Path, tmp_path: Path
) -> None:
    folder = plant(tmp_path / "many", MANY, MANY_S)
    view, before = windows(building_dashboard), current(building_dashboard)
    page = view.page
    other = windows(building_dashboard)
    for one in (other, view):
        one.open("/pipeline")
    add(view, folder, "many")

    # Live: the count moves by itself.
    page.get_by_test_id("stMain").get_by_text(DONE).first.wait_for(timeout=60_000)
    seen = set()
    deadline = time.monotonic() + 30
    while len(seen) < 3 and time.monotonic() < deadline:
        seen.update(DONE.findall(main_text(page)))
        page.wait_for_timeout(200)
    assert len(seen) >= 3, f"the progress stands still at {seen}"
    for name in ("Refresh everything", "Add the demo", "Add it"):
        assert page.get_by_role("button", name=name).is_disabled(), f"{name} would start a second build"
    other.page.get_by_role("button", name="Stop").wait_for(timeout=10_000)  # nobody has touched that window
    page.screenshot(path=screenshots / "pipeline-building.png")

    page.get_by_role("button", name="Stop").click()
    wait_for_text(page, "The last build did not finish", 30)
    view.settle()
    page.screenshot(path=screenshots / "pipeline-stopped.png")
    assert "next build goes on" in main_text(page)
    assert not page.get_by_role("button", name="Stop").count()
    # It may have shown the first clips of the new collection, and nothing that is not finished.
    assert current(building_dashboard) - before in (0, 1)
    assert not view.look()

    page.get_by_role("button", name="Refresh everything").click()
    log = max(Store(building_dashboard.store).builds.glob("*.jsonl"))
    deadline = time.monotonic() + 300
    while '"finished"' not in log.read_text() and time.monotonic() < deadline:
        page.wait_for_timeout(500)
        log = max(Store(building_dashboard.store).builds.glob("*.jsonl"))
    after = current(building_dashboard)
    page.get_by_test_id("stSidebar").get_by_text(f"Snapshot {after}").wait_for(timeout=15_000)
    view.settle()
    assert "did not finish" not in main_text(page)
    told = {event["event"]: event for event in map(json.loads, log.read_text().splitlines())}
    assert told["started"]["resumed"]
    assert told["planned"]["to_extract"] < MANY, "nothing of the stopped build was kept"
    assert {one["dataset"]: one["clips"] for one in told["finished"]["collections"]}["many"] == MANY
    assert not view.look()


@pytest.mark.slow
@pytest.mark.timeout(700)
def test_the_first_visit_builds_the_demo(
    windows: Callable[..., View], empty_dashboard: Dashboard, demo_recordings: Path, screenshots: Path
) -> None:
    recordings = sum(file.stat().st_size > 0 for file in demo_recordings.rglob("*.wav"))
    view = windows(empty_dashboard)
    view.open("/")
    view.screenshot(screenshots / "home-empty.png")
    assert not view.look()
    view.page.get_by_role("button", name="Build the demo").click()
    wait_for_text(view.page, f"of {recordings} clips", 90)
    view.page.screenshot(path=screenshots / "home-building.png")
    wait_for_text(view.page, "Explore it", 400)
    view.settle()
    headings = view.page.get_by_test_id("stMain").get_by_role("heading", level=3).all_inner_texts()
    assert len(headings) == 2 and all("synthetic" in heading for heading in headings)
    assert not view.look()
    view.page.get_by_role("link", name="Explore it").nth(1).click()
    view.page.wait_for_url(re.compile("dataset=demo_voices"))
    view.settle()
    assert view.page.locator(".stPlotlyChart").count() == 1
    assert not view.look()
