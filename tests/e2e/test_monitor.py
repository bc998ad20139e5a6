"""The live monitor alone: what it says and shows, that it moves, forgets, reports, and ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.e2e.conftest import Dashboard, View

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e live")]

# Streamlit takes the monitor off the page now and then, and puts it back at once.
FIND = (
    "document.querySelector('[data-testid=stBidiComponentIsolated]')?.shadowRoot?.querySelector('.monitor')"
)
# Text and what is behind it, as a screen mixes them: [words, contrast].
CONTRASTS = """root => {
    const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    const over = (...colours) => {
        context.clearRect(0, 0, 1, 1);
        for (const colour of colours) { context.fillStyle = colour; context.fillRect(0, 0, 1, 1); }
        return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const light = colour => {
        const [r, g, b] = colour.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    };
    const page = getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor;
    const written = [...root.querySelectorAll('*')].filter(one => one.tagName !== 'STYLE' && one.checkVisibility()
        && [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()));
    return written.map(one => {
        const behind = [];
        for (let at = one; at !== root; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
        const ground = over(page, ...behind);
        const [dark, bright] = [light(over(getComputedStyle(one).color)), light(ground)].sort((a, b) => a - b);
        return [one.textContent, bright / dark];
    });
}"""
# Share of the log-mel's width, from the left, in which there is a picture.
PAINTED = """root => {
    const canvas = root.querySelector('.picture canvas');
    const row = canvas.getContext('2d').getImageData(0, 5, canvas.width, 1).data;
    let sum = 0;
    for (let at = 3; at < row.length; at += 4) sum += Number(row[at] > 0);
    return sum / canvas.width;
}"""


@pytest.fixture(scope="module")
def server(part_of: Callable[..., Dashboard]) -> Dashboard:
    """The monitor's own small page."""
    return part_of("monitor_app.py")


@pytest.fixture
def show(windows: Callable[..., View], server: Dashboard) -> Callable[..., View]:
    """``show("/?at=2")``: the page in a fresh window, the monitor drawn. It never comes to rest."""

    def open_one(path: str = "/", *, still: bool = False, **window: Any) -> View:
        view: View = windows(server, motion=not still, **window)
        view.page.goto(f"{server.url}{path}")
        said(view).wait_for(timeout=30_000)
        return view

    return open_one


def said(view: View) -> Locator:
    return view.page.locator(".monitor .said")


def ask(view: View, expression: str, when: str = "true") -> Any:
    """What ``expression``, with ``root`` the monitor's element and ``it`` the monitor, is once ``when`` holds."""
    script = f"() => {{ const root = {FIND}; const it = root?.monitor; return it && {when} ? [{expression}] : null; }}"
    return view.page.wait_for_function(script, timeout=60_000).json_value()[0]


def wait_for(view: View, condition: str) -> None:
    ask(view, "true", condition)


STATES = {
    "2": ("female-like voice", "female-like voice", r"female-like 9\d %"),
    "7": ("male-like voice", "male-like voice", r"male-like 9\d %"),
    "5": ("not sure yet", "not sure yetneither is likely enough", r"female-like (5|6)\d %"),
    "0.5": ("not sure yet", "not sure yettoo little voice so far", "–"),
    "3.5": ("no speech", "no speech", "–"),
    "waiting": ("waiting", "listening…", "–"),
}


def test_the_state_is_said_and_ticks_are_told_of(show: Callable[..., View]) -> None:
    view = show("/?at=35.5")
    assert said(view).get_attribute("aria-live") == "polite"
    for held, (state, words, told) in STATES.items():
        view.page.get_by_role("radio", name=held, exact=True).click()
        find = (
            "[root.querySelector('.said').dataset.state, root.querySelector('.gauge strong').textContent, "
            "root.querySelector('.needle').checkVisibility()]"
        )
        found = ask(view, find, f"root.querySelector('.said').textContent === {words!r}")
        assert found[0] == state and re.fullmatch(told, found[1]) and found[2] == (told != "–")
    view.page.get_by_text("delays in ms").wait_for(timeout=60_000)
    *delays, uncertainty = map(int, re.findall(r"\d+", view.page.get_by_text("delays in ms").inner_text()))
    assert delays and all(0 <= one < 5_000 for one in delays)
    assert uncertainty < 5_000
    assert view.problems == []


def test_it_moves_between_ticks_begins_anew_and_ends(show: Callable[..., View]) -> None:
    view = show()
    before = ask(view, "[it.flow.frames, it.flow.shown, performance.now()]", "it.flow.shown > 1.5")
    view.page.wait_for_timeout(1_500)
    after = ask(view, "[it.flow.frames, it.flow.shown, performance.now()]")
    seconds = (after[2] - before[2]) / 1000
    assert after[0] - before[0] > 8 * seconds  # ticks are 4 a second
    assert after[1] - before[1] == pytest.approx(seconds, abs=0.9)
    shown, painted = ask(view, f"[it.flow.shown, ({PAINTED})(root)]")
    assert painted == pytest.approx(min(shown, 8) / 8, abs=0.06)
    assert ask(view, "it.minute.rows.length") >= 4 * after[1] - 1

    view.page.get_by_role("button", name="New session").click()
    wait_for(view, "root.dataset.session === 'session 2' && it.flow.shown > 0")
    assert ask(view, "it.flow.shown") < after[1]
    assert ask(view, f"({PAINTED})(root)") < painted

    view.page.evaluate(f"() => {{ window.kept = {FIND}.monitor; }}")
    view.page.get_by_text("Show", exact=True).click()
    said(view).wait_for(state="detached")
    # Not at once: it might have been put back.
    view.page.wait_for_function("() => window.kept.flow.freed", timeout=30_000)
    frames = view.page.evaluate("() => window.kept.flow.frames")
    view.page.wait_for_timeout(400)
    assert view.page.evaluate("() => window.kept.flow.frames") == frames
    view.page.get_by_text("Show", exact=True).click()
    said(view).wait_for()
    wait_for(view, "it !== window.kept && it.flow.frames > 5")
    assert view.problems == []


def test_without_motion_it_is_drawn_once_a_tick(show: Callable[..., View]) -> None:
    view = show(still=True)
    before = ask(view, "[it.flow.frames, Number(root.dataset.number)]", "it.flow.shown > 0.5")
    after = ask(view, "[it.flow.frames, Number(root.dataset.number)]", f"it.flow.frames >= {before[0] + 3}")
    assert after[0] - before[0] <= after[1] - before[1] + 1
    assert ask(view, "getComputedStyle(root.querySelector('.needle')).transitionDuration") == "0s"


def test_what_was_lost_stays_blank_and_all_can_be_read(show: Callable[..., View], screenshots: Path) -> None:
    view = show("/?at=35.5")
    wait_for(view, "it.flow.shown === 35.5")
    # All but what one tick brings; the man spoke until 35 s.
    assert ask(view, f"({PAINTED})(root)") == pytest.approx(1.8 / 8, abs=0.02)
    assert ask(view, "it.picture.columns.stretches(0, 1e6)") == [[1685, 1750]]

    screenshots.mkdir(exist_ok=True)
    for scheme in ("light", "dark"):
        view.page.emulate_media(color_scheme=scheme)
        for at, width in (("wide", 1440), ("narrow", 420)):
            view.page.set_viewport_size({"width": width, "height": 1100})
            view.page.wait_for_timeout(600)
            assert view.look() == []
            found = ask(view, f"({CONTRASTS})(root)")
            assert len(found) > 20
            assert [one for one in found if one[1] < 4.5] == []
            view.page.screenshot(path=screenshots / f"monitor-{scheme}-{at}.png")

    # A later tick: between them are 50 columns that never came.
    later = "{ first: 1825, columns: btoa(String.fromCharCode(...Array(160).fill(200))), voiced: '11' }"
    assert ask(view, f"it.picture.columns.take({later})")
    ring = "it.picture.columns.context.getImageData(column % 512, 0, 1, 1).data[3]"
    opaque = ask(view, f"[1774, 1775, 1824, 1825, 1826].map(column => {ring})")
    assert opaque == [255, 0, 0, 255, 255]
    assert ask(view, "it.picture.columns.stretches(0, 1e6)") == [[1685, 1750], [1825, 1827]]
