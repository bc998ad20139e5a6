"""A plan and its outcomes, written into the staging database."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from pipeline.clips import Problem
from pipeline.extract import Outcome
from pipeline.features.view import View
from pipeline.plan import Known, Plan, clip_row, failure_row
from store.writer import Writer

COMMIT_S = 2.0
"""Finished clips are written at least this often: a killed build loses no more than this."""
COMMIT_CLIPS = 256


@dataclass(slots=True)
class Counts:
    """What a build did, for its summary."""

    added: int = 0
    updated: int = 0
    removed: int = 0
    failed: int = 0
    vectors_computed: int = 0
    vectors_reused: int = 0


@dataclass(slots=True)
class Staging:
    """Writes one build's work, batch by batch, each batch whole or not at all."""

    writer: Writer
    plan: Plan
    known: Known
    build_id: str
    counts: Counts = field(default_factory=Counts)
    _waiting: list[Outcome] = field(default_factory=list)
    _written_at: float = field(default_factory=time.monotonic)

    def begin(
        self,
        base: int,
        datasets: Sequence[Mapping[str, Any]],
        views: Mapping[str, View],
        started_at: datetime,
    ) -> None:
        """Write what needs no listening: datasets, views, new labels, borrowed vectors, removals."""
        with self.writer.transaction():
            self.writer.set_meta(base=str(base))
            self.writer.mark_interrupted()
            self.writer.upsert(
                "builds", [{"build_id": self.build_id, "status": "running", "started_at": started_at}]
            )
            self._keep_datasets(datasets)
            self.writer.keep_views(views)
            for view in views.values():
                self.writer.define_view(view)
            self.counts.vectors_reused = self.writer.lend_vectors(views, self.plan.reused)
            self.writer.upsert("clips", self.plan.rows)
            self.writer.delete_clips(self.plan.removed)
            self._replace_failures()
        new = {row["clip_id"] for row in self.plan.rows} - self.known.clips.keys()
        self.counts.added = len(new)
        self.counts.updated = len(self.plan.rows) - len(new)
        self.counts.removed = len(self.plan.removed)

    def _keep_datasets(self, datasets: Sequence[Mapping[str, Any]]) -> None:
        kept = {row["dataset"] for row in datasets}
        for name in {row["dataset"] for row in self.known.datasets} - kept:
            self.writer.delete_dataset(name)
        self.writer.upsert("datasets", datasets)

    def _replace_failures(self) -> None:
        self.writer.delete_failures()
        self.writer.upsert("failures", list(self.plan.failures.values()))

    def take(self, outcomes: Iterable[Outcome]) -> None:
        """Take finished clips; they are committed soon."""
        self._waiting += outcomes
        if len(self._waiting) >= COMMIT_CLIPS or time.monotonic() - self._written_at > COMMIT_S:
            self.commit()

    def commit(self) -> None:
        """Write all clips taken so far in one transaction."""
        waiting, self._waiting = self._waiting, []
        good = [outcome for outcome in waiting if outcome.facts is not None]
        bad = [outcome for outcome in waiting if outcome.facts is None]
        with self.writer.transaction():
            self.writer.upsert("clips", [self._row(outcome) for outcome in good])
            self._write_vectors(good)
            self.writer.delete_clips([outcome.clip_id for outcome in bad])
            self.writer.upsert("failures", [self._failure(outcome) for outcome in bad])
        self._written_at = time.monotonic()
        self._count(good)

    def _row(self, outcome: Outcome) -> dict[str, Any]:
        assert outcome.facts is not None and outcome.content_hash is not None
        stamp = self.plan.stamps[outcome.clip_id]
        return clip_row(self.plan.clips[outcome.clip_id], stamp, asdict(outcome.facts), outcome.content_hash)

    def _failure(self, outcome: Outcome) -> dict[str, Any]:
        clip = self.plan.clips[outcome.clip_id]
        problem = Problem(clip.relative_path, outcome.stage or "features", outcome.reason or "unknown")
        return failure_row(clip.dataset, problem, self.plan.stamps[outcome.clip_id])

    def _write_vectors(self, outcomes: Sequence[Outcome]) -> None:
        by_view = defaultdict(list)
        for outcome in outcomes:
            for view, vector in outcome.vectors.items():
                by_view[view].append((outcome.clip_id, vector))
        for view, pairs in by_view.items():
            clip_ids = [clip_id for clip_id, _ in pairs]
            self.writer.upsert_vectors(view, clip_ids, np.stack([vector for _, vector in pairs]))
            self.counts.vectors_computed += len(pairs)

    def _count(self, good: Sequence[Outcome]) -> None:
        planned = {row["clip_id"] for row in self.plan.rows}
        for outcome in good:
            if outcome.clip_id in planned:
                continue
            if outcome.clip_id not in self.known.clips:
                self.counts.added += 1
            elif self.known.clips[outcome.clip_id]["content_hash"] != outcome.content_hash:
                self.counts.updated += 1

    def finish(self, snapshot: int, finished_at: datetime) -> None:
        """Sign the build into the history."""
        with self.writer.transaction():
            self.writer.finish_build(self.build_id, snapshot, finished_at, asdict(self.counts))
