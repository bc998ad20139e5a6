"""A running dashboard and a browser to look at it with.

Three groups of tests, each on one core with a browser and its servers: ``e2e`` looks at the demo, ``e2e live``
listens and mostly waits, ``e2e building`` builds. They need Debian's Chromium (``apt-get install chromium``) and
are skipped without it. ``make e2e`` runs only them. Screenshots go to ``tests/e2e/screenshots/``, which git ignores.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
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
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

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
# When the page last asked its server for something, was last answered, and last changed, and how many files it waits
# for. What components draw in a shadow root does not count: a cloud may turn for ever.
WATCH = """(() => {
    const seen = window.seen = { asked: 0, answered: 0, changed: 0, fetching: 0 };
    const change = () => { seen.changed = performance.now(); };
    new MutationObserver(change).observe(
        document, { subtree: true, childList: true, attributes: true, characterData: true }
    );
    addEventListener('popstate', change);
    const fetch = window.fetch;
    window.fetch = (...what) => {
        seen.fetching += 1;
        return fetch(...what).finally(() => { seen.fetching -= 1; change(); });
    };
    window.WebSocket = class extends WebSocket {
        constructor(...how) {
            super(...how);
            this.addEventListener('message', () => { seen.answered = performance.now(); });
        }
        send(...what) {
            seen.asked = performance.now();
            return super.send(...what);
        }
    };
})()"""
# A window remembers nothing of the one before, e.g. how wide its sidebar was.
FRESH = """try {
    if (!sessionStorage.getItem('opened')) localStorage.clear();
    sessionStorage.setItem('opened', 'yes');
} catch {}"""
QUIET_MS, PATIENCE_MS = 250, 5_000
"""Widgets wait up to 200 ms before they report a change. For what changes for ever nobody waits longer than this."""
CALLS = itertools.count(1)
# The run is over, nothing is still a placeholder, and every chart has been drawn.
READY = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    if (app?.dataset.testScriptState !== 'notRunning' || app.dataset.testConnectionState !== 'CONNECTED')
        return false;
    if (document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]')) return false;
    const drawn = chart => chart.querySelector('.js-plotly-plot .main-svg, .js-plotly-plot canvas');
    return [...document.querySelectorAll('.stPlotlyChart')].every(drawn);
}"""
# It has been so for a while, in which nothing has changed or moved and no question was left without an answer.
QUIET = f"""([call, quiet, patience]) => {{
    const now = performance.now(), seen = window.seen;
    if (!seen) return false;
    if (seen.call !== call || seen.answered < seen.asked || !({READY})()) Object.assign(seen, {{ call, since: now }});
    const ends = one => one.effect?.getComputedTiming().endTime !== Infinity;
    const moves = document.getAnimations().some(one => one.playState === 'running' && ends(one));
    if (moves || seen.fetching) seen.changed = now;
    return now - Math.max(seen.since, seen.changed, seen.answered) >= quiet || now - seen.since >= patience;
}}"""
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
SIDEBAR_CLOSED, ROOM_FOR_SIDEBAR = '[data-testid="stExpandSidebarButton"]', 768
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
        self.page.add_init_script(WATCH)
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
        """Wait until nothing runs and nothing changes any more; a run that begins meanwhile is waited for as well."""
        arguments = [next(CALLS), QUIET_MS, PATIENCE_MS]
        self.page.wait_for_function(QUIET, arg=arguments, polling=50, timeout=60_000)

    def wear(self, scheme: Scheme, width: int, height: int) -> None:
        """Show the open page light or dark, in a window of another size, its sidebar open where there is room."""
        self.page.emulate_media(color_scheme=scheme)
        self.page.set_viewport_size({"width": width, "height": height})
        self.settle()
        closed = self.page.locator(SIDEBAR_CLOSED)
        if width >= ROOM_FOR_SIDEBAR and closed.count():
            closed.click()
            self.settle()

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
        end_build(store)


def end_build(store: Path) -> None:
    """A build outlives the server from whose page it was started: stop it, and wait until it has ended."""
    from app.builds import process
    from store.snapshots import Store

    deadline = time.monotonic() + 60
    while store.exists() and Store(store).is_building():
        assert time.monotonic() < deadline, f"a build in {store} does not end"
        process.stop(Store(store))
        time.sleep(0.2)


@pytest.fixture(scope="session")
def serving(browser: Browser) -> Callable[..., contextlib.AbstractContextManager[Dashboard]]:
    """``serving(store, folder)``: a dashboard on a store of the test's own, as long as one is in the context."""
    return serve


# `browser` comes before `demo_store`: where there is none, no store is built either.
@pytest.fixture(scope="session")
def dashboard(
    browser: Browser, demo_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    """The dashboard on the demo store, only to be looked at."""
    with serve(demo_store, tmp_path_factory.mktemp("dashboard")) as served:
        yield served


@pytest.fixture(scope="session")
def building_dashboard(
    browser: Browser, demo_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    """The dashboard on a copy of the demo store, to build into."""
    folder = tmp_path_factory.mktemp("building")
    with serve(Path(shutil.copytree(demo_store, folder / "store")), folder) as served:
        yield served


@pytest.fixture
def empty_dashboard(browser: Browser, demo_recordings: Path, tmp_path: Path) -> Iterator[Dashboard]:
    """The dashboard as somebody meets it who has just installed it. The few recordings of the demo are made already."""
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "demo").symlink_to(demo_recordings)
    with serve(tmp_path / "store", tmp_path) as served:
        yield served


@pytest.fixture(scope="module")
def counted_dashboard(
    browser: Browser, demo_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    """The dashboard on the demo store, which counts its threads and tracks into ``counts.json`` beside its log."""
    folder = tmp_path_factory.mktemp("counted")
    program = [str(Path(__file__).with_name("counted_server.py"))]
    counts = str(folder / "counts.json")
    with serve(demo_store, folder, program=program, SESATLAS_TEST_COUNTS=counts) as served:
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
    names = {"dashboard", "building_dashboard", "empty_dashboard", "counted_dashboard", "served"} & set(
        request.fixturenames
    )
    with contextlib.ExitStack() as stack:
        for name in names:
            stack.enter_context(no_traceback(request.getfixturevalue(name)))
        yield


@pytest.fixture(scope="session")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """What the windows share as tabs of one browser do: what they have loaded of Streamlit's own files."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def windows(profile: BrowserContext) -> Iterator[Callable[..., View]]:
    """``windows(dashboard, scheme, width, height)``: a fresh browser window onto that dashboard.

    Nothing in it moves by itself unless it is asked for ``motion``: a cloud that turns keeps the machine busy.
    """
    pages = []

    def open_one(
        onto: Dashboard, scheme: Scheme = "light", width: int = 1440, height: int = 900, motion: bool = False
    ) -> View:
        page = profile.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme, reduced_motion="no-preference" if motion else "reduce")
        page.add_init_script(FRESH)
        return View(page, onto)

    yield open_one
    for page in pages:
        page.close()


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
