"""``python scripts/serve.py ARGUMENTS``: the dashboard, with ARGUMENTS for Streamlit.

Where there is no store yet, or the build of the demo was interrupted, that build goes on behind the page as a
process of its own. It ends with the server, and keeps what it has.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from app.builds import process
from pipeline.runtime.events import is_request
from pipeline.sources import DEMO, store_root
from store.errors import SesatlasError
from store.snapshots import Store

DATASET = ["--dataset", "demo"]
NICE = 10
"""The page comes first."""
LOOK_S = 0.2
PATIENCE_S = 2.0
"""Ctrl-C reaches the server as well; a signal sent to this process alone does not."""
GRACE_S = 30.0
"""For the build to write what it has finished."""
PROCESS = subprocess.Popen[bytes]


def what_to_build(store: Store) -> tuple[bool, str]:
    """Whether the demo is to be built, and the line that says what goes on; empty where there is nothing to say."""
    if os.environ.get("SESATLAS_READ_ONLY"):
        from app.permissions import READ_ONLY, is_read_only  # with Streamlit, which takes a second

        if is_read_only():
            there = (store.root / "CURRENT").exists()
            return (
                False,
                "" if there else f"No store in {store.root} yet, and {READ_ONLY} is set: none is built.",
            )
    if store.is_building():
        return False, f"A build is at work in {store.root}: the page shows how far it is."
    run, names = process.latest(store), _datasets_of_latest(store)
    unfinished = run is not None and run.last["event"] != "finished"
    if run is not None and is_request(run.build_id):  # an experiment that failed leaves nothing to go on with
        unfinished = store.staging.exists()
    if unfinished and names and set(names) <= set(DEMO):
        return True, f"The build of the demo in {store.root} was interrupted: it goes on behind the page."
    if (store.root / "CURRENT").exists():
        return False, ""
    try:
        store.current()
    except SesatlasError as error:  # snapshots without one that is the current one; the page says so as well
        return False, str(error)
    if store.staging.exists():
        return False, (
            f"No store in {store.root} yet, but a build that was interrupted: `python -m pipeline build` "
            "goes on with it."
        )
    return True, (
        f"No store in {store.root} yet: the demo, which is synthetic, is built behind the page, "
        "which shows how far it is."
    )


def _datasets_of_latest(store: Store) -> list[str]:
    """What the newest build was to hold, by its log; nothing where that cannot be read."""
    logs = sorted(store.builds.glob("*.jsonl"))
    if not logs:
        return []
    with logs[-1].open(encoding="utf-8", errors="replace") as lines:
        try:
            return list(json.loads(next(lines, "{}")).get("datasets", []))
        except ValueError:
            return []


def serve(line: Sequence[str], start: Callable[[], PROCESS], failure: Callable[[PROCESS], str | None]) -> int:
    """Run the server with a build beside it until the server ends; its exit code.

    ``failure`` says why an ended build has failed, or None.
    """
    server = subprocess.Popen(line)
    asked_s: list[float] = []
    signal.signal(signal.SIGINT, lambda *_: asked_s.append(time.monotonic()))
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, lambda *_: server.terminate())
    build: PROCESS | None = None
    try:
        build = start()
        os.setpriority(os.PRIO_PROCESS, build.pid, NICE)
    except OSError as error:  # no room, no rights, or it has ended already
        if build is None:
            _say(f"The demo cannot be built: {error}.")
    while server.poll() is None:
        if build is not None and build.poll() is not None:
            reason = failure(build)
            _say(f"The demo could not be built. {reason}" if reason else "The build of the demo has ended.")
            build = None
        if asked_s and time.monotonic() - asked_s[0] > PATIENCE_S:
            asked_s.clear()
            server.terminate()
        time.sleep(LOOK_S)
    if build is not None and build.poll() is None:
        _stop(build)
    return server.returncode if server.returncode >= 0 else 128 - server.returncode


def _stop(build: PROCESS) -> None:
    _say("The build behind the page is stopped and keeps what it has: `make run` goes on with it.")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever cannot wait asks again
    build.terminate()
    with suppress(KeyboardInterrupt, subprocess.TimeoutExpired):
        build.wait(GRACE_S)


def _say(words: str) -> None:
    with suppress(OSError):  # the terminal may be gone
        sys.stdout.write(f"{words}\n")
        sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    store = Store(store_root())
    line = [sys.executable, "-m", "streamlit", "run", "app/Home.py", *arguments]
    due, words = what_to_build(store)
    if words:
        _say(words)
    if not due:
        os.execv(line[0], line)
    # What a snapshot has remembered goes on by itself, wherever a person has put the demo.
    arguments = [] if (store.root / "CURRENT").exists() else DATASET
    return serve(line, lambda: process.start(store, arguments), lambda build: process.refusal(store, build))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
