"""A build publishes in steps behind open pages: who looks at the clouds keeps clip, camera, selection and sound."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlparse

import pytest

from store.snapshots import Store
from store.writer import Writer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

    from tests.e2e.conftest import Dashboard, View

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

SOUNDS = "demo_sounds"
CLUSTERED = ("clusterings", "cluster_members", "cluster_trees")
LEARNED = ("experiments", "experiment_metrics", "experiment_history", "predictions", "audits", "audit_parts")
# What each publication holds: the tables that are still empty, and the projections that are there.
STEPS = {
    "clips": ((*CLUSTERED, *LEARNED), "false"),
    "pca": ((*CLUSTERED, *LEARNED), "projection_id like '%.pca-%'"),
    "overview": ((*CLUSTERED, *LEARNED), "projection_id like '%.pca-%' or projection_id like '%.all.%'"),
    "clusterings": (LEARNED, "true"),
    "audit": ((), "true"),
}
LEFT = {"pca": 10.0, "overview": 30.0, "clusterings": 60.0, "audit": 300.0}
# The cloud plays through an element that is in no document: only its own calls betray it.
LISTEN = """
window.players = new Set();
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () { window.players.add(this); return play.call(this); };
"""
PLAYING = "() => [...window.players].filter(one => !one.paused).map(one => one.currentTime)"


class Build:
    """Stands for a build into an empty store: copies what each step would publish, and says so in an event log.

    Its snapshots are numbered on from those that a build before it has left no trace of: a server keeps what it has
    read of each number.
    """

    def __init__(self, store: Store, steps: Path, number: int = 0) -> None:
        self.store, self.steps, self.number, self.before = store, steps, number, number
        shutil.rmtree(store.root, ignore_errors=True)
        self.log = store.builds / "29990101T000000-1.jsonl"
        self.log.parent.mkdir(parents=True)
        store.at(1).path.parent.mkdir(parents=True)
        self.say("started", build_id="b", datasets=[SOUNDS], resumed=False)
        self.say("stages", left=LEFT)

    def say(self, event: str, **told: Any) -> None:
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self.log.open("a", encoding="utf-8") as log:
            log.write(json.dumps({"event": event, "time": time, **told}) + "\n")

    def publish(self, step: str) -> int:
        """Publish what there is after a step; the one before is dropped, as halfway ones are."""
        self.number += 1
        shutil.copy(self.steps / f"{step}.duckdb", self.store.at(self.number).path)
        self.store.use(self.number)
        if self.number > self.before + 1:
            self.store.delete(self.number - 1)
        order = list(STEPS)
        self.say("published", snapshot=self.number, stage=step)
        self.say("stages", left={name: LEFT[name] for name in order[order.index(step) + 1 :]})
        return self.number


@pytest.fixture(scope="module")
def steps(browser: Browser, demo_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file for each step, cut from a whole one."""
    folder = tmp_path_factory.mktemp("steps")
    whole = Store(demo_store).current()
    assert whole is not None
    for name, (empty, there) in STEPS.items():
        path = Path(shutil.copy(whole.path, folder / f"{name}.duckdb"))
        with Writer(path) as writer, writer.transaction():
            for table in empty:
                writer.con.execute(f"delete from {table}")
            for table in ("projections", "projection_points", "projection_axes"):
                writer.con.execute(f"delete from {table} where not ({there})")
    return folder


@pytest.fixture(scope="module")
def served(
    serving: Callable[..., AbstractContextManager[Dashboard]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    """A dashboard on a store that is empty at first."""
    folder = tmp_path_factory.mktemp("publications")
    with serving(folder / "store", folder) as dashboard:
        yield dashboard


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    """For each test, how many snapshots those before it may have published."""
    return itertools.count(0, len(STEPS))


@pytest.fixture
def build(steps: Path, served: Dashboard, numbers: Iterator[int]) -> Iterator[Build]:
    store = Store(served.store)
    made = Build(store, steps, next(numbers))
    with store.lock():
        yield made


def cloud(view: View) -> Locator:
    return view.page.locator(".cloud")


def drawn(view: View) -> None:
    """Wait until the clouds are there."""
    cloud(view).and_(view.page.locator('[data-ready="true"]')).wait_for()


def seen(view: View) -> dict[str, Any]:
    """All that a person has made of the clouds."""
    asked = parse_qs(urlparse(view.page.url).query)
    return {
        "chosen": cloud(view).get_attribute("data-chosen"),
        "selected": cloud(view).get_attribute("data-selected"),
        "made": cloud(view).get_attribute("data-made"),
        "looked_at": cloud(view).evaluate("root => root.cloud.camera()"),
        "scenes": scenes(view),
        "listed": view.page.locator(".playlist tr[data-clip]").count(),
    } | {name: asked.get(name) for name in ("clip", "picked", "camera", "view", "section")}


def scenes(view: View) -> list[str]:
    found: list[str] = cloud(view).evaluate("root => root.cloud.instance.panes.map(pane => pane.spec.name)")
    return found


def shows(view: View, number: int) -> None:
    """Wait until an open page has taken a publication up by itself."""
    sidebar = view.page.get_by_test_id("stSidebarContent")
    sidebar.get_by_text(f"Snapshot {number}").wait_for(timeout=20_000, state="attached")
    view.settle()


def lay_hands_on(view: View) -> None:
    """Turn, choose, pick, and open a section."""
    box = cloud(view).locator('[data-scene$="-3d"]').bounding_box()
    assert box is not None
    view.page.mouse.move(box["x"] + 200, box["y"] + 200)
    view.page.mouse.down()
    view.page.mouse.move(box["x"] + 290, box["y"] + 230, steps=4)
    view.page.mouse.up()
    view.settle()
    view.page.get_by_role("radio", name="Picked clips").click()
    view.settle()
    cloud(view).locator(".entry").first.click()
    view.settle()
    flat = str(cloud(view).locator('[data-scene$="-2d"]').get_attribute("data-scene"))
    index = cloud(view).evaluate("(root, name) => root.cloud.uncovered(name).at(12)", flat)
    view.page.mouse.click(
        *cloud(view).evaluate("(root, [name, at]) => root.cloud.screen(name, at)", [flat, index])
    )
    view.page.wait_for_url(re.compile("camera="))
    view.settle()


def test_an_open_page_takes_each_publication_up_without_losing_its_place(
    windows: Callable[..., View], served: Dashboard, build: Build, screenshots: Path
) -> None:
    view, idle, home = windows(served, height=1600), windows(served), windows(served)
    view.page.add_init_script(LISTEN)
    for one, path in ((view, "/clusters"), (idle, "/clusters"), (home, "/")):
        one.open(path)
    assert view.page.get_by_text("The first clips: soon").is_visible()
    assert home.page.get_by_text("The first build is at work").is_visible()
    home.page.screenshot(path=screenshots / "publications-home.png")

    shows(view, build.publish("clips"))
    assert view.page.get_by_text("Principal components: in").is_visible()
    assert view.page.get_by_text("Clusterings: in about").is_visible()
    for one in (view, idle):
        shows(one, build.number)

    build.publish("pca")
    for one in (view, idle):
        shows(one, build.number)
        drawn(one)
        assert scenes(one) == [f"{SOUNDS}.all.pca-3d", f"{SOUNDS}.all.pca-2d"]
    cloud(view).evaluate("root => { root.dataset.made = 'once'; }")
    lay_hands_on(view)
    before = seen(view)
    assert before["chosen"] and before["camera"] and before["section"] == ["Picked clips"]
    assert before["listed"] == int(before["selected"]) > 0
    back = [one.page.evaluate("() => history.length") for one in (view, idle)]

    for step in ("overview", "clusterings", "audit"):
        number = build.publish(step)
        shows(view, number)
        assert seen(view) == before, f"after {step}"
        view.page.screenshot(path=screenshots / f"publications-{step}.png")
        shows(idle, number)
        # Whom it does not disturb is shown the best there is.
        assert all(name.split(".")[2].startswith("umap") for name in scenes(idle)), step
    assert view.page.get_by_text("First of ").is_visible()
    assert "clustering" in parse_qs(urlparse(view.page.url).query)
    steps_back = [one.page.evaluate("() => history.length") for one in (view, idle)]
    assert all(now - before <= 2 for now, before in zip(steps_back, back, strict=True)), (
        "it is no step to go back"
    )

    # A click after all of it goes to the same clouds, and a link to them leads there.
    other = windows(served, height=1600)
    other.open(view.page.url.removeprefix(served.url))
    drawn(other)
    now = seen(other)
    for name in ("chosen", "selected", "looked_at", "scenes", "listed"):
        assert now[name] == before[name], name
    for one in (view, idle, home, other):
        assert not one.look()


def test_a_sound_plays_on_through_a_publication(
    windows: Callable[..., View], served: Dashboard, build: Build
) -> None:
    build.publish("pca")
    view = windows(served, height=1600)
    view.page.add_init_script(LISTEN)
    view.open("/clusters")
    drawn(view)
    flat = str(cloud(view).locator('[data-scene$="-2d"]').get_attribute("data-scene"))
    index = cloud(view).evaluate("(root, name) => root.cloud.uncovered(name).at(3)", flat)
    view.page.mouse.click(
        *cloud(view).evaluate("(root, [name, at]) => root.cloud.screen(name, at)", [flat, index])
    )
    view.page.wait_for_function(f"() => ({PLAYING})().length === 1")
    view.page.evaluate("() => { for (const one of window.players) one.loop = true; }")
    number = build.publish("clusterings")
    shows(view, number)
    assert len(view.page.evaluate(PLAYING)) == 1
    assert not view.look()
