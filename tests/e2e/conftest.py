"""A running dashboard and a browser to look at it with.

Needs Debian's Chromium (``apt-get install chromium``); without it these tests are skipped. ``make e2e``
runs only them. Screenshots go to ``tests/e2e/screenshots/``, which git ignores.
"""

from __future__ import annotations

import contextlib
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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

Scheme = Literal["light", "dark"]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox",  # Chromium refuses its sandbox to root, as whom CI runs
    # 3-D charts without a graphics card.
    "--use-gl=swiftshader",
    "--enable-webgl",
    "--ignore-gpu-blocklist",
    "--enable-unsafe-swiftshader",
    # Nothing but the dashboard is to be asked for anything.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Below a page's address, Streamlit's own client first looks for its server there; the 404 is expected.
PROBE = re.compile(r"/[^/]+/_stcore/(health|host-config)$")
# The run is over, nothing is still a placeholder, and every chart has been drawn.
READY = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    if (app?.dataset.testScriptState !== 'notRunning' || app.dataset.testConnectionState !== 'CONNECTED')
        return false;
    if (document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]')) return false;
    const drawn = chart => chart.querySelector('.js-plotly-plot .main-svg, .js-plotly-plot canvas');
    return [...document.querySelectorAll('.stPlotlyChart')].every(drawn);
}"""
# Streamlit scrolls inside containers, so the page itself is never taller than its window.
FULL_HEIGHT = """() => Math.max(...['[data-testid="stMain"]', '[data-testid="stSidebarContent"]', 'html']
    .map(name => document.querySelector(name)?.scrollHeight ?? 0))"""
# An exception that Streamlit caught, and a sentence in red, which a page shows when something failed.
FAILED = '[data-testid="stException"], [data-testid="stAlertContentError"]'
# What leads to another part of the same page: the first segmented control, and tabs.
SECTIONS = (
    '[data-testid="stMain"] :nth-match([role="radiogroup"], 1) > [data-variant="segmented_control"], '
    '[data-testid="stMain"] [data-testid="stTab"]'
)
SIDEWAYS = """() => {
    const main = document.querySelector('[data-testid="stMain"]');
    return main.scrollWidth - main.clientWidth;
}"""


@dataclass(frozen=True)
class Dashboard:
    """A served dashboard: its address, and the file its server writes to."""

    url: str
    log: Path


@dataclass
class View:
    """One open page, and all that went wrong on it since."""

    page: Page
    dashboard: Dashboard
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        self.page.on("requestfailed", lambda request: self._failed(request.url, request.failure or ""))
        self.page.on("request", lambda request: self._asked(request.url))

    def _console(self, message: ConsoleMessage) -> None:
        address = str(message.location.get("url", ""))
        if message.type == "error" and not PROBE.search(address):
            self.problems.append(f"console: {message.text} ({address})")

    def _failed(self, url: str, failure: str) -> None:
        # A player that has enough of a recording, or a page that is left, ends its requests itself.
        if "ERR_ABORTED" not in failure:
            self.problems.append(f"request failed: {url}: {failure}")

    def _asked(self, url: str) -> None:
        own = (self.dashboard.url, self.dashboard.url.replace("http", "ws", 1), "data:", "blob:")
        if not url.startswith(own):
            self.problems.append(f"request to another host: {url}")

    def open(self, path: str) -> None:
        """Show the page at ``path`` and wait until it is done, charts included."""
        self.page.goto(f"{self.dashboard.url}{path}")
        self.settle()

    def settle(self) -> None:
        """Wait until nothing runs any more; a run that begins within the pause is waited for as well."""
        self.page.wait_for_function(READY, timeout=60_000)
        self.page.wait_for_timeout(500)
        self.page.wait_for_function(READY, timeout=60_000)

    def look(self) -> list[str]:
        """All problems so far, with what can only be seen on the page: errors, contents that are too wide."""
        errors = dict.fromkeys(self.page.locator(FAILED).all_inner_texts())
        sideways = self.page.evaluate(SIDEWAYS)
        return [
            *self.problems,
            *(f"error on the page: {text}" for text in errors),
            *([f"{sideways} px wider than its window"] if sideways > 0 else []),
        ]

    def sections(self) -> list[str]:
        """The names of the parts of this page that one click leads to."""
        return [text.strip() for text in self.page.locator(SECTIONS).all_inner_texts()]

    def go_to(self, section: str) -> None:
        self.page.locator(SECTIONS).filter(has_text=section).first.click()
        self.settle()

    def screenshot(self, file: Path) -> None:
        """The whole page, however far down it goes."""
        size = self.page.viewport_size
        assert size is not None
        shown = size["height"]
        for _ in range(3):  # in a taller window more may come into sight, and be drawn
            height = min(int(self.page.evaluate(FULL_HEIGHT)), 12_000)
            if height <= shown:
                break
            shown = height
            self.page.set_viewport_size({"width": size["width"], "height": shown})
            self.settle()
        file.parent.mkdir(exist_ok=True)
        self.page.screenshot(path=file)
        self.page.set_viewport_size(size)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if not found:
        pytest.skip("no Chromium here, so no page was opened in a browser (Debian: apt-get install chromium)")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


# `browser` comes before `demo_store`: where there is none, no store is built either.
@pytest.fixture(scope="session")
def dashboard(
    browser: Browser, demo_store: Path, repo_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    """The dashboard on a copy of the demo store, so that a test may build into it."""
    folder = tmp_path_factory.mktemp("dashboard")
    store = shutil.copytree(demo_store, folder / "store")
    log = folder / "streamlit.log"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app/Home.py"]
    options = {"port": port, "address": "127.0.0.1", "headless": "true", "fileWatcherType": "none"}
    with log.open("w") as output:
        server = subprocess.Popen(
            command + [part for name, value in options.items() for part in (f"--server.{name}", str(value))],
            cwd=repo_root,
            env=os.environ | {"SESATLAS_STORE": str(store), "STREAMLIT_LOGGER_ENABLE_RICH": "false"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while not answers(f"{url}/_stcore/health"):
            assert server.poll() is None, f"the dashboard has ended:\n{log.read_text()[-4000:]}"
            assert time.monotonic() < deadline, f"the dashboard does not answer:\n{log.read_text()[-4000:]}"
            time.sleep(0.2)
        yield Dashboard(url, log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


@pytest.fixture
def open_view(browser: Browser, dashboard: Dashboard) -> Iterator[Callable[[Scheme, int, int], View]]:
    """``open_view(scheme, width, height)``: a fresh browser window onto the dashboard."""
    contexts = []

    def open_one(scheme: Scheme = "light", width: int = 1440, height: int = 900) -> View:
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": height})
        contexts.append(context)
        return View(context.new_page(), dashboard)

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def browser_page(open_view: Callable[..., View]) -> View:
    """A light, wide window onto the dashboard that remembers every problem."""
    return open_view()


@pytest.fixture(scope="session")
def screenshots() -> Path:
    return Path(__file__).parent / "screenshots"
