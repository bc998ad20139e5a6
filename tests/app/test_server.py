"""As which hosts the dashboard answers: a real server, asked as a browser would whose page is somebody else's."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit import config

from app import server

WAIT_S = 60.0
KEY = base64.b64encode(b"sixteen bytes ok").decode()
OURS = ("localhost", "127.0.0.1", "[::1]", "LOCALHOST", "localhost.")
FOREIGN = (
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.2",
    "user@localhost",
    "",
)
PATHS = (
    "/", "/explore", "/_stcore/health", "/_stcore/host-config", "/_stcore/metrics", "/media/x.wav", "/static/x.js",
    "/component/x/index.html", "/_stcore/bidi-components/x/y.js", "/_stcore/upload_file/a/b", "/auth/login",
)  # fmt: skip


def ask(port: int, path: str, host: str | None, *, at: str = "127.0.0.1", **headers: str) -> tuple[int, str]:
    """The status and the text that comes back; ``host`` without its port."""
    lines = [f"GET {path} HTTP/1.1"]
    lines += [] if host is None else [f"Host: {host}:{port}" if host else "Host:"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    with socket.create_connection((at, port), timeout=WAIT_S) as connection:
        connection.sendall(
            "\r\n".join([*lines, *([] if "Upgrade" in headers else ["Connection: close"]), "", ""]).encode()
        )
        answer = b""
        while (part := connection.recv(65_536)) and not (
            b"\r\n\r\n" in answer + part and "Upgrade" in headers
        ):
            answer += part
    head, _, body = (answer + part).partition(b"\r\n\r\n")
    status = re.match(rb"HTTP/1.1 (\d+)", head)
    assert status is not None, answer
    return int(status[1]), body.decode("utf-8", "replace")


def shake_hands(port: int, host: str, origin: str, *, at: str = "127.0.0.1") -> int:
    """The status of an attempt to get a session."""
    wanted = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec_WebSocket_Key": KEY,
        "Sec_WebSocket_Version": "13",
    }
    return ask(port, "/_stcore/stream", host, at=at, Origin=origin, **wanted)[0]


@contextmanager
def serving(
    root: Path, folder: Path, program: list[str], at: str = "127.0.0.1", **more: str
) -> Iterator[int]:
    with socket.create_server((at, 0)) as free:
        port: int = free.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    places = {"SESATLAS_STORE": str(folder / "store"), "SESATLAS_READ_ONLY": "1", "PYTHONPATH": str(root)}
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *program, "--server.port", str(port), "--server.headless", "true"],
            cwd=root, env=kept | places | more, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + WAIT_S
        while True:
            with suppress(OSError):
                ask(port, "/_stcore/health", "localhost", at=at)
                break
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        yield port
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


RUN = ["-m", "streamlit", "run", "app/Home.py"]
STARTED = {"streamlit run": RUN, "make run": ["scripts/serve.py"]}


@pytest.fixture(scope="module")
def port_of(repo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], int]]:
    """``port_of("make run")``: a dashboard started in one of two ways, as it comes."""
    ports: dict[str, int] = {}
    with ExitStack() as stack:

        def port(way: str) -> int:
            if way not in ports:
                folder = tmp_path_factory.mktemp("hosts")
                ports[way] = stack.enter_context(serving(repo_root, folder, STARTED[way]))
            return ports[way]

        yield port


@pytest.mark.parametrize("way", STARTED)
def test_it_answers_as_itself_and_as_nobody_else(port_of: Callable[[str], int], way: str) -> None:
    port = port_of(way)
    for host in OURS:
        assert ask(port, "/", host)[0] == 200, host
        assert shake_hands(port, host, f"http://{host}:{port}") == 101, host
    for host in FOREIGN:
        assert shake_hands(port, host, f"http://{host}:{port}") == 403, host
        for path in PATHS:
            status, text = ask(port, path, host)
            assert status in (400, 421) and "<html" not in text, (host, path, status)
    status, text = ask(port, "/", "atlas.example.org")
    assert status == 421 and "atlas.example.org" in text and "STREAMLIT_SERVER_ALLOWED_HOSTS" in text


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://localhost.evil.example", "file://"]
)
def test_a_page_from_elsewhere_gets_no_session(port_of: Callable[[str], int], origin: str) -> None:
    assert shake_hands(port_of("streamlit run"), "localhost", origin) == 403


def test_the_address_it_was_told_and_the_names_it_was_given(repo_root: Path, tmp_path: Path) -> None:
    given = {
        "STREAMLIT_SERVER_ADDRESS": "127.0.0.2",
        "STREAMLIT_SERVER_ALLOWED_HOSTS": "atlas.example.org other.example",
    }
    with serving(repo_root, tmp_path, RUN, "127.0.0.2", **given) as port:
        for host in ("127.0.0.2", "atlas.example.org", "other.example"):
            assert ask(port, "/", host, at="127.0.0.2")[0] == 200, host
            assert shake_hands(port, host, f"http://{host}:{port}", at="127.0.0.2") == 101, host
        assert ask(port, "/", "evil.example", at="127.0.0.2")[0] == 421
        assert shake_hands(port, "evil.example", f"http://evil.example:{port}", at="127.0.0.2") == 403


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Streamlit's options as the module sees them."""
    values: dict[str, object] = {server.ALLOWED: ["localhost"], "server.address": "localhost"}
    monkeypatch.setattr(config, "get_option", values.get)
    monkeypatch.setattr(config, "set_option", values.__setitem__)
    return values


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("localhost", ["localhost"]), ("0.0.0.0", ["localhost"]), ("::", ["localhost"]), (None, ["localhost"]),
        ("192.0.2.7", ["localhost", "192.0.2.7"]), ("[2001:db8::1]", ["localhost", "2001:db8::1"]),
    ],
)  # fmt: skip
def test_its_own_address_is_allowed_once(
    options: dict[str, object], address: str | None, allowed: list[str]
) -> None:
    options["server.address"] = address
    for _ in range(2):
        server.allow_own_address()
        assert options[server.ALLOWED] == allowed


def test_who_allows_everything_has_it_so(options: dict[str, object]) -> None:
    options |= {server.ALLOWED: [], "server.address": "192.0.2.7"}
    server.allow_own_address()
    assert options[server.ALLOWED] == []


def test_what_is_refused_is_told_in_letters_alone() -> None:
    assert "\x1b" not in server.refusal("a\x1b[31m") and len(server.refusal("x" * 5_000)) < 500
    assert "no name" in server.refusal(None)


def _run(what: Coroutine[Any, Any, Any]) -> Any:
    """In a thread of its own: one that drives a browser has a loop already."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, what).result()


@pytest.mark.parametrize(("headless", "count"), [(True, 0), (False, 1)])
def test_a_browser_is_opened_unless_headless(
    options: dict[str, object], monkeypatch: pytest.MonkeyPatch, headless: bool, count: int
) -> None:
    pages: list[str] = []
    monkeypatch.setattr(server.webbrowser, "open", pages.append)
    monkeypatch.setattr(server, "get_url", lambda host: f"http://{host}:8501")
    monkeypatch.setattr(config, "is_manually_set", lambda _: False)
    options["server.headless"] = headless

    async def start() -> None:
        async with server.lifespan(None):
            pass

    _run(start())
    assert pages == ["http://localhost:8501"] * count


def test_uploads_have_a_limit_together(options: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held and what is on its way count; what is no upload does not, nor one that has ended."""
    options["server.maxUploadSize"] = 200
    held = server.MOST_UPLOADED_MB - 300
    monkeypatch.setattr(server, "uploaded", lambda: held * server.MB)
    came, let_in = asyncio.Event(), []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        let_in.append(scope["path"])
        await came.wait()

    limit = server.UploadLimit(app)

    async def put(length: int | None, path: str = "/_stcore/upload_file/a/b", method: str = "PUT") -> int:
        headers = [] if length is None else [(b"content-length", str(length * server.MB).encode())]
        told: list[int] = []

        async def send(message: Any) -> None:
            told.append(message.get("status", 0))

        await limit({"type": "http", "method": method, "path": path, "headers": headers}, None, send)  # type: ignore[arg-type]
        return told[0] if told else 200

    async def all_of_them() -> list[int]:
        first = [asyncio.create_task(put(200)), asyncio.create_task(put(60))]
        await asyncio.sleep(0)
        over = [await put(60), await put(None)]
        other = [asyncio.create_task(put(200, "/")), asyncio.create_task(put(200, method="DELETE"))]
        await asyncio.sleep(0)
        came.set()
        there = [await one for one in (*first, *other)]
        return [*over, *there, await put(200)]

    assert _run(all_of_them()) == [413, 413, 200, 200, 200, 200, 200]
    assert len(let_in) == 5 and limit.coming == 0


def test_what_closed_pages_leave_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """By Streamlit's own storage: expired sessions are ended, others may come back."""
    from streamlit.runtime.memory_session_storage import MemorySessionStorage

    ended: list[str] = []

    class Session:
        def __init__(self, name: str) -> None:
            self.id = name

        def shutdown(self) -> None:
            ended.append(self.id)

    storage = MemorySessionStorage(ttl_seconds=1)
    manager = SimpleNamespace(_session_storage=storage)
    monkeypatch.setattr(server.runtime, "get_instance", lambda: SimpleNamespace(_session_mgr=manager))
    storage.save(SimpleNamespace(session=Session("first")))  # type: ignore[arg-type]
    assert server.let_go_of_closed() == 0
    time.sleep(1.1)
    storage.save(SimpleNamespace(session=Session("second")))  # type: ignore[arg-type]
    ended.clear()
    storage.save(SimpleNamespace(session=Session("third")))  # type: ignore[arg-type]
    time.sleep(1.1)
    assert server.let_go_of_closed() == 2 and sorted(ended) == ["second", "third"]
    assert server.let_go_of_closed() == 0
    server.return_memory()


def test_closed_pages_are_looked_for_all_the_time(
    options: dict[str, object], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Also after it has failed once; memory is given back only where a page was let go of."""
    options["server.headless"] = True
    looks, returned = iter([0, OSError("no"), 2, 0]), []

    def look() -> int:
        found = next(looks, 0)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(server, "TIDY_S", 0.01)
    monkeypatch.setattr(server, "let_go_of_closed", look)
    monkeypatch.setattr(server, "return_memory", lambda: returned.append(None))

    async def run() -> None:
        async with server.lifespan(None):
            await asyncio.sleep(0.5)

    _run(run())
    assert len(returned) == 1 and "could not be let go of" in caplog.text
