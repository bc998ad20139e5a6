"""The Live page in a Chromium whose microphone is a file: what the microphone heard, what the page showed, and when.

The script below runs in every frame of the page. In streamlit-webrtc's own it listens to a copy of the very track that
the browser sends; in the page it watches the state and the level meter. All times are the browser's, in ms since 1970.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from _browser import CHROMIUM_FLAGS
from numpy.typing import NDArray

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATIENCE_MS = 60_000
SCRIPT = """
(() => {
if (window === window.top) window.bench = { levels: [], states: [], meters: [] };
const clock = () => performance.timeOrigin + performance.now();

// Each 10 ms of the microphone: when it came here, its own time stamp, how long it is (ms), and its level in dBFS.
const listen = async (track) => {
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  for (let one = await reader.read(); !one.done; one = await reader.read()) {
    const came = clock();
    const samples = new Float32Array(one.value.numberOfFrames);
    one.value.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    const { timestamp, duration } = one.value;
    window.top.bench.levels.push([came, timestamp / 1000, duration / 1000, 10 * Math.log10(power + 1e-12)]);
    one.value.close();
  }
};
const devices = navigator.mediaDevices;
if (devices) {
  const ask = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    listen(stream.getAudioTracks()[0].clone());
    return stream;
  };
}

// Tables are downloaded as by every browser: Chromium's own window for files is for people.
delete window.showSaveFilePicker;
const find = (root, what) => {
  for (const one of root.querySelectorAll("*")) {
    const found = one.matches(what) ? one : one.shadowRoot && find(one.shadowRoot, what);
    if (found) return found;
  }
  return null;
};
// A value is on the screen once the frame after its change was painted.
const watch = (what, attribute, into) => {
  let element = null;
  const note = () => {
    const value = element.getAttribute(attribute);
    if (value === null || into.at(-1)?.[1] === value) return;
    const row = [null, value];
    into.push(row);
    requestAnimationFrame(() => setTimeout(() => { row[0] = clock(); }));
  };
  const observer = new MutationObserver(note);
  setInterval(() => {
    if (element?.isConnected || !(element = find(document, what))) return;
    observer.disconnect();
    observer.observe(element, { attributes: true, attributeFilter: [attribute] });
    note();
  }, 50);
};
if (window === window.top) {
  watch(".said", "data-state", window.bench.states);
  watch(".meter[role=meter]", "aria-valuenow", window.bench.meters);
}
})();
"""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One run. ``begun_ms`` (blocks,) when each block of sound came into the microphone, ``level_db`` (blocks,) how
    loud it was; what the page drew, with the time; ``told`` the page's own table of delays; CPU seconds a second."""

    begun_ms: NDArray[np.float64]
    level_db: NDArray[np.float64]
    states: list[tuple[float, str]]
    meters: list[tuple[float, float]]
    told: pd.DataFrame
    cores: Mapping[str, float]


def shown(path: str, url: str, wav: Path, seconds: float) -> Shown:
    """Speak a file of so many seconds into the Live page."""
    with _page(path, wav) as page:
        page.goto(f"{url}/live")
        button = page.frame_locator('iframe[title*="webrtc"]').get_by_role("button")
        button.filter(has_text=re.compile("start listening", re.I)).wait_for()
        page.wait_for_timeout(5_000)
        cores = {f"{who}, page open, microphone off": share for who, share in _cores(page, 5).items()}
        button.filter(has_text=re.compile("start listening", re.I)).click()
        page.wait_for_timeout(5_000)
        cores |= {f"{who}, listening": share for who, share in _cores(page, seconds - 5).items()}
        noted = page.evaluate("bench")
        button.filter(has_text=re.compile("^stop$", re.I)).click()
        page.wait_for_timeout(2_000)
        told = _table(page)
    came, stamp, long, level = np.array(noted["levels"], dtype=float).T
    # The time stamps are even, arrivals are late now and then: the quickest of them tells how far the two are apart.
    begun = stamp + float((came - stamp).min()) - long
    states = [(at, state) for at, state in noted["states"] if at is not None]
    meters = [(at, float(value)) for at, value in noted["meters"] if at is not None]
    return Shown(begun, level, states, meters, told, cores)


@contextmanager
def _page(path: str, wav: Path) -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    fake = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
    flags = [*CHROMIUM_FLAGS, *fake, f"--use-file-for-fake-audio-capture={wav}%noloop"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(SCRIPT)
        yield page
        browser.close()


def _table(page: Page) -> pd.DataFrame:
    """The page's own table of delays: it is painted on a canvas, so it is downloaded."""
    column = page.locator('[data-testid="stColumn"]').filter(has_text="How long it takes").last
    table = column.locator('[data-testid="stDataFrame"]')
    table.scroll_into_view_if_needed()
    table.hover()  # only then the buttons are there, and they may lie below Streamlit's own bar
    with page.expect_download() as download:
        column.get_by_role("button", name=re.compile("download", re.I)).dispatch_event("click")
    found: pd.DataFrame = pd.read_csv(download.value.path())
    return found


def _cores(page: Page, seconds: float) -> dict[str, float]:
    """CPU seconds a second of the server and of the browser in the next seconds; nothing where no /proc tells."""
    if not Path("/proc/self/stat").exists():
        page.wait_for_timeout(1000 * seconds)
        return {}
    before, began = _spent(), time.monotonic()
    page.wait_for_timeout(1000 * seconds)
    after, wall_s = _spent(), time.monotonic() - began
    taken = {"server": 0.0, "browser": 0.0}
    for process, (who, spent_s) in after.items():
        taken[who] += (spent_s - before.get(process, (who, 0.0))[1]) / wall_s
    return taken


def _spent() -> dict[int, tuple[str, float]]:
    """Of each process that this one began, directly or not: whose it is, and its CPU seconds so far."""
    known: dict[int, tuple[int, str, float]] = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            words = (place / "cmdline").read_bytes()
        except OSError:  # it has ended since
            continue
        spent_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        known[int(place.name)] = (int(fields[1]), "server" if b"streamlit" in words else "browser", spent_s)

    def ours(process: int) -> bool:
        parent = known.get(process, (0,))[0]
        return parent == os.getpid() or (parent > 1 and ours(parent))

    return {process: known[process][1:] for process in known if ours(process)}
