"""The Live page with a voice: Chromium's microphone is a WAV file, and what it makes of it is read from the page."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile
import soxr

from store.reader import Reader
from store.snapshots import Store

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from playwright.sync_api import Browser, FrameLocator, Page

    from tests.e2e.conftest import Dashboard

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e live")]

RATE_HZ = 48_000
NONE, FEMALE, MALE = "no speech", "female-like voice", "male-like voice"
VOICES = {FEMALE, MALE}
WORKER = "live voice"
POOLED = re.compile(r"asyncio_|ThreadPoolExecutor|ScriptRunner|AnyIO|prepare")
FLAGS = [
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MICROPHONE_FLAGS = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
# The state, wherever it stands, shadow roots included; noted at each change with the time in ms.
NOTE_STATES = """
window.states = [];
const find = (root) => {
    const found = root.querySelector?.('[data-state].said');
    if (found) return found;
    for (const one of root.querySelectorAll('*')) {
        const inner = one.shadowRoot && find(one.shadowRoot);
        if (inner) return inner;
    }
    return null;
};
setInterval(() => {
    const said = window.said?.isConnected ? window.said : (window.said = find(document));
    const state = said?.dataset.state;
    if (!state || state === window.states.at(-1)?.[1]) return;
    window.states.push([performance.timeOrigin + performance.now(), state]);
}, 20);
"""


def microphone_flags(wav: Path) -> list[str]:
    """Flags with which Chromium takes a file for its microphone, from its beginning when that is opened, once."""
    return [*MICROPHONE_FLAGS, f"--use-file-for-fake-audio-capture={wav}%noloop"]


@dataclass
class Live:
    """The Live page in one browser tab."""

    page: Page
    url: str

    def open(self, address: str = "/live") -> None:
        self.page.add_init_script(NOTE_STATES)
        self.page.goto(f"{self.url}{address}")
        self.frame.get_by_role("button").first.wait_for(timeout=60_000)

    @property
    def frame(self) -> FrameLocator:
        """The button's, which is streamlit-webrtc's own."""
        return self.page.frame_locator('iframe[title*="webrtc"]')

    def start(self) -> None:
        self.frame.get_by_role("button", name="Start listening").click()

    def stop(self) -> None:
        self.frame.get_by_role("button", name="Stop").click()

    def states(self) -> list[str]:
        """What the page has said so far, one after the other."""
        noted: list[tuple[float, str]] = self.page.evaluate("window.states")
        return [state for _, state in noted]

    def until(self, true: Callable[[list[str]], Any], seconds: float) -> list[str]:
        """Wait for what the page says; all that it has said until then."""
        ends = time.monotonic() + seconds
        while not true(self.states()):
            text = self.page.locator('[data-testid="stMain"]').inner_text()
            assert time.monotonic() < ends, f"it said {self.states()}, and the page: {text[:1500]}"
            self.page.wait_for_timeout(100)
        return self.states()


@dataclass(frozen=True)
class Counter:
    """What a counted server has of threads, peer connections and tracks."""

    pid: int
    file: Path

    def count(self) -> dict[str, Any]:
        self.file.unlink(missing_ok=True)
        os.kill(self.pid, signal.SIGUSR1)
        ends = time.monotonic() + 20
        while not self.file.exists():
            assert time.monotonic() < ends, "the server does not count"
            time.sleep(0.05)
        told: dict[str, Any] = json.loads(self.file.read_text(encoding="utf-8"))
        return told


@dataclass(frozen=True)
class Corpora:
    """Where a woman, a man and rain are: the real recordings, or the demo's synthetic ones."""

    roots: dict[str, Path]
    clips: dict[str, list[str]]

    def sound(self, who: str, seconds: float) -> NDArray[np.float32]:
        """Recordings one after the other, a fifth of a second apart, mono at 48 kHz, as loud as one speaks."""
        parts: list[NDArray[np.float32]] = []
        for clip in self.clips[who]:
            samples, rate_hz = soundfile.read(self.roots[who] / clip, dtype="float32", always_2d=True)
            heard = soxr.resample(samples.mean(1), rate_hz, RATE_HZ)
            parts += [0.4 * heard / np.abs(heard).max(), silence(0.2)]
        return np.concatenate(parts)[: round(seconds * RATE_HZ)]


def silence(seconds: float) -> NDArray[np.float32]:
    return np.zeros(round(seconds * RATE_HZ), np.float32)


@pytest.fixture(scope="module")
def corpora(request: pytest.FixtureRequest, repo_root: Path) -> Corpora:
    real = (repo_root.parent / "shared" / "data").is_dir()
    current = Store(request.getfixturevalue("real_store" if real else "demo_store")).current()
    assert current is not None
    sounds, voices = ("esc50", "timit") if real else ("demo_sounds", "demo_voices")
    with Reader(current.path) as reader:
        places = reader.datasets().set_index("dataset")["path"].map(Path)
        heard, spoken = reader.clips(sounds), reader.clips(voices)
    clips = {"rain": heard.loc[heard["label"] == "rain", "relative_path"].tolist()[:3]}
    for sex in ("female", "male"):
        own = spoken[spoken["sex"] == sex]
        # One who says one sentence after the other.
        clips[sex] = own.loc[own["speaker"] == own["speaker"].iloc[0], "relative_path"].tolist()[:5]
    return Corpora({"rain": places[sounds], "female": places[voices], "male": places[voices]}, clips)


@pytest.fixture
def speak(
    browser: Browser, chromium: str, counted_dashboard: Dashboard, tmp_path: Path
) -> Iterator[Callable[..., Live]]:
    """``speak(sound)``: the Live page in a browser whose microphone hears that; its address, other flags."""
    with contextlib.ExitStack() as opened:

        def begin(sound: NDArray[np.float32], address: str = "/live") -> Live:
            wav = tmp_path / f"{len(list(tmp_path.iterdir()))}.wav"
            soundfile.write(wav, sound, RATE_HZ, subtype="PCM_16")
            own = browser.browser_type.launch(executable_path=chromium, args=[*FLAGS, *microphone_flags(wav)])
            opened.callback(own.close)
            live = Live(own.new_page(viewport={"width": 1280, "height": 900}), counted_dashboard.url)
            live.open(address)
            return live

        yield begin


@pytest.fixture
def counter(counted_dashboard: Dashboard) -> Counter:
    return Counter(counted_dashboard.pid, counted_dashboard.log.with_name("counts.json"))


@pytest.mark.parametrize(("who", "state", "other"), [("female", FEMALE, MALE), ("male", MALE, FEMALE)])
def test_a_voice_is_named_and_never_the_other_one(
    speak: Callable[..., Live], corpora: Corpora, who: str, state: str, other: str
) -> None:
    live = speak(np.concatenate([silence(1), corpora.sound(who, 12), silence(20)]))
    live.start()
    live.until(lambda said: state in said, 60)
    said = live.until(lambda said: said[-1] == NONE and state in said, 60)
    assert other not in said


@pytest.mark.parametrize("what", ["rain", "silence"])
def test_where_nobody_speaks_no_voice_is_named(
    speak: Callable[..., Live], corpora: Corpora, what: str
) -> None:
    live = speak(corpora.sound("rain", 20) if what == "rain" else silence(20))
    live.start()
    live.until(lambda said: NONE in said, 60)
    live.page.wait_for_timeout(8_000)
    assert not VOICES & set(live.states())


def test_a_woman_a_pause_and_a_man(speak: Callable[..., Live], corpora: Corpora) -> None:
    woman, man = corpora.sound("female", 6), corpora.sound("male", 8)
    live = speak(np.concatenate([silence(1), woman, silence(8), man, silence(20)]))
    live.start()
    said = live.until(lambda said: MALE in said, 90)
    assert MALE not in said[: said.index(FEMALE)]
    assert NONE in said[said.index(FEMALE) : said.index(MALE)]


def test_nothing_stays_on_the_server_when_one_leaves_returns_reloads_and_closes_the_tab(
    speak: Callable[..., Live], corpora: Corpora, counter: Counter
) -> None:
    live = speak(np.concatenate([corpora.sound("female", 12), silence(60)]))
    live.page.wait_for_timeout(2_000)
    before = quiet(counter)
    for _ in range(2):
        live.start()
        live.until(lambda said: FEMALE in said, 60)
        during = counter.count()
        assert during["peers"] == 1 and during["tracks"] >= 1 and during["threads"].count(WORKER) == 1
        live.page.get_by_role("link", name="Explore").click()
        back_to(counter, before)
        live.page.get_by_role("link", name="Live").click()
        live.frame.get_by_role("button", name="Start listening").wait_for(timeout=60_000)
        live.page.evaluate("window.states.length = 0")
    live.start()
    live.until(lambda said: FEMALE in said, 60)
    live.page.reload()
    live.frame.get_by_role("button", name="Start listening").wait_for(timeout=60_000)
    back_to(counter, before)
    live.start()
    live.until(lambda said: said, 60)  # which may be before the two sides have found each other
    live.page.close()
    back_to(counter, before)


def quiet(counter: Counter, seconds: float = 90) -> dict[str, Any]:
    """The server's counts once the browser of the test before is gone, which was closed in the middle of a word."""
    ends = time.monotonic() + seconds
    while ((now := counter.count())["peers"], now["tracks"], now["threads"].count(WORKER)) != (0, 0, 0):
        assert time.monotonic() < ends, f"of an earlier test there stayed {now}"
        time.sleep(0.5)
    return now


def back_to(counter: Counter, before: dict[str, Any], seconds: float = 60) -> None:
    """Until the server has no more peers, tracks, and threads of ours than it had."""
    ends = time.monotonic() + seconds
    while (now := counter.count()) and not settled(now, before):
        assert time.monotonic() < ends, f"before {before}, now {now}"
        time.sleep(0.5)


def settled(now: dict[str, Any], before: dict[str, Any]) -> bool:
    # Streamlit's own pool may grow up to its size; script runs come and go.
    ours = [[name for name in one["threads"] if not POOLED.match(name)] for one in (now, before)]
    return (now["peers"], now["tracks"]) == (0, 0) and len(ours[0]) <= len(ours[1])
