"""Explore > Clips with the hands on it: sounds are heard, rows are chosen, addresses lead back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlparse

import pytest

from store.reader import Reader
from store.snapshots import Store

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.e2e.conftest import View

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

# The rows play through an element that is in no document: only its own calls betray it.
LISTEN = """
window.players = new Set();
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () { window.players.add(this); return play.call(this); };
"""
HEARD_S = "() => Math.max(0, ...[...window.players].filter(one => !one.paused).map(one => one.currentTime))"


@pytest.fixture
def clips(browser_page: View) -> View:
    browser_page.page.add_init_script(LISTEN)
    browser_page.open("/explore?dataset=demo_sounds&show=Clips")
    return browser_page


def rows(view: View) -> Locator:
    return view.page.locator("tr[data-clip]")


def playing(view: View) -> list[str | None]:
    """The clips whose button says that they play."""
    pressed = rows(view).filter(has=view.page.locator('button[aria-pressed="true"]'))
    return [row.get_attribute("data-clip") for row in pressed.all()]


def wait_for_sound(view: View, seconds: float) -> None:
    view.page.wait_for_function(f"({HEARD_S})() > {seconds}", timeout=15_000)


def query(view: View) -> dict[str, list[str]]:
    return parse_qs(urlparse(view.page.url).query)


def test_a_row_is_heard_and_falls_silent(clips: View) -> None:
    first = rows(clips).first
    first.get_by_role("button").click()
    # Past two seconds the sidebar has looked for a new snapshot, and that must not cut the sound off.
    wait_for_sound(clips, 2.5)
    assert playing(clips) == [first.get_attribute("data-clip")]
    first.get_by_role("button").click()
    assert playing(clips) == []
    assert clips.page.evaluate(HEARD_S) == 0
    assert "clip" not in query(clips), "playing a row is not choosing it"
    assert not clips.look()


def test_only_one_row_is_heard_at_a_time(clips: View) -> None:
    rows(clips).nth(0).get_by_role("button").click()
    wait_for_sound(clips, 0.2)
    rows(clips).nth(3).get_by_role("button").click()
    clips.page.wait_for_function("() => [...window.players].filter(one => !one.paused).length === 1")
    wait_for_sound(clips, 0.2)
    assert playing(clips) == [rows(clips).nth(3).get_attribute("data-clip")]


def test_a_sound_that_is_over_frees_its_button(clips: View) -> None:
    rows(clips).first.get_by_role("button").click()
    wait_for_sound(clips, 0.1)
    clips.page.evaluate("() => { for (const one of window.players) one.currentTime = one.duration - 0.2; }")
    clips.page.wait_for_function("() => [...window.players].every(one => one.paused)", timeout=10_000)
    assert playing(clips) == []


def test_leaving_the_page_ends_the_sound(clips: View) -> None:
    rows(clips).first.get_by_role("button").click()
    wait_for_sound(clips, 0.1)
    clips.go_to("Balance")
    assert clips.page.evaluate(HEARD_S) == 0


def test_a_chosen_row_is_shown_in_full_while_another_plays_on(clips: View) -> None:
    rows(clips).first.get_by_role("button").click()
    wait_for_sound(clips, 0.1)
    row = rows(clips).nth(8)
    wanted = row.get_attribute("data-clip")
    row.get_by_role("cell").nth(2).click()
    clips.page.wait_for_url(re.compile("clip="))
    clips.settle()
    assert query(clips)["clip"] == [wanted]
    assert clips.page.locator("code").filter(has_text=str(wanted)).is_visible()
    assert clips.page.locator(".stPlotlyChart").count() == 2
    assert clips.page.locator('[data-testid="stAudio"]').count() == 1
    assert row.get_attribute("class") == "chosen"
    assert clips.page.evaluate(HEARD_S) > 0, "choosing a row cut off the sound of another"
    assert not clips.look()


def test_keys_walk_play_and_choose(clips: View) -> None:
    rows(clips).first.focus()
    for _ in range(3):
        clips.page.keyboard.press("ArrowDown")
    clips.page.keyboard.press("ArrowUp")
    third = rows(clips).nth(2).get_attribute("data-clip")
    clips.page.keyboard.press("Space")
    wait_for_sound(clips, 0.1)
    assert playing(clips) == [third]
    clips.page.keyboard.press("Space")
    assert playing(clips) == []
    clips.page.keyboard.press("Enter")
    clips.page.wait_for_url(re.compile("clip="))
    assert query(clips)["clip"] == [third]


def test_an_address_leads_back_to_what_was_seen(
    browser_page: View, open_view: Callable[..., View], demo_store: Path
) -> None:
    current = Store(demo_store).current()
    assert current is not None
    with Reader(current.path) as reader:
        sexes = reader.clips("demo_voices")["sex"]
    browser_page.open("/explore?dataset=demo_voices")
    browser_page.go_to("Clips")
    browser_page.page.get_by_label("Sex").click()
    browser_page.page.get_by_role("option", name="female").click()
    browser_page.page.keyboard.press("Escape")  # the open list hides the page from who cannot see
    browser_page.settle()
    rows(browser_page).nth(4).get_by_role("cell").nth(2).click()
    browser_page.page.wait_for_url(re.compile("clip="))
    browser_page.settle()
    address = browser_page.page.url.removeprefix(browser_page.dashboard.url)
    names = [row.get_attribute("data-clip") for row in rows(browser_page).all()]

    other = open_view()
    other.open(address)
    assert [row.get_attribute("data-clip") for row in rows(other).all()] == names
    assert query(other) == query(browser_page)
    assert query(other)["dataset"] == ["demo_voices"]
    chosen = other.page.locator("tr.chosen").get_attribute("data-clip")
    assert [chosen] == query(other)["clip"] == names[4:5]
    women = (sexes == "female").sum()
    assert other.page.get_by_text(re.compile(rf"^{women} of {len(sexes)} clips$")).is_visible()
    assert not other.look()
