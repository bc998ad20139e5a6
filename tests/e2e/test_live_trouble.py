"""What the Live page says when the browser's microphone is not to be had, and what becomes of a correction."""

from __future__ import annotations

import contextlib
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import soundfile
import soxr
from playwright.sync_api import expect

from store.reader import Reader
from store.snapshots import Store

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FrameLocator, Locator, Page

    from tests.e2e.conftest import Dashboard

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e live")]

MS = 1_000
FLAGS = ["--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-component-update"]
DEVICE, ALLOWED = "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"
# What the page asked of the microphone, and what it got.
KEEP = """
const devices = navigator.mediaDevices, ask = devices.getUserMedia.bind(devices);
devices.getUserMedia = async (wanted) => {
    (window.top.wanted ??= []).push(wanted.audio);
    const stream = await ask(wanted);
    (window.top.tracks ??= []).push(...stream.getTracks());
    return stream;
};
"""
# A part of each sentence that the page may say by itself.
TROUBLES = (
    "neither. Open it as localhost",
    "current Firefox, Chrome",
    "finds no microphone",
    "does not let the page",
)
NO_SECURITY = "Object.defineProperty(window, 'isSecureContext', { value: false });"
NO_MEDIA = "Object.defineProperty(navigator, 'mediaDevices', { value: undefined });"
NO_GET_USER_MEDIA = "delete MediaDevices.prototype.getUserMedia;"
NO_WEBRTC = "delete window.RTCPeerConnection; delete window.webkitRTCPeerConnection;"
# Only through a TURN server, of which there is none: signalling works, and no sound finds its way.
NO_WAY = """
window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(settings) { super({ ...settings, iceTransportPolicy: "relay" }); }
};
"""
NEVER_ANSWERED = "navigator.mediaDevices.getUserMedia = () => new Promise(() => {});"


@pytest.fixture(scope="module")
def launch(browser: Browser, chromium: str) -> Iterator[Callable[..., Browser]]:
    """``launch(flags)``: a browser with these flags, one for all tests that ask for the same."""
    running: dict[tuple[str, ...], Browser] = {}

    def once(flags: Sequence[str]) -> Browser:
        if tuple(flags) not in running:
            own = browser.browser_type.launch(executable_path=chromium, args=[*FLAGS, *flags])
            running[tuple(flags)] = own
        return running[tuple(flags)]

    yield once
    for own in running.values():
        own.close()


@pytest.fixture
def visit(launch: Callable[..., Browser], dashboard: Dashboard) -> Iterator[Callable[..., Page]]:
    """``visit(flags, script)``: the Live page in a fresh window, in each frame of which the script runs first."""
    with contextlib.ExitStack() as opened:

        def begin(flags: Sequence[str], script: str = "") -> Page:
            page = launch(flags).new_page(viewport={"width": 1280, "height": 900})
            opened.callback(page.close)
            page.set_default_timeout(60 * MS)
            page.add_init_script(f"(() => {{ {script} }})()")
            page.goto(f"{dashboard.url}/live")
            start(page).wait_for()
            return page

        yield begin


def frame(page: Page) -> FrameLocator:
    """The button's, which is streamlit-webrtc's own."""
    return page.frame_locator('iframe[title*="webrtc"]')


def start(page: Page) -> Locator:
    return frame(page).get_by_role("button", name="Start listening")


def main(page: Page) -> Locator:
    return page.locator('[data-testid="stMain"]')


def still_of_use(page: Page) -> None:
    """The other ways are one click away, and nothing on the page has failed."""
    main(page).get_by_role("radio", name="Recording or file").click()
    expect(main(page).get_by_test_id("stFileUploader")).to_be_visible(timeout=30 * MS)
    expect(page.get_by_test_id("stException")).to_have_count(0)


@pytest.mark.parametrize(
    ("flags", "script", "error", "words"),
    [
        ([], "", "NotFoundError", "finds no microphone"),
        ([DEVICE, "--deny-permission-prompts"], "", "NotAllowedError", "does not let the page hear"),
        ([DEVICE, ALLOWED], NO_SECURITY, "", "neither. Open it as localhost"),
        ([DEVICE, ALLOWED], NO_MEDIA, "mediaDevices is undefined", "current Firefox, Chrome"),
        ([DEVICE, ALLOWED], NO_GET_USER_MEDIA, "not implemented in this browser", "current Firefox, Chrome"),
        ([DEVICE, ALLOWED], NO_WEBRTC, "RTCPeerConnection is not defined", "current Firefox, Chrome"),
    ],
    ids=["no microphone", "refused", "not secure", "no mediaDevices", "no getUserMedia", "no WebRTC"],
)
def test_without_a_microphone_the_page_says_what_to_do(
    visit: Callable[..., Page], flags: Sequence[str], script: str, error: str, words: str
) -> None:
    page = visit(flags, script)
    if error:
        start(page).click()
        # The name of what went wrong is the browser's; the page says what it means.
        expect(frame(page).get_by_role("alert")).to_contain_text(error, timeout=20 * MS)
    expect(main(page).get_by_text(words)).to_be_visible(timeout=20 * MS)
    said = {one for one in TROUBLES if main(page).get_by_text(one).filter(visible=True).count()}
    assert said == {one for one in TROUBLES if one in words}, "one sentence, the one that applies"
    still_of_use(page)


def test_choosing_a_microphone_where_there_is_none_says_so(visit: Callable[..., Page]) -> None:
    page = visit([])
    frame(page).get_by_role("button", name="Choose a microphone").click()
    expect(frame(page).locator("body")).to_contain_text("finds no microphone. Plug one in")


def test_a_question_that_nobody_answers_is_no_microphone_that_is_off(visit: Callable[..., Page]) -> None:
    page = visit([DEVICE, ALLOWED], NEVER_ANSWERED)
    start(page).click()
    expect(frame(page).get_by_role("button", name="Stop")).to_be_visible()
    expect(main(page)).to_contain_text("allow the microphone when the browser asks")


def test_where_no_sound_finds_its_way_the_page_says_what_to_try(visit: Callable[..., Page]) -> None:
    page = visit([DEVICE, ALLOWED], NO_WAY)
    start(page).click()
    expect(main(page)).to_contain_text("connecting", timeout=15 * MS)
    expect(main(page)).to_contain_text("no connection", timeout=20 * MS)
    expect(main(page)).to_contain_text("WebRTC needs UDP, or a TURN server")
    still_of_use(page)


def test_a_microphone_that_falls_silent_is_told_and_can_be_started_again(visit: Callable[..., Page]) -> None:
    page = visit([DEVICE, ALLOWED], KEEP)
    start(page).click()
    expect(main(page)).to_contain_text(re.compile(r"Of [1-9]\d* s of sound since you began"), timeout=30 * MS)
    page.evaluate("tracks.forEach((track) => track.stop())")
    expect(main(page)).to_contain_text("Sound came from the microphone, but for", timeout=25 * MS)
    expect(main(page)).to_contain_text("Press Stop and start again")
    frame(page).get_by_role("button", name="Stop").click()
    start(page).click()
    expect(page.locator(".stMarkdownBadge").first).to_contain_text("listening", timeout=30 * MS)
    expect(main(page)).not_to_contain_text("Sound came from the microphone, but for")
    still_of_use(page)


def test_what_the_browser_does_to_the_sound_is_asked_as_chosen(visit: Callable[..., Page]) -> None:
    page = visit([DEVICE, ALLOWED], KEEP)
    everything = {"echoCancellation": True, "noiseSuppression": True, "autoGainControl": True}
    assert asked(page) == everything
    page.get_by_text("What the browser does to the sound").click()
    page.get_by_text("Noise suppression").click()
    page.get_by_text("Automatic gain").click()
    page.keyboard.press("Escape")
    page.wait_for_timeout(MS)
    assert asked(page) == everything | {"noiseSuppression": False, "autoGainControl": False}
    settings = page.evaluate("tracks.at(-1).getSettings()")
    assert (settings["echoCancellation"], settings["noiseSuppression"]) == (True, False)


def asked(page: Page) -> dict[str, Any]:
    """Start and stop; the last that was asked of the microphone."""
    start(page).click()
    expect(main(page)).to_contain_text("of sound since you began", timeout=30 * MS)
    frame(page).get_by_role("button", name="Stop").click()
    start(page).wait_for()
    wanted: dict[str, Any] = page.evaluate("wanted.at(-1)")
    wanted.pop("deviceId", None)  # the second time it is known which one it was
    return wanted


def test_a_correction_is_kept_with_its_sound_and_can_be_taken_along(
    visit: Callable[..., Page], demo_store: Path, tmp_path: Path
) -> None:
    page = visit([DEVICE, ALLOWED, f"--use-file-for-fake-audio-capture={voice(demo_store, tmp_path)}"])
    start(page).click()
    expect(main(page)).to_contain_text(re.compile("(fe)?male-like voice"), timeout=60 * MS)
    expect(main(page)).to_contain_text(
        re.compile(r"Of ([5-9]|\d\d+) s of sound since you began"), timeout=30 * MS
    )
    page.get_by_role("button", name="That's wrong").click()
    page.get_by_role("radio", name="no speech").click()
    expect(main(page)).to_contain_text("You have corrected 1 decision.", timeout=20 * MS)
    expect(page.get_by_test_id("stAudio")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export with sound").click()
    with zipfile.ZipFile(download.value.path()) as packed:
        told = pd.read_csv(io.BytesIO(packed.read("corrections.csv")))
        samples, rate_hz = soundfile.read(io.BytesIO(packed.read(told.loc[0, "file"])))
    assert told["should"].tolist() == ["no speech"] and told["said"].tolist() != ["no speech"]
    assert rate_hz == 16_000 and 2.5 <= len(samples) / rate_hz <= 3.0
    assert np.abs(samples).max() > 0.01
    page.get_by_role("button", name="Delete them").click()
    expect(main(page)).not_to_contain_text("You have corrected")


def voice(store: Path, folder: Path) -> Path:
    """One of the demo's people, without an end, as a file for Chromium's microphone."""
    current = Store(store).current()
    assert current is not None
    with Reader(current.path) as reader:
        root = Path(reader.datasets().set_index("dataset").loc["demo_voices", "path"])
        spoken = reader.clips("demo_voices")
    own = spoken.loc[spoken["speaker"] == spoken["speaker"].iloc[0], "relative_path"].tolist()[:4]
    parts = []
    for clip in own:
        samples, rate_hz = soundfile.read(root / clip, dtype="float32")
        parts.append(soxr.resample(samples, rate_hz, 48_000))
    said = np.concatenate(parts)
    soundfile.write(folder / "voice.wav", 0.4 * said / np.abs(said).max(), 48_000, subtype="PCM_16")
    return folder / "voice.wav"
