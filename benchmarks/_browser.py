"""A served dashboard and a headless Chromium onto it that counts what arrives and times what is painted."""

from __future__ import annotations

import base64
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
# As in tests/e2e/conftest.py: WebGL without a graphics card, and nothing else is asked for anything.
CHROMIUM_FLAGS = [
    *("--no-sandbox", "--use-gl=swiftshader", "--enable-webgl", "--ignore-gpu-blocklist"),
    *("--enable-unsafe-swiftshader", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
PATIENCE_MS = 180_000
# `bench` in the page: the cloud, whether Streamlit's run is over, and when a thing came true. What is painted
# is waited for by reading a pixel back, which the browser answers only when all before it is drawn.
SCRIPT = """
window.bench = {
  root() {
    for (const one of document.querySelectorAll('[data-testid=stBidiComponentIsolated]')) {
      const found = one.shadowRoot?.querySelector('.cloud');
      if (found) return found;
    }
    return null;
  },
  cloud: () => bench.root()?.cloud?.instance,
  idle() {
    const app = document.querySelector('[data-testid=stApp]');
    return app?.dataset.testScriptState === 'notRunning'
      && !document.querySelector('[data-testid=stSkeleton], [data-stale=true]');
  },
  // Whether the list below the clouds tells of as many clips as are lit in them.
  listed() {
    const count = Number(bench.root().dataset.selected).toLocaleString('en-US');
    const headings = [...document.querySelectorAll('[data-testid=stMain] h3')];
    return headings.some(one => one.innerText.trim().startsWith(`${count} of `)) && bench.idle();
  },
  drawn() {
    const cloud = bench.cloud();
    if (bench.root()?.dataset.ready !== 'true' || !cloud?.panes.length) return false;
    return cloud.panes.every(pane => !pane.dirty || !pane.width) || cloud.motion.running;
  },
  finish() {
    const gl = bench.cloud().renderer.gl;
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    return performance.now();
  },
  // The time at which `condition` held, null where it did not in time; `painted` waits for the cloud as well.
  until(condition, painted, patience) {
    const end = performance.now() + patience;
    return new Promise(done => {
      const look = () => {
        if (condition() && (!painted || bench.drawn())) done(painted ? bench.finish() : performance.now());
        else if (performance.now() > end) done(null);
        else setTimeout(look, 4);
      };
      look();
    });
  },
  // Points that a click on their middle meets, of a sample: with 100,000 points, asking for all takes minutes.
  open(scene, many, seed) {
    const cloud = bench.cloud();
    cloud.turn(false);
    const pane = cloud.panes[scene];
    pane.element.scrollIntoView({ block: 'center' });
    const box = pane.element.getBoundingClientRect();
    const found = [];
    for (let tried = 0; found.length < many && tried < 4000; tried += 1) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      const index = seed % pane.n;
      const [x, y] = pane.at(index);
      const inside = x > 20 && y > 60 && x < pane.width - 20 && y < pane.height - 40;
      if (inside && pane.pick(x, y) === index)
        found.push({ index, x: box.left + pane.element.clientLeft + x, y: box.top + pane.element.clientTop + y });
    }
    return found;
  },
};
addEventListener('click', event => { bench.clicked = event.timeStamp; }, true);
addEventListener('keydown', event => { bench.keyed = event.timeStamp; }, true);
addEventListener('pointerup', event => { bench.released = event.timeStamp; }, true);
"""


def chromium() -> str | None:
    """The browser to drive; None where there is none, or no Playwright to drive it with."""
    try:
        import playwright.sync_api  # noqa: F401 - only whether it is there
    except ImportError:
        return None
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


@contextmanager
def launched(path: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@contextmanager
def served(store: Path) -> Iterator[str]:
    """The dashboard on a store, as ``make run`` starts it; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = {"port": port, "address": "127.0.0.1", "headless": "true", "fileWatcherType": "none"}
    words = [part for name, value in options.items() for part in (f"--server.{name}", str(value))]
    with (store / "dashboard.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app/Home.py", *words],
            cwd=ROOT,
            env=os.environ | {"SESATLAS_STORE": str(store)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url, server, store / "dashboard.log")
        yield url
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while True:
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the dashboard does not answer:\n{log.read_text()[-4000:]}")
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).close()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
        else:
            return


@dataclass
class Window:
    """One fresh browser window, with nothing in its cache, and the bytes that came since it last was asked."""

    page: Page
    url: str
    bytes: Counter[str] = field(default_factory=Counter)
    _kinds: dict[str, str] = field(default_factory=dict)

    def watch(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.add_init_script(SCRIPT)
        session = self.page.context.new_cdp_session(self.page)
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", self._arrived)
        session.on("Network.webSocketFrameReceived", self._framed)
        session.send("Network.enable")

    def _answered(self, event: dict[str, Any]) -> None:
        ours = "/media/" in event["response"]["url"]
        self._kinds[event["requestId"]] = "media" if ours else "program"

    def _arrived(self, event: dict[str, Any]) -> None:
        kind = self._kinds.pop(event["requestId"], "program")
        self.bytes[kind] += int(event["encodedDataLength"])

    def _framed(self, event: dict[str, Any]) -> None:
        frame = event["response"]
        data = frame["payloadData"]
        self.bytes["page"] += len(base64.b64decode(data)) if frame["opcode"] == 2 else len(data)

    def taken(self) -> Counter[str]:
        """What has arrived since this was last asked: ``media`` our arrays and sounds, ``page`` what
        Streamlit says through its websocket, ``program`` its own scripts and styles."""
        taken, self.bytes = self.bytes, Counter()
        return taken

    def until(self, condition: str, *, painted: bool = False, patience_ms: int = PATIENCE_MS) -> float | None:
        """Milliseconds on the page's clock at which a condition in JavaScript came true; None: it did not."""
        call = f"bench.until(() => {condition}, {str(painted).lower()}, {patience_ms})"
        found = self.page.evaluate(call)
        return None if found is None else float(found)

    def since(self, event: str, condition: str, **how: Any) -> float | None:
        """As :meth:`until`, after the last ``clicked``, ``keyed`` or ``released``."""
        end = self.until(condition, **how)
        return None if end is None else end - float(self.page.evaluate(f"bench.{event}"))

    def choose(self, label: str, option: str) -> bool:
        """Click an option of a box; False where the box has no such option."""
        box = self.page.locator('[data-testid="stSelectbox"]').filter(has_text=re.compile(f"^{label}"))
        # In the middle of the window: at its lower end, the list closes again as the page scrolls.
        box.evaluate("box => box.scrollIntoView({ block: 'center' })")
        self.page.wait_for_timeout(200)
        box.locator("input").click()
        self.page.get_by_role("option").first.wait_for()
        wanted = self.page.get_by_role("option", name=option, exact=True)
        if not wanted.count():
            self.page.keyboard.press("Escape")
            return False
        wanted.click()
        return True

    def settle(self) -> None:
        """Nothing runs, and nothing begins within a while."""
        for _ in range(2):
            self.until("bench.idle()")
            self.page.wait_for_timeout(400)


@contextmanager
def window(browser: Browser, url: str) -> Iterator[Window]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = Window(context.new_page(), url)
    opened.watch()
    yield opened
    context.close()
