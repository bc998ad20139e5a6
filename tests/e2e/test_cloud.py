"""The cloud alone, with the hands on it: turned, clicked, heard, drawn round, and found again by its address."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlparse

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Request

    from tests.e2e.conftest import Dashboard, View

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

# Streamlit pushes an entry of history for each query it does not know.
COUNT_PUSHES = """
window.pushes = 0;
const push = History.prototype.pushState;
History.prototype.pushState = function (...how) { window.pushes += 1; return push.apply(this, how); };
"""
NO_WEBGL = """
const get = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...how) {
    return kind.startsWith('webgl') ? null : get.call(this, kind, ...how);
};
"""
INK = """root => {
    const gl = root.cloud.instance.renderer.gl;
    const pixels = new Uint8Array(4 * gl.drawingBufferWidth * gl.drawingBufferHeight);
    gl.readPixels(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    return pixels.reduce((sum, value, at) => sum + Number(at % 4 === 3 && value > 100), 0);
}"""


@pytest.fixture(scope="module")
def server(part_of: Callable[..., Dashboard]) -> Dashboard:
    """The cloud's own small page, below a path as behind a proxy."""
    return part_of("cloud_app.py", below="sounds/atlas")


@pytest.fixture
def show(windows: Callable[..., View], server: Dashboard) -> Callable[..., View]:
    """``show("/?n=400")``: the page in a fresh window, the cloud drawn."""

    def open_one(path: str = "/", *, script: str = "", **window: Any) -> View:
        view = windows(server, motion=True, **window)
        # The first request below a path is for what lies above it: Streamlit's own way to find its server.
        view.page.add_init_script(COUNT_PUSHES + script)
        view.open(path)
        if script != NO_WEBGL:
            view.page.locator('.cloud[data-ready="true"]').wait_for()
        return view

    return open_one


def cloud(view: View) -> Locator:
    return view.page.locator(".cloud")


def wait_for(view: View, condition: str, argument: Any = None) -> None:
    """Until ``condition``, in which ``root`` is the cloud's element and ``it`` the argument, holds."""
    view.page.wait_for_function(
        "it => { const root = document.querySelector('[data-testid=stBidiComponentIsolated]')"
        f".shadowRoot.querySelector('.cloud'); return {condition}; }}",
        arg=argument,
        timeout=15_000,
    )


def click_on(view: View, scene: str, at: int) -> int:
    """Click on the ``at``-th point that no other covers; its index."""
    index = int(
        cloud(view).evaluate("(root, [scene, at]) => root.cloud.uncovered(scene).at(at)", [scene, at])
    )
    x, y = where(view, scene, index)
    view.page.mouse.click(x, y)
    return index


def where(view: View, scene: str, index: int) -> tuple[float, float]:
    x, y = cloud(view).evaluate("(root, [scene, index]) => root.cloud.screen(scene, index)", [scene, index])
    return float(x), float(y)


def query(view: View) -> dict[str, list[str]]:
    return parse_qs(urlparse(view.page.url).query)


def colour_by(view: View, name: str) -> None:
    view.page.get_by_role("radiogroup").get_by_text(name, exact=True).click()


def said(view: View) -> str:
    return view.page.get_by_text("chosen:").inner_text()


@pytest.mark.parametrize("scene", ["solid", "flat"])
def test_a_click_on_a_point_is_heard(show: Callable[..., View], scene: str) -> None:
    view = show()
    index = click_on(view, scene, 12)
    wait_for(view, "root.dataset.playing.endsWith(it)", f"/{index:06d}.wav")
    view.settle()
    assert said(view).startswith(f"chosen: {index},")
    assert str(cloud(view).get_attribute("data-chosen")).endswith(f"/{index:06d}.wav")
    # Under 300 ms with the machine to itself (the note on the issue); here others run beside it.
    assert float(str(cloud(view).get_attribute("data-click-to-sound-ms"))) > 0
    assert not view.look()


def test_a_second_click_is_heard_again_and_another_point_ends_the_first(show: Callable[..., View]) -> None:
    view = show()
    first = click_on(view, "flat", 5)
    wait_for(view, "root.dataset.playing")
    wait_for(view, "!root.dataset.playing")
    click_on(view, "flat", 5)
    wait_for(view, "root.dataset.playing.endsWith(it)", f"/{first:06d}.wav")
    other = click_on(view, "flat", 40)
    wait_for(view, "root.dataset.playing.endsWith(it)", f"/{other:06d}.wav")


def test_a_run_of_the_page_neither_cuts_the_sound_nor_moves_the_camera(show: Callable[..., View]) -> None:
    view = show()
    click_on(view, "solid", 3)
    wait_for(view, "root.dataset.playing")
    camera = cloud(view).evaluate("root => root.cloud.camera()")
    view.page.get_by_role("button", name="Run again").click()
    view.page.wait_for_timeout(600)
    assert cloud(view).get_attribute("data-playing")
    assert cloud(view).evaluate("root => root.cloud.camera()") == camera


def test_a_link_to_a_chosen_clip_is_silent(show: Callable[..., View]) -> None:
    view = show("/?chosen=7")
    view.page.wait_for_timeout(500)
    assert not cloud(view).get_attribute("data-playing")
    assert cloud(view).locator(".ring").first.get_attribute("r") != "0"
    assert str(cloud(view).locator(".links").first.get_attribute("d")).count("M") == 10


def test_a_point_tells_who_it_is_and_names_come_only_then(show: Callable[..., View]) -> None:
    view = show()
    asked: list[str] = []
    view.page.on("request", lambda request: asked.append(request.url))
    x, y = where(
        view, "solid", index := int(cloud(view).evaluate("root => root.cloud.uncovered('solid')[0]"))
    )
    view.page.mouse.move(x, y)
    cloud(view).locator(".tip code").wait_for()
    assert cloud(view).locator(".tip code").inner_text().endswith(f"/{index:06d}.wav")
    assert "cluster:" in cloud(view).locator(".tip").inner_text()
    assert any(url.endswith(".json") for url in asked)


def test_a_lasso_selects_and_the_legend_adds(show: Callable[..., View]) -> None:
    view = show()
    x, y = where(view, "flat", int(cloud(view).evaluate("root => root.cloud.uncovered('flat')[0]")))
    cloud(view).locator('[data-scene="flat"] [data-tool="lasso"]').click()
    view.page.mouse.move(x + 40, y)
    view.page.mouse.down()
    for step in range(1, 25):
        view.page.mouse.move(x + 40 * math.cos(step / 4), y + 40 * math.sin(step / 4))
    view.page.mouse.up()
    view.settle()
    inside = "(root, [x, y]) => [...Array(400).keys()].filter(at => Math.hypot(root.cloud.screen('flat', at)[0] - x,"
    expected = cloud(view).evaluate(f"{inside} root.cloud.screen('flat', at)[1] - y) < 39)", [x, y])
    count = int(str(cloud(view).get_attribute("data-selected")))
    assert 0 < len(expected) <= count < 400
    assert said(view).endswith(f"selected: {count}")

    view.page.locator(".entry").first.click(modifiers=["Shift"])
    view.settle()
    more = int(str(cloud(view).get_attribute("data-selected")))
    assert more >= count and said(view).endswith(f"selected: {more}")
    cloud(view).locator('[data-scene="flat"]').focus()
    view.page.keyboard.press("Escape")
    view.settle()
    assert said(view).endswith("selected: 0") and "selected" not in query(view)


def test_a_box_with_alt_takes_away(show: Callable[..., View]) -> None:
    view = show()
    cloud(view).locator('[data-scene="flat"] [data-tool="box"]').click()
    area = cloud(view).locator('[data-scene="flat"]').bounding_box()
    assert area is not None

    def drag(to: float) -> int:
        view.page.mouse.move(area["x"] + 5, area["y"] + 50)
        view.page.mouse.down()
        view.page.mouse.move(area["x"] + area["width"] * to, area["y"] + area["height"] - 5)
        view.page.mouse.up()
        view.settle()
        return int(str(cloud(view).get_attribute("data-selected")))

    every = drag(0.995)
    assert every > 390
    view.page.keyboard.down("Alt")
    left = drag(0.5)
    view.page.keyboard.up("Alt")
    assert 0 < left < every
    assert drag(0.5) == every - left


def test_the_camera_is_in_the_address_and_leads_back(show: Callable[..., View]) -> None:
    view = show()
    area = cloud(view).locator('[data-scene="solid"]').bounding_box()
    assert area is not None
    x, y = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
    view.page.mouse.move(x, y)
    view.page.mouse.down()
    view.page.mouse.move(x + 120, y + 30, steps=4)
    view.page.mouse.up()
    view.page.mouse.wheel(0, -300)
    view.page.wait_for_url(re.compile("camera="))
    camera = cloud(view).evaluate("root => root.cloud.camera()")
    view.page.wait_for_function("text => location.search.includes(text)", arg=camera)

    # Streamlit does not know of the camera: neither may lose what the other has written.
    pushes = view.page.evaluate("window.pushes")
    view.page.get_by_role("button", name="Run again").click()
    view.settle()
    assert view.page.evaluate("window.pushes") == pushes, (
        "a run that changes nothing is nothing to go back to"
    )
    colour_by(view, "level")
    view.settle()
    assert query(view)["colour"] == ["level"] and query(view)["camera"] == [camera]

    other = show(view.page.url.removeprefix(view.dashboard.url))
    assert cloud(other).evaluate("root => root.cloud.camera()") == camera
    assert query(other) == query(view)
    other.page.wait_for_timeout(500)
    assert cloud(other).evaluate("root => root.cloud.camera()") == camera, "a restored view does not turn"
    assert not view.look() and not other.look()


def test_it_turns_until_it_is_touched_and_obeys_the_keys(show: Callable[..., View]) -> None:
    view = show()
    camera = "root => root.cloud.camera()"
    before = cloud(view).evaluate(camera)
    view.page.wait_for_timeout(1_500)
    assert cloud(view).evaluate(camera) != before
    cloud(view).locator('[data-scene="solid"]').focus()
    seen = []
    for key in ("ArrowLeft", "ArrowUp", "+", "0"):
        view.page.keyboard.press(key)
        seen.append(cloud(view).evaluate(camera))
    assert len(set(seen)) == 4
    view.page.wait_for_timeout(300)
    assert cloud(view).evaluate(camera) == seen[-1]


def test_a_new_colour_sends_one_byte_a_clip(show: Callable[..., View]) -> None:
    view = show("/?n=20000")
    asked: list[Request] = []
    view.page.on("requestfinished", lambda request: "/media/" in request.url and asked.append(request))
    colour_by(view, "level")
    cloud(view).locator(".strip").wait_for()
    colour_by(view, "label")
    cloud(view).locator(".entry").first.wait_for()
    view.settle()
    assert len(asked) == 1, "the first colours are known already"
    assert asked[0].sizes()["responseBodySize"] <= 21_000


def test_without_webgl_there_is_a_sentence(show: Callable[..., View]) -> None:
    view = show(script=NO_WEBGL)
    assert "hardware acceleration" in cloud(view).locator(".word").inner_text()
    assert not view.look()


def test_graphics_memory_that_was_taken_away_is_filled_again(show: Callable[..., View]) -> None:
    view = show("/?symbols=1&chosen=3")
    full = cloud(view).evaluate(INK)
    assert full > 1_000
    cloud(view).evaluate(
        """async root => {
            const gl = root.cloud.instance.renderer.gl;
            root.cloud.screen('solid', 0);
            const lost = gl.getExtension('WEBGL_lose_context');
            lost.loseContext();
            await new Promise(done => setTimeout(done, 200));
            lost.restoreContext();
            await new Promise(done => setTimeout(done, 500));
        }"""
    )
    assert cloud(view).evaluate(INK) == pytest.approx(full, rel=0.1)


def test_a_cloud_that_is_gone_frees_everything(show: Callable[..., View]) -> None:
    view = show()
    view.page.evaluate("window.pushed = history.pushState")
    cloud(view).evaluate("root => { window.kept = root.cloud.instance; }")
    view.page.get_by_text("Show", exact=True).click()
    view.page.wait_for_function("window.kept.freed && window.kept.renderer.gl.isContextLost()")
    assert view.page.evaluate("history.pushState !== window.pushed")
    view.settle()
    view.page.get_by_text("Show", exact=True).click()
    cloud(view).and_(view.page.locator('[data-ready="true"]')).wait_for()
    assert cloud(view).evaluate(INK) > 1_000


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_any_clips(show: Callable[..., View], n: int) -> None:
    view = show(f"/?n={n}")
    area = cloud(view).locator('[data-scene="solid"]').bounding_box()
    assert area is not None
    view.page.mouse.move(area["x"] + 50, area["y"] + 90)
    view.page.mouse.wheel(0, 100)
    view.page.mouse.click(area["x"] + 50, area["y"] + 90)
    view.settle()
    assert not view.look()


@pytest.mark.parametrize("window", [(1440, 900), (420, 900)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_looks_right(
    show: Callable[..., View], screenshots: Path, scheme: str, window: tuple[int, int]
) -> None:
    view = show(
        "/?symbols=1&colour=cluster&groups=20&chosen=7", scheme=scheme, width=window[0], height=window[1]
    )
    view.screenshot(screenshots / f"cloud-{scheme}-{window[0]}.png")
    assert cloud(view).evaluate(INK) > 1_000
    assert not view.look()
