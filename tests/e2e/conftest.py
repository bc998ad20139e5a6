"""A running dashboard and a browser to look at it with.

Needs Debian's Chromium (``apt-get install chromium``); without it these tests are skipped. ``make e2e``
runs only them. Screenshots go to ``tests/e2e/screenshots/``, which git ignores.
"""

from __future__ import annotations

import contextlib
import functools
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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

Scheme = Literal["light", "dark"]
ROOT = Path(__file__).resolve().parents[2]
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
# What Streamlit's own server says when a browser is closed while a page still changes by itself, as Live does.
HUNG_UP = re.compile(
    r"Exception in ASGI application\n(?:(?!Exception in ASGI application).)*?"
    r'WebSocketDisconnected: Cannot call "send" once a close message has been sent\.\n',
    re.DOTALL,
)
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
    """A served dashboard: its address, the file its server writes to, and its store."""

    url: str
    log: Path
    store: Path
    pid: int = 0


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

    def drop(self, name: str, data: bytes) -> None:
        """Give the page's only uploader a file."""
        box = self.page.locator('[data-testid="stFileUploader"] input[type="file"]')
        box.set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": data})
        self.page.get_by_text(name).first.wait_for()
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


@contextlib.contextmanager
def serve(
    store: Path,
    folder: Path,
    *,
    script: str = "app/Home.py",
    below: str = "",
    program: Sequence[str] = ("-m", "streamlit"),
    **environment: str,
) -> Iterator[Dashboard]:
    """A dashboard on a store; its log, and what its builds make, go to ``folder``.

    ``script`` is served in place of the dashboard's own, ``below`` a path as behind a proxy; ``program``
    is what Python runs in place of Streamlit's command.
    """
    log = folder / "streamlit.log"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, *program, "run", script]
    options = {"port": port, "address": "127.0.0.1", "headless": "true", "fileWatcherType": "none"}
    options |= {"baseUrlPath": below} if below else {}
    places = {"SESATLAS_STORE": str(store), "SESATLAS_RECORDINGS": str(folder / "recordings")}
    with log.open("w") as output:
        server = subprocess.Popen(
            command + [part for name, value in options.items() for part in (f"--server.{name}", str(value))],
            cwd=ROOT,
            env=os.environ | places | environment | {"STREAMLIT_LOGGER_ENABLE_RICH": "false"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}" + (f"/{below}" if below else "")
    try:
        deadline = time.monotonic() + 60
        while not answers(f"{url}/_stcore/health"):
            assert server.poll() is None, f"the dashboard has ended:\n{log.read_text()[-4000:]}"
            assert time.monotonic() < deadline, f"the dashboard does not answer:\n{log.read_text()[-4000:]}"
            time.sleep(0.2)
        yield Dashboard(url, log, store, server.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


# `browser` comes before `demo_store`: where there is none, no store is built either.
@pytest.fixture(scope="session")
def dashboard(
    browser: Browser, demo_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    """The dashboard on the demo store, only to be looked at."""
    with serve(demo_store, tmp_path_factory.mktemp("dashboard")) as served:
        yield served


@pytest.fixture(scope="module")
def building_dashboard(
    browser: Browser, demo_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    """The dashboard on a copy of the demo store, to build into."""
    folder = tmp_path_factory.mktemp("building")
    with serve(Path(shutil.copytree(demo_store, folder / "store")), folder) as served:
        yield served


@pytest.fixture
def empty_dashboard(browser: Browser, tmp_path: Path) -> Iterator[Dashboard]:
    """The dashboard as somebody meets it who has just installed it."""
    with serve(tmp_path / "store", tmp_path) as served:
        yield served


@pytest.fixture
def serve_store(browser: Browser, tmp_path: Path) -> Iterator[Callable[[Path], Dashboard]]:
    """``serve_store(store)``: the dashboard on a store of the test's own."""
    with contextlib.ExitStack() as stack:

        def serve_one(store: Path) -> Dashboard:
            dashboard = stack.enter_context(serve(store, tmp_path))
            stack.enter_context(no_traceback(dashboard, since=0))
            return dashboard

        yield serve_one


@pytest.fixture(scope="module")
def counted_dashboard(
    browser: Browser, demo_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    """The dashboard on the demo store, which counts its threads and tracks into ``counts.json`` beside its log."""
    folder = tmp_path_factory.mktemp("counted")
    program = [str(Path(__file__).with_name("counted_server.py"))]
    with serve(
        demo_store, folder, program=program, SESATLAS_TEST_COUNTS=str(folder / "counts.json")
    ) as served:
        yield served


@pytest.fixture(scope="module")
def part_of(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Dashboard]]:
    """``part_of("cloud_app.py")``: a small page of ``tests/e2e`` that shows one part alone, without a store."""
    with contextlib.ExitStack() as stack:

        def serve_one(script: str, below: str = "") -> Dashboard:
            folder = tmp_path_factory.mktemp(Path(script).stem)
            script = f"tests/e2e/{script}"
            served = serve(folder / "store", folder, script=script, below=below, PYTHONPATH=str(ROOT))
            dashboard = stack.enter_context(served)
            stack.enter_context(no_traceback(dashboard, since=0))
            return dashboard

        yield serve_one


@contextlib.contextmanager
def no_traceback(dashboard: Dashboard, since: int | None = None) -> Iterator[None]:
    """Fails where the server has said one, from now on or since a place in its log."""
    before = len(dashboard.log.read_text()) if since is None else since
    yield
    said = HUNG_UP.sub("", dashboard.log.read_text()[before:])
    if "Traceback" in said:
        pytest.fail(f"the server said:\n{said}", pytrace=False)


@pytest.fixture(autouse=True)
def servers_are_content(request: pytest.FixtureRequest) -> Iterator[None]:
    """A traceback in a server's log fails the test that caused it, whatever the page showed."""
    names = {"dashboard", "building_dashboard", "empty_dashboard", "counted_dashboard"} & set(
        request.fixturenames
    )
    with contextlib.ExitStack() as stack:
        for name in names:
            stack.enter_context(no_traceback(request.getfixturevalue(name)))
        yield


@pytest.fixture
def windows(browser: Browser) -> Iterator[Callable[..., View]]:
    """``windows(dashboard, scheme, width, height)``: a fresh browser window onto that dashboard."""
    contexts = []

    def open_one(onto: Dashboard, scheme: Scheme = "light", width: int = 1440, height: int = 900) -> View:
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": height})
        contexts.append(context)
        return View(context.new_page(), onto)

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def open_view(windows: Callable[..., View], dashboard: Dashboard) -> Callable[..., View]:
    """``open_view(scheme, width, height)``: a fresh window onto the demo."""
    return functools.partial(windows, dashboard)


@pytest.fixture
def browser_page(open_view: Callable[..., View]) -> View:
    """A light, wide window onto the demo that remembers every problem."""
    return open_view()


@pytest.fixture(scope="session")
def screenshots() -> Path:
    return Path(__file__).parent / "screenshots"
