"""What a build reports while it works: to the terminal, to ``--json``, and to the log a page follows."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.runtime import stop

LOGS_KEPT = 50
BUILD_STOPPED = "Stopped on request; the next build goes on from here."
REQUEST_STOPPED = "Stopped on request; nothing was changed. Run it again."
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Started:
    build_id: str
    datasets: list[str]
    resumed: bool


@dataclass(frozen=True, slots=True)
class Preparing:
    """A dataset makes its recordings first (the demo corpora)."""

    dataset: str


@dataclass(frozen=True, slots=True)
class Scanned:
    dataset: str
    clips: int
    problems: int
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Planned:
    """What there is to do; ``failed`` counts files at fault in the scan, or unchanged since they failed."""

    to_extract: int
    unchanged: int
    updated: int
    reused: int
    removed: int
    failed: int


@dataclass(frozen=True, slots=True)
class Progress:
    done: int
    total: int
    failed: int
    clips_per_s: float
    left_s: float


@dataclass(frozen=True, slots=True)
class StageProgress:
    """How far a stage has come that goes through what is in the store: its first event has done nothing."""

    stage: str
    title: str
    """What the stage makes, in words for a person."""
    unit: str
    """What is counted, in the plural."""
    done: float
    """Has a fraction within a single unit."""
    total: int
    dataset: str = ""
    """Of what was done last."""
    item: str = ""
    """What of the dataset was done last, where a dataset has more than one."""
    left_s: float | None = None
    """About how long until the stage is done."""


@dataclass(frozen=True, slots=True)
class Stages:
    """About how many seconds from now each stage will be done and published, by its name, in order."""

    left: dict[str, float]
    titles: dict[str, str]


@dataclass(frozen=True, slots=True)
class Published:
    """A snapshot that pages can open; more may follow. ``stage`` is the one that ended, "clips" the first."""

    snapshot: int
    stage: str


@dataclass(frozen=True, slots=True)
class Collection:
    """One dataset at the end of a build."""

    dataset: str
    clips: int
    hours: float
    classes: int
    speakers: int
    failed: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The summary of a build; ``status`` is ``published`` or ``unchanged``.

    Clips are counted against the snapshot before, vectors in this run alone: a resumed build reports
    all that is new and only the work that was left.
    """

    status: str
    build_id: str
    snapshot: int
    added: int
    updated: int
    removed: int
    failed: int
    vectors_computed: int
    vectors_reused: int
    stages: dict[str, int]
    """How many units each stage has computed in this run, by its name; those without work are left out."""
    seconds: float
    collections: list[Collection]


@dataclass(frozen=True, slots=True)
class Stopped:
    """A run ended before its time; a build's finished batches wait for the next one."""

    reason: str


Event = (
    Started
    | Preparing
    | Scanned
    | Planned
    | Progress
    | StageProgress
    | Stages
    | Published
    | Finished
    | Stopped
)
Listener = Callable[[Event], None]
ProgressCallback = Callable[[float], None]
"""Called with the share of a piece of work that is done, 0 to 1."""


def name_of(event: type[Event]) -> str:
    """What an event is called in JSON."""
    return event.__name__.lower()


def to_json(event: Event) -> str:
    """One line: ``{"event": "progress", "time": ..., ...}``."""
    head = {
        "event": name_of(type(event)),
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    return json.dumps(head | asdict(event))


def new_run_id(what: str = "") -> str:
    """When a run began and by which process, for the event log and the history; ``what`` it was, if no build."""
    now = datetime.now(UTC)
    name = f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}Z-{os.getpid()}"
    return f"{name}-{what}" if what else name


def is_request(run_id: str) -> bool:
    """Whether a run was a request and no build: what it had made is gone where it did not finish."""
    return run_id.count("-") > 1


@contextmanager
def logged(folder: Path, build_id: str, listener: Listener) -> Iterator[Listener]:
    """Every event goes to ``folder/BUILD_ID.jsonl`` as well, so that any page can follow any build.

    A log that cannot be written any more, on a full disk, is no reason to end a build.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.glob("*.jsonl"))[: -(LOGS_KEPT - 1)]:
        old.unlink()
    file = (folder / f"{build_id}.jsonl").open("a", encoding="utf-8", buffering=1)

    def on_event(event: Event) -> None:
        try:
            file.write(to_json(event) + "\n")
        except OSError as error:
            log.info("The event log cannot be written: %s", error)
        listener(event)

    try:
        yield on_event
    finally:
        with suppress(OSError):  # what is left in the buffer of a full disk
            file.close()


@contextmanager
def end_reported(on_event: Listener, on_request: str = BUILD_STOPPED) -> Iterator[None]:
    """Report why a run ended before its time; ``on_request`` is the reason where somebody stopped it."""
    try:
        yield
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt) or stop.is_requested()
        reason = on_request if stopped else str(error)
        on_event(Stopped(reason or type(error).__name__))
        raise
