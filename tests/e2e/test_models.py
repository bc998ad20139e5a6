"""Models with the hands on it: a click on the confusion matrix is heard, links lead there, an experiment is run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlparse

import pytest

from app.experiments import confusion
from app.experiments import errors as mistakes
from store.reader import Reader
from store.results_reader import Predictions
from store.snapshots import Store

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.e2e.conftest import Dashboard, Scheme, View

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

SOUNDS = "demo_sounds"
NAME = f"{SOUNDS}.label.pitch.logistic"
TALL = (1440, 2600)
LOOKS: tuple[tuple[Scheme, int, int], ...] = (("light", 1440, 900), ("dark", 420, 900))
DETAILS = ("Errors", "Classes", "Curves", "Calibration", "Folds", "Learning curve", "Columns", "About")
SECTIONS = ("Conditions", "Speakers", "Dialects", "Calibration", "Training", "Errors", "About")
"""Of the voice network."""
PLAYING = (
    "() => [...document.querySelectorAll('audio')].filter(one => !one.paused && one.currentTime > 0).length"
)
# What has been heard is remembered: on a busy machine a clip of five seconds can be over before it is asked for.
REMEMBER = """window.heard = new Set();
document.addEventListener('timeupdate', event => {
    if (event.target.currentTime > 0) window.heard.add(event.target.currentSrc);
}, true);"""
FORGET = "() => window.heard.clear()"
HEARD = "() => window.heard.size === 1"
ROWS = ".st-key-mistakes tr[data-clip]"


@pytest.fixture(scope="module")
def told(demo_store: Path) -> Predictions:
    """What the experiment said of the demo sounds."""
    current = Store(demo_store).current()
    assert current is not None
    with Reader(current.path) as reader:
        return reader.predictions(NAME)


@pytest.fixture
def models(open_view: Callable[..., View]) -> Callable[..., View]:
    """``models(**query)``: the page in a fresh window."""

    def open_one(scheme: Scheme = "light", width: int = TALL[0], height: int = TALL[1], **query: str) -> View:
        view = open_view(scheme, width, height)
        view.page.add_init_script(REMEMBER)
        view.open("/models?" + urlencode({"dataset": SOUNDS, "experiment": NAME} | query))
        return view

    return open_one


def query(view: View) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlparse(view.page.url).query).items()}


def cells(view: View) -> Locator:
    """The cells of the confusion matrix, row by row."""
    return view.page.locator('[class*="st-key-confusion_chart"] .bars .point path')


def errors(told: Predictions) -> list[tuple[int, tuple[str, str]]]:
    """Each cell that holds errors: its place among the cells that are drawn, and what it is of."""
    counts = confusion.table(told.truth, told.predicted, told.classes)
    drawn = [(true, said) for true in told.classes for said in told.classes if counts.loc[true, said]]
    return [(place, cell) for place, cell in enumerate(drawn) if cell[0] != cell[1]]


def listed(view: View) -> list[str]:
    view.page.locator(ROWS).first.wait_for()
    return [
        str(one) for one in view.page.locator(ROWS).evaluate_all("rows => rows.map(row => row.dataset.clip)")
    ]


def test_a_click_on_a_cell_ends_in_a_playing_clip(models: Callable[..., View], told: Predictions) -> None:
    view = models()
    place, cell = errors(told)[0]
    clips = mistakes.of_cell(told.table, cell)["clip_id"].tolist()
    for heard in (True, False, True):  # again to let go, and once more
        view.page.evaluate(FORGET)
        cells(view).nth(place).click(force=True)
        view.settle()
        address = query(view)
        assert (address.get("true"), address.get("said")) == (cell if heard else (None, None))
        if heard:
            view.page.wait_for_function(HEARD, timeout=15_000)
            assert listed(view) == clips[: len(listed(view))]
            assert address["clip"] == clips[0]
            wait_s = view.page.locator("audio").evaluate("one => one.duration")
            assert wait_s > 0
        else:
            assert view.page.evaluate(PLAYING) == 0
    assert not view.look()


def test_rows_are_chosen_and_played(models: Callable[..., View], told: Predictions) -> None:
    view = models()
    clips = mistakes.of_cell(told.table, ("", ""))["clip_id"].tolist()
    assert listed(view) == clips[:10]
    view.page.locator(ROWS).nth(2).click()
    view.settle()
    assert query(view)["clip"] == clips[2]
    view.page.wait_for_function(HEARD, timeout=15_000)
    near = view.page.locator(".st-key-nearest_1 tr[data-clip]")
    assert near.count() >= 1
    near.first.get_by_role("button").click()
    near.first.locator('[aria-pressed="true"]').wait_for(timeout=15_000)
    with view.page.expect_navigation(url=lambda url: "/clusters" in url):
        view.page.get_by_role("link", name="Among the others").click()
    view.settle()
    assert query(view)["clip"] == clips[2]


def test_the_way_back_shows_the_former_experiment(models: Callable[..., View]) -> None:
    former = "demo_voices.label.mfcc.logistic"
    view = models(dataset="demo_voices", experiment=former)
    assert view.page.locator("h2").inner_text() == "Logistic regression on MFCC"
    view.page.get_by_role("radio", name="dialect", exact=True).click()
    view.settle()
    assert query(view)["experiment"].startswith("demo_voices.dialect.")
    view.page.go_back()
    view.settle()
    assert (query(view)["target"], query(view)["experiment"]) == ("label", former)
    assert view.page.locator("h2").inner_text() == "Logistic regression on MFCC"
    assert not view.look()


def test_every_part_of_an_experiment_fits_its_window(
    models: Callable[..., View], told: Predictions, screenshots: Path
) -> None:
    cell = errors(told)[0][1]
    clip = str(mistakes.of_cell(told.table, cell)["clip_id"].iloc[0])
    view = models(*LOOKS[0], true=cell[0], said=cell[1], clip=clip)
    for scheme, width, height in LOOKS:
        view.wear(scheme, width, height)
        for detail in DETAILS:
            view.page.get_by_role("radio", name=detail, exact=True).click()
            view.settle()
            view.screenshot(screenshots / f"models-{detail.lower().replace(' ', '-')}-{scheme}-{width}.png")
            assert not view.look(), (detail, scheme)


def test_every_section_of_the_voice_network_fits_its_window(
    models: Callable[..., View], screenshots: Path
) -> None:
    view = models(*LOOKS[0], part="Voice")
    for scheme, width, height in LOOKS:
        view.wear(scheme, width, height)
        for section in SECTIONS:
            view.page.get_by_role("radio", name=section, exact=True).click()
            view.settle()
            assert query(view).get("voice", SECTIONS[0]) == section
            view.screenshot(screenshots / f"models-voice-{section.lower()}-{scheme}-{width}.png")
            assert not view.look(), (section, scheme)


def test_the_voice_network_is_one_click_from_its_experiment_and_the_way_back_leads_there(
    models: Callable[..., View],
) -> None:
    name = "demo_voices.label.sound.gender_ecapa"
    view = models(dataset="demo_voices", experiment=name, detail="Learning curve")
    assert view.page.locator("h2").inner_text() == "ECAPA-TDNN (voice network) on sound"
    view.page.get_by_role("link", name="How the voice network was trained").click()
    view.settle()
    assert (query(view)["part"], query(view)["voice"]) == ("Voice", "Training")
    assert "the voice network" in view.page.locator("h2").inner_text()
    assert view.page.get_by_role("combobox", name="Collection").count() == 0
    view.page.get_by_role("radio", name="Results", exact=True).click()
    view.settle()
    assert (query(view)["dataset"], query(view)["experiment"]) == ("demo_voices", name)
    assert view.page.locator("h2").inner_text() == "ECAPA-TDNN (voice network) on sound"
    assert not view.look()


def test_an_experiment_is_run_from_the_page(
    windows: Callable[..., View], building_dashboard: Dashboard
) -> None:
    view = windows(building_dashboard)
    view.open("/models?" + urlencode({"dataset": SOUNDS, "part": "Run"}))
    number = int(query(view)["snapshot"])
    view.page.get_by_role("spinbutton", name="Seed").fill("7")
    view.page.get_by_role("spinbutton", name="Seed").press("Enter")
    view.settle()
    view.page.get_by_role("button", name="Run the experiment").click()
    view.page.wait_for_url(lambda url: f"{SOUNDS}.label.all.logistic.seed7" in url, timeout=180_000)
    view.settle()
    assert "seed 7" in view.page.locator("h2").inner_text()
    assert query(view)["snapshot"] == str(number + 1)
    assert not view.look()


def test_what_is_compared_can_be_heard(models: Callable[..., View], demo_store: Path) -> None:
    other = f"{SOUNDS}.label.all.logistic"
    view = models(part="Compare", first=other, second=NAME)
    rows = view.page.locator(".st-key-only_first tr[data-clip]")
    rows.first.wait_for()
    rows.first.click()
    view.settle()
    assert query(view)["clip"] == rows.first.get_attribute("data-clip")
    view.page.wait_for_function(HEARD, timeout=15_000)
    assert isinstance(query(view)["first"], str) and query(view)["second"] == NAME
    assert not view.look()
