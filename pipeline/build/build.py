"""A build in order: prepare, scan, plan, measure clips; then stage by stage, publishing what each has made."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from pipeline.build import stages
from pipeline.build.plan import Plan, make_plan, planned
from pipeline.build.staging import Counts, Staging, sign
from pipeline.build.store_state import StoreState, state_before, steps
from pipeline.clips import Row
from pipeline.extraction import extract, log_warnings
from pipeline.features import VIEWS
from pipeline.features.view import View
from pipeline.networks import stage as networks
from pipeline.runtime import events, stop
from pipeline.session import collections, session
from pipeline.sources import Source, choose, dataset_row, scan_all
from pipeline.stage import Stage, State
from store import publishing
from store.database import DamagedError
from store.publishing import PUBLISHED, RUNNING
from store.reader import Reader
from store.snapshots import KEEP, Snapshot, Store
from store.writer import Writer

PROGRESS_S = 0.2
FIRST_LOOK_S = 15.0
"""A new collection is first published after it has been measured for this long, then each time after twice as
long, so that people can see and play the first clips while the others are measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to build."""

    n_jobs: int = -1
    retry: bool = False
    """Open files again that failed before, though they have not changed."""
    keep: int = KEEP
    forget: Sequence[str] = ()
    views: Mapping[str, View] = field(default_factory=lambda: VIEWS)
    analyses: bool = True
    """Project, cluster, learn and audit as well. Without, what is out of date is dropped, and a later build
    computes it."""
    thorough: bool = False
    """Measure every candidate clustering and run every classifier, however long it takes."""


def build(
    store: Store, named: Mapping[str, Source], on_event: events.Listener, options: Options | None = None
) -> events.Finished:
    """Refresh the store from the sources named and from those it remembers.

    Every finished batch is committed to the staging database. A snapshot is published when the clips are
    measured and after each stage; the last takes the place of those before it. A build that is killed leaves
    the snapshot that was published last, and the next one goes on from the finished batches.

    Raises
    ------
    SesatlasError
        A wrong path, nothing to build, a full disk, another build at work. Nothing is lost.
    """
    with session(store, on_event) as (build_id, log):
        return _Build(store, build_id, log, options or Options()).run(named)


@dataclass(slots=True)
class _Build:
    store: Store
    build_id: str
    on_event: events.Listener
    options: Options
    started: float = field(default_factory=time.monotonic)
    started_at: datetime = field(default_factory=partial(datetime.now, UTC))
    views: Mapping[str, View] = field(default_factory=dict)
    """Those that are computed of a clip, and those that networks made."""
    base: Snapshot | None = None
    """The snapshot that the build began from, or that a killed one did which it goes on with."""
    counts: Counts = field(default_factory=Counts)

    def run(self, named: Mapping[str, Source]) -> events.Finished:
        publishing.recover(self.store)
        current = self.store.current()
        possible = {**self.options.views, **networks.views(self.store.root)}
        before, self.base = state_before(self.store, current, possible, thorough=self.options.thorough)
        resumed = self.store.staging.exists()
        sources = choose(before.datasets, named, self.options.forget)
        self.on_event(events.Started(self.build_id, list(sources), resumed))
        scans = scan_all(sources, self.on_event)
        self.views = networks.fitting(possible, sources, scans)
        plan = make_plan(scans, before, list(self.options.views), retry=self.options.retry)
        datasets = [dataset_row(source, scans[name]) for name, source in sources.items()]
        self.on_event(planned(plan))
        work = plan.jobs or plan.rows or plan.removed or plan.failures != before.failures
        described = before.is_described_by(datasets, self.views)
        complete = before.analysed or not self.options.analyses
        if current and not (work or resumed) and described and complete:
            self.counts = Counts(failed=len(plan.failures))
            return self._finished("unchanged", current)
        if not resumed:
            publishing.begin(self.store)
        try:
            self._measure(plan, before, datasets)
            self._results(clips_changed=bool(work or current is None))
            return self._finished("published", self._publish())
        except DamagedError:
            publishing.discard(self.store)
            raise

    @property
    def _state(self) -> State:
        base = self.base.path if self.base else None
        return State(self.store.root, self.views, base, self.options.thorough)

    def _measure(self, plan: Plan, before: StoreState, datasets: Sequence[Row]) -> None:
        """Bring clips and vectors in the staging database up to date."""
        growing = Counter(plan.clips[job.clip_id].dataset for job in plan.jobs)
        new = not growing.keys() & {row["dataset"] for row in before.datasets}
        with Staging(self.store.staging, plan, self.build_id, self.base) as work:
            work.begin(datasets, self.views, self.started_at)
            later: Mapping[str, float] = {}
            if plan.jobs and self.options.analyses:
                with work.at_rest():
                    later = stages.expected_s(self._state, self.store.staging, growing, self.options.n_jobs)
            look_s = FIRST_LOOK_S if new else math.inf
            done, failed, noisy, reported_at, began = 0, 0, 0, 0.0, time.monotonic()
            with closing(extract(plan.jobs, n_jobs=self.options.n_jobs)) as batches:
                for outcomes in batches:
                    stop.check()  # before what was at work at that moment is taken for a faulty file
                    noisy = log_warnings(outcomes, noisy)
                    failed += work.take(outcomes)
                    done += len(outcomes)
                    now = time.monotonic()
                    if now - reported_at > PROGRESS_S or done == len(plan.jobs):
                        reported_at, rate = now, done / max(now - began, 1e-3)
                        left_s = (len(plan.jobs) - done) / rate
                        self.on_event(events.Progress(done, len(plan.jobs), failed, rate, left_s))
                        self.on_event(stages.after(left_s, later))
                    if now - began > look_s and done < len(plan.jobs):
                        self.counts = work.counts()
                        with work.at_rest():
                            self._publish_step("clips")
                        look_s = 2 * (now - began)
            self.counts = work.counts()

    def _results(self, *, clips_changed: bool) -> None:
        """Bring everything up to date that is computed from clips and vectors, or drop it; publish as it comes."""
        state, path = self._state, self.store.staging
        counts: dict[str, int] = {}
        if not self.options.analyses:
            self._run(stages.VECTORS, counts)
            stages.forget(state, path)
        else:
            stages.forget(state, path)
            with Reader(path) as reader:
                more = not stages.complete(state, reader)
            if more and clips_changed:
                self._publish_step("clips")
            self._run(stages.STAGES, counts)
        computed = sum(counts.pop(name, 0) for name in stages.VECTORS)
        self.counts = replace(
            self.counts, vectors_computed=self.counts.vectors_computed + computed, stages=counts
        )

    def _run(self, chosen: Mapping[str, Stage], counts: dict[str, int]) -> None:
        """Run those stages; what each has made is published as it ends, what the last has at the build's end."""
        staged = self.store.staging
        for stage, more in stages.run_all(
            chosen, self._state, staged, self.on_event, self.options.n_jobs, counts
        ):
            if more:
                self._publish_step(stage.name)

    def _publish_step(self, stage: str) -> None:
        """Publish what there is so far. The history has it as one build, at work."""
        number = self.store.next_number()
        with Writer(self.store.staging) as writer:
            earlier = _earlier(writer, number)
            sign(writer, self.build_id, number, self.counts, RUNNING, [*earlier, number])
        snapshot = publishing.publish(self.store, number, go_on=True)
        self._drop(earlier[:-1])  # a page may just be opening the last one
        self.on_event(events.Published(snapshot.number, stage))

    def _publish(self) -> Snapshot:
        """Publish the end of the build: of the snapshots on the way to it none stays."""
        number = self.store.next_number()
        with Writer(self.store.staging) as writer:
            earlier = _earlier(writer, number)
            sign(writer, self.build_id, number, self.counts, PUBLISHED, [])
        snapshot = publishing.publish(self.store, number)
        self._drop(earlier)
        self.store.prune(self.options.keep)
        return snapshot

    def _drop(self, numbers: Sequence[int]) -> None:
        there = {snapshot.number for snapshot in self.store.snapshots()}
        for number in numbers:
            if number in there:
                self.store.delete(number)

    def _finished(self, status: str, snapshot: Snapshot) -> events.Finished:
        counts = {name: value for name, value in asdict(self.counts).items() if name != "clips"}
        event = events.Finished(
            status=status,
            build_id=self.build_id,
            snapshot=snapshot.number,
            seconds=time.monotonic() - self.started,
            collections=collections(snapshot),
            **counts,
        )
        self.on_event(event)
        return event


def _earlier(writer: Writer, number: int) -> list[int]:
    """The snapshots published on the way so far; a step that was cut off has left its number free."""
    return [step for step in steps(writer.meta()) if step != number]
