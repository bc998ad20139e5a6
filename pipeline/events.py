"""What a build tells while it works: to the terminal, to ``--json``, and to the log a page follows."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from pipeline import stop

LOGS_KEPT = 50
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
    """How far a stage has come that goes through what is in the store; the first event of each has done nothing."""

    stage: str
    """Its key in ``STAGES``."""
    title: str
    """For a person."""
    unit: str
    """What is counted, plural."""
    done: float
    total: int
    dataset: str = ""
    item: str = ""
    """Of the dataset, what was done last."""
    left_s: float | None = None
    """Estimated seconds until this stage is done."""


@dataclass(frozen=True, slots=True)
class Published:
    """What is finished so far can be seen: ``stage`` was the last of it."""

    snapshot: int
    stage: str


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a stage has come that goes through what is in the store: the first of these events has done nothing."""

    done: float
    total: int
    dataset: str = ""
    """Of what was done last."""

    doing: ClassVar[str]
    """What the stage does, in words for a person."""
    unit: ClassVar[str]
    """What is counted."""

    @property
    def last(self) -> str:
        """What of the dataset was done last, where a dataset has more than one."""
        return ""


@dataclass(frozen=True, slots=True)
class Listening(Stage):
    """The voice network listens to clips of speech."""

    seconds: float = 0.0

    doing: ClassVar[str] = "listening for voices"
    unit: ClassVar[str] = "clips"


@dataclass(frozen=True, slots=True)
class Analysing(Stage):
    """Projections and clusterings, a view of a dataset each."""

    view: str = ""
    seconds: float = 0.0

    doing: ClassVar[str] = "projecting and clustering"
    unit: ClassVar[str] = "views"

    @property
    def last(self) -> str:
        return self.view


@dataclass(frozen=True, slots=True)
class Learning(Stage):
    """Experiments; ``done`` has a fraction within a single one."""

    experiment: str = ""
    seconds: float = 0.0

    doing: ClassVar[str] = "learning"
    unit: ClassVar[str] = "experiments"

    @property
    def last(self) -> str:
        return self.experiment


@dataclass(frozen=True, slots=True)
class Auditing(Stage):
    """Audits, a dataset each."""

    seconds: float = 0.0

    doing: ClassVar[str] = "auditing"
    unit: ClassVar[str] = "collections"


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
    analysed: int
    """Units: views of datasets whose projections and clusterings were computed in this run."""
    learned: int
    """Experiments that were made in this run."""
    audited: int
    """Datasets that were audited in this run."""
    seconds: float
    collections: list[Collection]
    stages: dict[str, int] = field(default_factory=dict)
    """Units that were computed in this run, by stage."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The build ended before its time; finished batches wait for the next one."""

    reason: str


Event = (
    Started | Preparing | Scanned | Planned | Progress
    | StageProgress | Published
    | Listening | Analysing | Learning | Auditing
    | Finished | Stopped
)  # fmt: skip
Listener = Callable[[Event], None]


def name_of(event: type[Event]) -> str:
    """What an event is called in JSON."""
    return event.__name__.lower()


STAGES: dict[str, type[Stage]] = {name_of(one): one for one in (Listening, Analysing, Learning, Auditing)}
"""The stages by the names of their events, in the order of a build."""


def to_json(event: Event) -> str:
    """One line: ``{"event": "progress", "time": ..., ...}``."""
    told = {
        "event": name_of(type(event)),
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    return json.dumps(told | asdict(event))


@contextmanager
def logged(folder: Path, build_id: str, listener: Listener) -> Iterator[Listener]:
    """Every event goes to ``folder/BUILD_ID.jsonl`` as well, so that any page can follow any build.

    A log that cannot be written any more, on a full disk, is no reason to end a build.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.glob("*.jsonl"))[: -(LOGS_KEPT - 1)]:
        old.unlink()
    file = (folder / f"{build_id}.jsonl").open("a", encoding="utf-8", buffering=1)

    def tell(event: Event) -> None:
        try:
            file.write(to_json(event) + "\n")
        except OSError as error:
            log.info("The event log cannot be written: %s", error)
        listener(event)

    try:
        yield tell
    finally:
        with suppress(OSError):  # what is left in the buffer of a full disk
            file.close()


@contextmanager
def end_told(tell: Listener) -> Iterator[None]:
    """Tell why a build ended before its time, whatever the reason."""
    try:
        yield
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt) or stop.asked()
        words = "Stopped on request; the next build goes on from here." if stopped else str(error)
        tell(Stopped(words or type(error).__name__))
        raise
