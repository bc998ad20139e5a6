"""A plan and its outcomes, written into the staging database."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from pipeline.build.plan import Plan
from pipeline.build.store_state import base_of, clip_row, failure_row, still_the_same
from pipeline.clips import Problem, Row
from pipeline.extraction import Outcome
from pipeline.features.view import View
from pipeline.fields import sql_types
from store import publishing
from store import views as vectors
from store.invalidate import delete_clips, keep_datasets
from store.snapshots import Snapshot
from store.writer import Writer

COMMIT_S = 2.0
"""Finished clips are written at least this often: a killed build loses no more than this."""
COMMIT_CLIPS = 256
CHANGED = "The file changed or went away while the build was at work; build again to take it as it is now."


@dataclass(frozen=True, slots=True)
class Counts:
    """What a build did, for its summary: clips against the snapshot before it, vectors in this run."""

    clips: int = 0
    added: int = 0
    updated: int = 0
    removed: int = 0
    failed: int = 0
    vectors_computed: int = 0
    vectors_reused: int = 0
    stages: Mapping[str, int] = field(default_factory=dict)
    """How many units each stage computed in this run, by its name."""


class Staging:
    """Writes one build's work, batch by batch, each batch whole or not at all.

    Parameters
    ----------
    path
        The staging database, which is open for writing as long as the ``with`` lasts.
    base
        The snapshot that the build began from.
    """

    def __init__(self, path: Path, plan: Plan, build_id: str, base: Snapshot | None) -> None:
        self.path, self.plan, self.build_id, self.base = path, plan, build_id, base
        self.writer = Writer(path)
        self.computed, self.reused = 0, 0
        self._waiting: list[Outcome] = []
        self._written_at = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.__exit__(kind, error, trace)

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """With all that is finished written and the file closed, so that others can read or copy it."""
        self.commit()
        self.writer.close()
        yield
        self.writer = Writer(self.path)

    def begin(
        self, datasets: Sequence[Mapping[str, Any]], views: Mapping[str, View], started_at: datetime
    ) -> None:
        """Write what needs no decoding: datasets, views, new labels, copied vectors, removals."""
        with self.writer.transaction():
            self.writer.set_meta(base=base_of(self.base))
            publishing.begin_build(self.writer, self.build_id, started_at)
            vectors.define_views(self.writer, list(views.values()))
            self.writer.add_columns("clips", sql_types())
            # Copied before anything is removed: the donor may be a clip that goes.
            self.reused = vectors.copy_vectors(self.writer, views, self.plan.reused)
            self.writer.upsert("clips", self.plan.rows)
            delete_clips(self.writer, [*self.plan.removed, *self.plan.changed])
            keep_datasets(self.writer, datasets)
            self.writer.replace_failures(list(self.plan.failures.values()))

    def take(self, outcomes: Iterable[Outcome]) -> int:
        """Take finished clips, which are committed soon; how many of them failed."""
        before = len(self._waiting)
        self._waiting += outcomes
        failed = sum(outcome.facts is None for outcome in self._waiting[before:])
        if len(self._waiting) >= COMMIT_CLIPS or time.monotonic() - self._written_at > COMMIT_S:
            self.commit()
        return failed

    def commit(self) -> None:
        """Write all clips taken so far in one transaction."""
        waiting, self._waiting = self._waiting, []
        failures = {outcome.clip_id: self._failure(outcome) for outcome in waiting}
        failed = {clip_id: row for clip_id, row in failures.items() if row}
        good = [outcome for outcome in waiting if outcome.clip_id not in failed]
        with self.writer.transaction():
            self.writer.upsert("clips", [self._row(outcome) for outcome in good])
            self._write_vectors(good)
            delete_clips(self.writer, list(failed))
            self.writer.upsert("failures", list(failed.values()))
        self._written_at = time.monotonic()

    def _row(self, outcome: Outcome) -> Row:
        assert outcome.facts is not None and outcome.content_hash is not None
        clip, stamped = self.plan.clips[outcome.clip_id], self.plan.stamps[outcome.clip_id]
        return clip_row(clip, stamped, asdict(outcome.facts), outcome.content_hash)

    def _failure(self, outcome: Outcome) -> Row | None:
        """The row of a clip that failed, or whose file is not the one that was planned with."""
        clip, stamped = self.plan.clips[outcome.clip_id], self.plan.stamps[outcome.clip_id]
        same = still_the_same(clip.path, stamped)
        if outcome.facts is not None and same:
            return None
        stage, reason = ("decode", CHANGED) if outcome.facts else (outcome.stage, outcome.reason)
        problem = Problem(clip.relative_path, stage or "features", reason or "no reason given")
        # Without a stamp, so that the next build looks again at what was in motion during this one.
        return failure_row(clip.dataset, problem, stamped if same else None)

    def _write_vectors(self, outcomes: Sequence[Outcome]) -> None:
        by_view = defaultdict(list)
        for outcome in outcomes:
            for view, vector in outcome.vectors.items():
                by_view[view].append((outcome.clip_id, vector))
        for view, pairs in by_view.items():
            clip_ids = [clip_id for clip_id, _ in pairs]
            vectors.upsert_vectors(self.writer, view, clip_ids, np.stack([vector for _, vector in pairs]))
            self.computed += len(pairs)

    def counts(self) -> Counts:
        """Write what is finished; count what has changed against the snapshot that the build began from."""
        self.commit()
        changes = publishing.changes_since(self.writer, self.base.path if self.base else None)
        vectors = {"vectors_computed": self.computed, "vectors_reused": self.reused}
        return replace(Counts(), **(changes | vectors))  # type: ignore[arg-type]


def sign(
    writer: Writer, build_id: str, number: int, counts: Counts, status: str, steps: Sequence[int]
) -> None:
    """Write what the build has done into the history, and which snapshots it has published on its way."""
    numbers = {name: value for name, value in asdict(counts).items() if name != "stages"}
    with writer.transaction():
        publishing.sign_build(writer, build_id, number, datetime.now(UTC), numbers, status)
        writer.set_meta(steps=" ".join(map(str, steps)))
