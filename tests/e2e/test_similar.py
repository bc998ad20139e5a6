"""Similar with the hands on it: neighbours are heard, a file is dropped in, addresses lead back."""

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
HEARD = "() => [...window.players].some(one => !one.paused && one.currentTime > 0.2)"


def rows(view: View) -> Locator:
    return view.page.locator("tr[data-clip]")


def names(view: View) -> list[str | None]:
    return [row.get_attribute("data-clip") for row in rows(view).all()]


def query(view: View) -> dict[str, list[str]]:
    return parse_qs(urlparse(view.page.url).query)


@pytest.fixture
def recording(demo_store: Path) -> tuple[str, Path]:
    """A clip of the demo sounds and its file."""
    current = Store(demo_store).current()
    assert current is not None
    with Reader(current.path) as reader:
        clip = reader.clip(reader.clips("demo_sounds")["clip_id"].iloc[25])
    return str(clip["clip_id"]), Path(clip["root"]) / clip["relative_path"]


def test_a_neighbour_is_heard_shown_and_gone_on_from(
    browser_page: View, open_view: Callable[..., View]
) -> None:
    browser_page.page.add_init_script(LISTEN)
    browser_page.open("/similar?dataset=demo_sounds&view=MFCC&metric=Euclidean")
    assert rows(browser_page).count() == 10
    rows(browser_page).nth(2).get_by_role("button").click()
    browser_page.page.wait_for_function(HEARD)
    wanted = rows(browser_page).nth(4).get_attribute("data-clip")
    rows(browser_page).nth(4).get_by_role("cell").nth(2).click()
    browser_page.page.wait_for_url(re.compile("hit="))
    browser_page.settle()
    assert browser_page.page.locator(".stPlotlyChart").count() == 2
    browser_page.page.get_by_role("button", name="Look for what sounds like this one").click()
    # Its address names a clip already: the one that the page begins with.
    browser_page.page.wait_for_url(lambda url: parse_qs(urlparse(url).query).get("clip") == [wanted])
    browser_page.settle()
    assert wanted not in names(browser_page) and rows(browser_page).count() == 10
    assert not browser_page.look()

    other = open_view()
    other.open(browser_page.page.url.removeprefix(browser_page.dashboard.url))
    assert names(other) == names(browser_page)
    assert query(other) == query(browser_page)
    assert {name: query(other)[name] for name in ("view", "metric")} == {
        "view": ["mfcc"],
        "metric": ["Euclidean"],
    }
    assert not other.look()


def test_a_file_is_dropped_in_heard_and_found(
    browser_page: View, recording: tuple[str, Path], screenshots: Path
) -> None:
    clip_id, path = recording
    browser_page.open("/similar?dataset=demo_sounds&of=A%20file%20of%20mine")
    assert rows(browser_page).count() == 0
    browser_page.drop("my own.wav", path.read_bytes())
    assert names(browser_page)[0] == clip_id
    assert browser_page.page.locator('[data-testid="stAudio"]').count() == 1
    browser_page.page.get_by_text("is in the store already").wait_for()
    browser_page.screenshot(screenshots / "similar-own-recording.png")
    assert not browser_page.look()


def test_a_file_that_is_no_recording_leaves_the_page_usable(
    browser_page: View, recording: tuple[str, Path]
) -> None:
    browser_page.open("/similar?dataset=demo_sounds&of=A%20file%20of%20mine")
    browser_page.drop("nothing.wav", b"no recording at all")
    assert browser_page.page.get_by_text("cannot be used").is_visible()
    assert rows(browser_page).count() == 0
    box = browser_page.page.locator('[data-testid="stFileUploader"] input[type="file"]')
    box.set_input_files({"name": "letter.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"})
    browser_page.page.get_by_text("not allowed").wait_for()
    browser_page.drop("mine.wav", recording[1].read_bytes())
    assert rows(browser_page).count() == 10
    assert not browser_page.look()


def test_a_clip_is_found_by_typing_part_of_its_label(browser_page: View) -> None:
    browser_page.open("/similar?dataset=demo_sounds")
    box = browser_page.page.get_by_role("combobox", name=re.compile("^(Selected.*)?Clip"))
    box.click()
    box.fill("helicopter")
    browser_page.page.get_by_role("option", name=re.compile("helicopter")).first.click()
    browser_page.page.wait_for_url(re.compile("clip="))
    browser_page.settle()
    assert query(browser_page)["clip"][0] not in names(browser_page)
    assert browser_page.page.get_by_text(re.compile("'helicopter', as the chosen clip is")).is_visible()
    assert not browser_page.look()
