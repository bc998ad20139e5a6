"""Builds as the pages see them: started as processes of their own, followed through their event log.

A build outlives the tab that started it, and one that was started on the command line is followed
in the same way.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.snapshots import Store

TAIL_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Run:
    """The newest build: its last event, and whether it is still at work."""

    build_id: str
    last: dict[str, Any]
    running: bool

    @property
    def share(self) -> float:
        """How much of the stage at work is done, 0 to 1."""
        counted = self.last["event"] == "progress" or self.last["event"] == "stageprogress"
        return self.last["done"] / max(self.last["total"], 1) if counted else 0.0


def start(store: Store, arguments: Sequence[str], command: str = "build") -> subprocess.Popen[bytes]:
    """Start a build, or another command that tells events as one does, as a process of its own.

    What it says on stderr goes to ``builds/stderr.txt``.
    """
    store.builds.mkdir(parents=True, exist_ok=True)
    line = [sys.executable, "-m", "pipeline", command, "--quiet", "--store", str(store.root), *arguments]
    with (store.builds / "stderr.txt").open("wb") as errors:
        return subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )


def refusal(store: Store, process: subprocess.Popen[bytes] | None) -> str | None:
    """Why a started build ended without success, in its own words; None where it did not."""
    if process is None or process.poll() in (None, 0, 130):
        return None
    if process.returncode == -signal.SIGTERM:
        return "The build was stopped before it began."
    told = (store.builds / "stderr.txt").read_text(encoding="utf-8", errors="replace").strip()
    return told.splitlines()[-1] if told else f"The build ended with exit code {process.returncode}."


def stop(store: Store, process: subprocess.Popen[bytes] | None = None) -> None:
    """Ask the build at work to end; its finished batches stay for the next one.

    ``process`` is the build started from this page: it may not have come as far as the store's lock.
    """
    owner = store.owner() if store.is_building() else None
    if owner is None and process is not None and process.poll() is None:
        owner = process.pid
    if owner is not None:
        with suppress(ProcessLookupError):  # it ended by itself in this moment
            os.kill(owner, signal.SIGTERM)


def latest(store: Store) -> Run | None:
    """The newest build of this store, or None."""
    logs = sorted(store.builds.glob("*.jsonl"))
    if not logs:
        return None
    # In this order: a build that ends in between has told so in its log by the time we read it.
    at_work = store.is_building()
    last = _last_event(logs[-1])
    return Run(logs[-1].stem, last, running=at_work and last["event"] not in ("finished", "stopped"))


def _last_event(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        # What stands behind the last line break is still being written; the first line may be cut.
        lines = [line for line in file.read().split(b"\n")[:-1] if line.startswith(b'{"event"')]
    return dict(json.loads(lines[-1])) if lines else {"event": "started"}


def unfinished(run: Run | None) -> str | None:
    """What became of a newest build that neither works nor published anything; None where all is well."""
    if run is None or run.running or run.last["event"] == "finished":
        return None
    if run.last["event"] == "stopped":
        return f"The last build did not finish. {run.last['reason']}"
    return "The last build was killed. What it had finished is kept: the next build goes on from there."


def in_words(run: Run) -> str:
    """The last event of a build at work as a sentence."""
    last = run.last
    match last["event"]:
        case "preparing":
            return f"Making the recordings of {last['dataset']} ..."
        case "scanned":
            return f"{last['dataset']}: {last['clips']:,} clips found ..."
        case "planned":
            return f"{last['to_extract']:,} clips to measure ..."
        case "progress":
            told = f"{last['done']:,} of {last['total']:,} clips, {last['clips_per_s']:.0f} a second"
            return told + (f", {last['left_s']:.0f} s left" if last["left_s"] else "")
        case "stageprogress":
            return f"{last['title'].capitalize()}: {int(last['done']):,} of {last['total']:,} {last['unit']}"
        case _:
            return "The build is starting ..."
