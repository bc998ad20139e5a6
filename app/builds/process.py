"""Builds as the pages see them: separate processes, followed through their event log.

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
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.runtime.events import is_request
from pipeline.sources import DEMO
from store.snapshots import Store

TAIL_BYTES = 32_768
STDERR_MARGIN_S = 5.0
"""A build still writes to stderr as it ends; only what comes later than this is another one's."""
CLIPS = "clips"
FIRST_CLIPS = "The first clips"
SIDE_EVENTS = ("stages", "published")
"""Events that say nothing of what is being done."""


@dataclass(frozen=True, slots=True)
class Run:
    """The newest build: its last event, and whether it is still at work."""

    build_id: str
    last: dict[str, Any]
    running: bool
    work: dict[str, Any]
    """The last event that says what the build is doing."""
    left_s: dict[str, float] = field(default_factory=dict)
    """Seconds from now until each stage that is still to come is published; below 0 where it is late."""
    titles: dict[str, str] = field(default_factory=dict)
    """Titles of the stages, as far as the log has them."""

    @property
    def share(self) -> float:
        """How much of the current stage is done, 0 to 1."""
        done, total = self.work.get("done", 0.0), self.work.get("total", 0)
        return min(max(done / max(total, 1), 0.0), 1.0)


def start(store: Store, arguments: Sequence[str], command: str = "build") -> subprocess.Popen[bytes]:
    """Start a build, or another command that logs the same events, as a separate process.

    Its stderr goes to ``builds/stderr.txt``.
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
    """The last line of a started build that failed; None where it did not."""
    if process is None or process.poll() in (None, 0, 130):
        return None
    if process.returncode == -signal.SIGTERM:
        return "The build was stopped before it began."
    lines = (store.builds / "stderr.txt").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else f"The build ended with exit code {process.returncode}."


def stop(store: Store, process: subprocess.Popen[bytes] | None = None) -> None:
    """Stop the running build; its finished batches stay for the next one.

    ``process`` is the build started from this page, which may not hold the store's lock yet.
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
    # In this order: a build that ends in between has written so to its log by the time we read it.
    at_work = store.is_building()
    logged = _tail(logs[-1])
    last = logged[-1]
    running = at_work and last["event"] not in ("finished", "stopped")
    work = next((one for one in reversed(logged) if one["event"] not in SIDE_EVENTS), {"event": "started"})
    estimate = next((one for one in reversed(logged) if one["event"] == "stages"), None)
    titles = {one["stage"]: one["title"] for one in logged if one["event"] == "stageprogress"}
    if estimate is None:
        return Run(logs[-1].stem, last, running, work, titles=titles)
    age_s = (datetime.now(UTC) - datetime.fromisoformat(estimate["time"])).total_seconds()
    left_s = {stage: seconds - age_s for stage, seconds in estimate["left"].items()}
    return Run(logs[-1].stem, last, running, work, left_s, estimate.get("titles", {}) | titles)


def _tail(path: Path) -> list[dict[str, Any]]:
    """The last events of a log, at least one."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        # What stands behind the last line break is still being written; the first line may be cut.
        lines = [line for line in file.read().split(b"\n")[:-1] if line.startswith(b'{"event"')]
    return [json.loads(line) for line in lines] or [{"event": "started"}]


def unfinished(run: Run | None) -> str | None:
    """What became of the newest build where it neither runs nor finished; None where all is well."""
    if run is None or run.running or run.last["event"] == "finished":
        return None
    request = is_request(run.build_id)
    if run.last["event"] == "stopped":
        return f"The last {'request' if request else 'build'} did not finish. {run.last['reason']}"
    if request:
        return "The last request was killed before it was done, and nothing was changed. Run it again."
    return "The last build was killed. Its finished work is kept: the next build continues from there."


def describe(run: Run) -> str:
    """What a build is doing, as a sentence."""
    work = run.work
    match work["event"]:
        case "preparing":
            return f"Making the recordings of {work['dataset']} ..."
        case "scanned":
            return f"{work['dataset']}: {work['clips']:,} clips found ..."
        case "planned":
            return f"{work['to_extract']:,} clips to measure ..."
        case "progress":
            progress = f"{work['done']:,} of {work['total']:,} clips, {work['clips_per_s']:.0f} a second"
            return progress + (f", {work['left_s']:.0f} s left" if work["left_s"] else "")
        case "stageprogress":
            return f"{_capital(work['title'])}: {int(work['done']):,} of {work['total']:,} {work['unit']}"
        case _:
            return "The build is starting ..."


def time_left(run: Run) -> str | None:
    """When the build will be done; None where it has not said so."""
    return f"All done {_when(max(run.left_s.values()))}." if run.left_s else None


def waiting_for(store: Store, stage: str) -> str | None:
    """When the running build will publish a stage, such as "Clusterings: in about 40 s".

    None where no build is running, or where it has no work in this stage. The stage ``clips`` is the first
    publication: clips with their facts and vectors, before anything is computed of them together.
    """
    run = latest(store)
    if run is None or not run.running:
        return None
    title = _capital(run.titles.get(stage) or _title(stage))
    if stage in run.left_s:
        return f"{title}: {_when(run.left_s[stage])}"
    work = run.work
    if stage == CLIPS and work["event"] == "progress" and work["left_s"]:
        return f"{title}: {_when(work['left_s'])}"
    if stage == CLIPS:
        return f"{title}: soon"
    # Before its first estimate; a build that only learns one experiment never has one, nor these events.
    early = not run.left_s and work["event"] in ("preparing", "scanned", "planned", "progress")
    return f"{title}: soon, the build has just begun" if early else None


def _title(stage: str) -> str:
    """What a stage is called where the build has not said so yet."""
    if stage == CLIPS:
        return FIRST_CLIPS
    from pipeline.build.stages import STAGES  # with all that stages work with, so only where it is needed

    return STAGES[stage].title if stage in STAGES else stage


def _capital(title: str) -> str:
    return title[:1].upper() + title[1:]


def _when(seconds: float) -> str:
    """A time from now, rounded so that it does not flicker."""
    if seconds < 1:
        return "any moment now"
    if seconds < 8:
        return "in a few seconds"
    if seconds < 90:
        return f"in about {max(10, 5 * round(seconds / 5))} s"
    if seconds < 5_400:
        return f"in about {round(seconds / 60)} min"
    return f"in about {round(seconds / 3_600)} h"


def failure(store: Store) -> str | None:
    """Why the newest build failed, whoever started it; None where it runs or all is well.

    One that died before it had a log, such as of a missing library, has only left its last line on stderr.
    """
    if store.is_building():
        return None
    run, errors = latest(store), store.builds / "stderr.txt"
    with suppress(FileNotFoundError):
        logged_at = (store.builds / f"{run.build_id}.jsonl").stat().st_mtime if run else 0.0
        if errors.stat().st_mtime > logged_at + STDERR_MARGIN_S:
            lines = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            if lines:
                return lines[-1]
    return unfinished(run)


def can_resume(store: Store) -> bool:
    """Whether the newest build did not finish; a request that failed leaves nothing to go on with."""
    run = latest(store)
    was_request = run is not None and is_request(run.build_id)
    return failure(store) is not None and (store.staging.exists() or not was_request)


def resume_arguments(store: Store) -> list[str]:
    """The arguments of a build that continues the newest one, which did not finish."""
    logs = sorted(store.builds.glob("*.jsonl"))
    first: dict[str, Any] = {}
    if logs:
        with logs[-1].open("rb") as file, suppress(ValueError):
            first = json.loads(file.readline())
    datasets = first.get("datasets", [])
    demo = set(datasets) <= set(DEMO)
    # What a build has remembered goes by itself; the demo may have failed before it could be remembered.
    return ["--dataset", "demo"] if demo and store.current() is None else []
