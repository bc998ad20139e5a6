"""What a build makes once clips are measured, in the order in which people open pages.

A new stage is one entry here; the build goes through them, publishes after each that had work, and knows none
by name.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import joblib

from pipeline.analyses import clustering
from pipeline.analyses import stage as analyses
from pipeline.audit import stage as audits
from pipeline.experiments import stage as experiments
from pipeline.networks import stage as networks
from pipeline.runtime import events
from pipeline.scores import stage as scores
from pipeline.stage import OnProgress, Run, Schedule, Stage, State, Unit
from store.reader import Reader

STAGES: dict[str, Stage] = {
    one.name: one
    for one in (
        analyses.PRINCIPAL_COMPONENTS,
        analyses.OVERVIEW,
        networks.EMBEDDINGS,
        scores.SCORES,
        analyses.PICTURES,
        clustering.CLUSTERINGS,
        experiments.stage_of(networks),
        audits.AUDIT,
    )
}
"""By name. The cheap come before the dear, and what most people look at first before the rest."""

VECTORS: dict[str, Stage] = {name: one for name, one in STAGES.items() if one.makes_vectors}
"""Those that a build without analyses runs as well."""

REPORT_S = 1.0
"""How often the time left is reported while a stage works."""


def complete(state: State, reader: Reader) -> bool:
    """Whether nothing is missing or out of date."""
    return not any(stage.stale(state, reader) for stage in STAGES.values())


def forget(state: State, staging: Path) -> None:
    """Drop every result that is out of date: until it is computed again it would mislead."""
    left = list(STAGES.values())
    while stage := _first(left, lambda one, reader: one.outdated(state, reader), staging):
        stage.forget(state, staging)
        left = left[left.index(stage) + 1 :]


def expected_s(
    state: State, staging: Path, growing: Mapping[str, int] | None = None, n_jobs: int = 1
) -> dict[str, float]:
    """About how long each stage with work will take, in seconds, by name.

    Parameters
    ----------
    growing : mapping of str to int, optional
        Datasets whose clips are still being measured, and how many they will have: all of their results are
        still to come.
    """
    workers = joblib.effective_n_jobs(n_jobs)
    found: dict[str, float] = {}
    with Reader(staging) as reader:
        clips = {str(row["dataset"]): int(row["clips"]) for row in reader.rows("datasets")} | dict(
            growing or {}
        )
        for name, stage in STAGES.items():
            stale = {unit[0] for unit in stage.stale(state, reader)} | set(growing or {})
            seconds = sum(stage.cost_s(clips.get(dataset, 0), len(state.views)) for dataset in stale)
            if stale:
                found[name] = seconds / workers
    return found


def after(seconds: float, later_s: Mapping[str, float]) -> events.Stages:
    """When each of the later stages will be done, if what comes before takes so many seconds more."""
    left, total = {"clips": round(seconds, 1)}, seconds
    for name, expected in later_s.items():
        total += expected
        left[name] = round(total, 1)
    return events.Stages(left, {"clips": "clips"} | {name: STAGES[name].title for name in later_s})


@dataclass(slots=True)
class Progress:
    """Reports how far the stages are: how far the one at work is, and about when each of the others will be done."""

    schedule: Schedule
    on_event: events.Listener
    now: Callable[[], float] = time.monotonic
    _reported_at: float = field(default=float("-inf"))

    def begin(self, stage: Stage) -> None:
        self.schedule.begin(stage.name)
        self._reported_at = float("-inf")

    def of(self, stage: Stage) -> OnProgress:
        def on_progress(
            done: float, total: int, dataset: str = "", item: str = "", share: float | None = None
        ) -> None:
            self.schedule.progress(done / max(total, 1) if share is None else share)
            left = self.schedule.left_s()
            self.on_event(
                events.StageProgress(
                    stage.name, stage.title, stage.unit, done, total, dataset, item, left.get(stage.name)
                )
            )
            self.report(left)

        return on_progress

    def report(self, left: Mapping[str, float] | None = None) -> None:
        """Report about when each stage will be done, but not more often than every ``REPORT_S``."""
        if self.now() - self._reported_at < REPORT_S:
            return
        self._reported_at = self.now()
        left = self.schedule.left_s() if left is None else left
        self.on_event(
            events.Stages(dict(left), {name: STAGES[name].title for name in left if name in STAGES})
        )

    def end(self) -> None:
        self.schedule.end()


def run_all(
    chosen: Mapping[str, Stage],
    state: State,
    staging: Path,
    on_event: events.Listener,
    n_jobs: int,
    counts: dict[str, int],
) -> Iterator[tuple[Stage, bool]]:
    """Run each of the chosen stages that has work; yield it when it is done, and whether there is more to do.

    ``counts`` takes how many units each computed.
    """

    def has_work(stage: Stage, reader: Reader) -> Collection[Unit]:
        return stage.stale(state, reader)

    left = list(chosen.values())
    stage = _first(left, has_work, staging)
    if stage is None:
        return
    progress = Progress(Schedule(expected_s(state, staging, n_jobs=n_jobs)), on_event)
    while stage is not None:
        progress.begin(stage)
        progress.report()
        counts[stage.name] = stage.run(Run(state, staging, n_jobs, progress.of(stage)))
        progress.end()
        left = left[left.index(stage) + 1 :]
        following = _first(left, has_work, staging)
        yield stage, following is not None
        stage = following


def _first(
    left: Sequence[Stage], units: Callable[[Stage, Reader], Collection[Unit]], staging: Path
) -> Stage | None:
    """The first stage with such units; what one writes decides which a later one has."""
    if not left:
        return None
    with Reader(staging) as reader:
        return next((stage for stage in left if units(stage, reader)), None)
