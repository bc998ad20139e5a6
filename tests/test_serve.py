"""``make run``'s two processes: when the demo is built behind the page, and how both end."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.sources import DEMO
from store.snapshots import Store

WAIT_S = 20.0
LIVE = "import time; time.sleep(60)"
# What serve.py does, with two other processes in place of the server and the build; both leave their number.
DRIVER = """
import importlib.util, subprocess, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("serve", {script!r})
serve = importlib.util.module_from_spec(spec)
spec.loader.exec_module(serve)
folder = Path({folder!r})
note = "import os, pathlib; pathlib.Path({{!r}}).write_text(str(os.getpid())); "
line = lambda name, body: [sys.executable, "-c", note.format(str(folder / name)) + body]
start = lambda: subprocess.Popen(line("build", {build!r}), start_new_session=True)
sys.exit(serve.serve(line("server", {server!r}), start, lambda build: "a reason" if build.returncode == 2 else None))
"""


@pytest.fixture(scope="session")
def serve(repo_root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("serve", repo_root / "scripts" / "serve.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_log(store: Store, datasets: list[str], *, event: str = "stopped", name: str = "20260101") -> None:
    store.builds.mkdir(parents=True, exist_ok=True)
    lines = [{"event": "started", "datasets": datasets}, {"event": event, "reason": "x"}]
    (store.builds / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def write_staging(store: Store) -> None:
    store.staging.parent.mkdir(parents=True, exist_ok=True)
    store.staging.touch()


def test_an_empty_store_gets_the_demo(serve: ModuleType, tmp_path: Path) -> None:
    store = Store(tmp_path)
    due, words = serve.what_to_build(store)
    assert due and "No store in" in words and "synthetic" in words and "\n" not in words
    # Somebody mistyped a path: nothing of it was kept.
    write_log(store, ["esc50"])
    assert serve.what_to_build(store)[0]


@pytest.mark.parametrize("published", [False, True])
@pytest.mark.parametrize("event", ["stopped", "progress"])
def test_an_interrupted_demo_goes_on(serve: ModuleType, tmp_path: Path, published: bool, event: str) -> None:
    """Stopped or killed, before its first publication or after it."""
    store = Store(tmp_path)
    write_log(store, ["esc50"], event="finished", name="20250101")
    write_log(store, list(DEMO), event=event)
    if published:
        (tmp_path / "CURRENT").write_text("000001\n")
    else:
        write_staging(store)
    due, words = serve.what_to_build(store)
    assert due and "was interrupted: it goes on" in words


@pytest.mark.parametrize("datasets", [["esc50"], [*DEMO, "esc50"], []])
def test_a_build_of_ones_own_is_left_alone(serve: ModuleType, tmp_path: Path, datasets: list[str]) -> None:
    store = Store(tmp_path)
    write_log(store, datasets)
    write_staging(store)
    due, words = serve.what_to_build(store)
    assert not due and "`python -m pipeline build` goes on with it" in words
    (tmp_path / "CURRENT").write_text("000001\n")
    assert serve.what_to_build(store) == (False, "")


def test_a_finished_store_and_one_at_work(serve: ModuleType, tmp_path: Path) -> None:
    store = Store(tmp_path)
    write_log(store, list(DEMO), event="finished")
    (tmp_path / "CURRENT").write_text("000001\n")
    assert serve.what_to_build(store) == (False, "")
    with store.lock():
        due, words = serve.what_to_build(store)
    assert not due and "A build is at work" in words
    (tmp_path / "CURRENT").unlink()
    (store.builds / "20270101.jsonl").write_text("no JSON\n")
    assert serve.what_to_build(store)[0]


def test_a_killed_experiment_of_the_demo_is_no_interrupted_build(serve: ModuleType, tmp_path: Path) -> None:
    store = Store(tmp_path)
    write_log(store, list(DEMO), event="started", name="20260101T000000000Z-1-learned")
    (tmp_path / "CURRENT").write_text("000001\n")
    assert serve.what_to_build(store) == (False, "")


def test_a_lost_pointer_is_no_empty_store(serve: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / "000001.duckdb").touch()
    due, words = serve.what_to_build(Store(tmp_path))
    assert not due and "snapshots use NUMBER` with one of: 1." in words


@pytest.fixture
def driven(repo_root: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """``serve`` in a process and a group of its own."""
    begun: list[subprocess.Popen[str]] = []

    def run(server: str, build: str, **options: Any) -> subprocess.Popen[str]:
        script = str(repo_root / "scripts" / "serve.py")
        code = DRIVER.format(script=script, folder=str(tmp_path), server=server, build=build)
        line = [sys.executable, "-c", code]
        # The tests themselves may run under nohup.
        options = {"preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL)} | options
        process = subprocess.Popen(
            line, cwd=repo_root, stdout=subprocess.PIPE, text=True, start_new_session=True, **options
        )
        begun.append(process)
        return process

    yield run
    for process in begun:
        process.kill()
        process.wait()


def number_of(path: Path) -> int:
    """The process that wrote its number there."""
    deadline = time.monotonic() + WAIT_S
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return int(path.read_text())


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(process: int) -> None:
    deadline = time.monotonic() + WAIT_S
    while is_there(process):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("number", "group"), [("SIGINT", True), ("SIGINT", False), ("SIGTERM", False), ("SIGHUP", True)]
)
def test_the_build_ends_with_the_server(driven, tmp_path: Path, number: str, group: bool) -> None:
    process = driven(LIVE, LIVE)
    server, build = number_of(tmp_path / "server"), number_of(tmp_path / "build")
    time.sleep(0.5)
    assert os.getpriority(os.PRIO_PROCESS, build) > os.getpriority(os.PRIO_PROCESS, server)
    (os.killpg if group else os.kill)(process.pid, getattr(signal, number))
    said, _ = process.communicate(timeout=WAIT_S)
    assert "keeps what it has: `make run` goes on with it." in said
    assert not is_there(server) and not is_there(build)
    assert process.returncode > 128


def test_under_nohup_it_outlives_the_terminal(driven, tmp_path: Path) -> None:
    process = driven(LIVE, LIVE, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    server, build = number_of(tmp_path / "server"), number_of(tmp_path / "build")
    os.killpg(process.pid, signal.SIGHUP)
    time.sleep(0.5)
    assert process.poll() is None and is_there(server) and is_there(build)
    process.terminate()
    process.communicate(timeout=WAIT_S)
    assert not is_there(server) and not is_there(build)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        ("", "The build of the demo has ended."),
        ("raise SystemExit(2)", "The demo could not be built. a reason"),
    ],
)
def test_a_build_that_ends_leaves_the_server(driven, tmp_path: Path, build: str, words: str) -> None:
    process = driven(LIVE, build)
    wait_until_gone(number_of(tmp_path / "build"))  # a zombie would stay
    server = number_of(tmp_path / "server")
    assert is_there(server) and process.poll() is None
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=WAIT_S)
    assert said == f"{words}\n" and not is_there(server)


def test_the_servers_own_end(driven, tmp_path: Path) -> None:
    until = f"import time; begun = pathlib.Path({str(tmp_path / 'build')!r})\n"
    process = driven(f"{until}while not begun.exists(): time.sleep(0.1)\nraise SystemExit(3)", LIVE)
    build = number_of(tmp_path / "build")
    process.communicate(timeout=WAIT_S)
    assert process.returncode == 3 and not is_there(build)
