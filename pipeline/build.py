"""The stages of a build in order: prepare, scan, plan, stage, extract, listen, analyse, learn, audit, publish."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime

from pipeline import embedded, events, results, stop, summary
from pipeline.errors import in_words
from pipeline.extract import Job, extract
from pipeline.features import VIEWS
from pipeline.features.view import View
from pipeline.known import known_of
from pipeline.plan import Plan, make_plan
from pipeline.rows import Row
from pipeline.scan import choose, dataset_row, scan_all
from pipeline.sources import Source
from pipeline.staging import Counts, Staging, sign
from store import staging
from store.duck import DamagedError
from store.snapshots import KEEP, Snapshot, Store
from store.writer import Writer

TELL_S = 0.2


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
    """Measure every candidate clustering and every classifier, however long it takes."""


def build(
    store: Store, given: Mapping[str, Source], tell: events.Listener, options: Options | None = None
) -> events.Finished:
    """Refresh the store from the given sources and from those it remembers.

    Every finished batch is committed to the staging database; the snapshot is published at the
    end. A build that is killed leaves the current snapshot as it was, and the next one goes on.

    Raises
    ------
    SesatlasError
        A wrong path, nothing to build, a full disk, another build at work. Nothing is lost.
    """
    now = datetime.now(UTC)
    build_id = f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}Z-{os.getpid()}"
    with (
        in_words(store.root),
        store.lock(),
        events.logged(store.builds, build_id, tell) as tell_and_log,
        events.end_told(tell_and_log),
        in_words(store.root),
    ):
        return _Build(store, build_id, tell_and_log, options or Options()).run(given)


@dataclass(slots=True)
class _Build:
    store: Store
    build_id: str
    tell: events.Listener
    options: Options
    started: float = field(default_factory=time.monotonic)
    started_at: datetime = field(default_factory=datetime.now)
    views: Mapping[str, View] = field(default_factory=dict)
    """Those that are computed of a clip, and those that networks made."""

    def run(self, given: Mapping[str, Source]) -> events.Finished:
        staging.recover(self.store)
        current = self.store.current()
        possible = {**self.options.views, **embedded.views(self.store.root)}
        known, resumed = known_of(self.store, current, possible)
        sources = choose(known.datasets, given, self.options.forget)
        self.tell(events.Started(self.build_id, list(sources), resumed))
        scans = scan_all(sources, self.tell)
        self.views = embedded.fitting(possible, sources, scans)
        plan = make_plan(scans, known, list(self.options.views), retry=self.options.retry)
        datasets = [dataset_row(source, scans[name]) for name, source in sources.items()]
        self.tell(summary.planned(plan))
        work = plan.jobs or plan.rows or plan.removed or plan.failures != known.failures
        described = known.is_described_by(datasets, self.views)
        complete = known.analysed or not self.options.analyses
        if current and not (work or resumed) and described and complete:
            return self._finished("unchanged", current, Counts(failed=len(plan.failures)))
        if not resumed:
            staging.begin(self.store)
        number = self.store.next_number()
        counts = self._write(plan, datasets, current, number)
        snapshot = staging.publish(self.store, number)
        self.store.prune(self.options.keep)
        return self._finished("published", snapshot, counts)

    def _write(self, plan: Plan, datasets: Sequence[Row], current: Snapshot | None, number: int) -> Counts:
        try:
            with Writer(self.store.staging) as writer:
                work = Staging(writer, plan, self.build_id, current)
                work.begin(datasets, self.views, self.started_at)
                self._extract(work, plan.jobs)
                counts = work.finish()
            heard, done = results.renew(self._renewal(current))
            counts = replace(counts, vectors_computed=counts.vectors_computed + heard, **done)
            with Writer(self.store.staging) as writer:
                sign(writer, self.build_id, number, counts)
            return counts
        except DamagedError:
            staging.discard(self.store)
            raise

    def _renewal(self, current: Snapshot | None) -> results.Renewal:
        base = current.path if current else None
        given = self.options
        return results.Renewal(
            self.store.root, self.store.staging, base, self.views, self.tell, given.n_jobs, given.analyses
        )

    def _extract(self, work: Staging, jobs: Sequence[Job]) -> None:
        done, failed, told_at, began = 0, 0, 0.0, time.monotonic()
        with closing(extract(jobs, n_jobs=self.options.n_jobs)) as batches:
            for outcomes in batches:
                stop.check()  # before what was at work at that moment is taken for a faulty file
                failed += work.take(outcomes)
                done += len(outcomes)
                now = time.monotonic()
                if now - told_at > TELL_S or done == len(jobs):
                    told_at, rate = now, done / max(now - began, 1e-3)
                    self.tell(events.Progress(done, len(jobs), failed, rate, (len(jobs) - done) / rate))

    def _finished(self, status: str, snapshot: Snapshot, counts: Counts) -> events.Finished:
        event = events.Finished(
            status=status,
            build_id=self.build_id,
            snapshot=snapshot.number,
            seconds=time.monotonic() - self.started,
            collections=summary.collections(snapshot),
            **{name: value for name, value in asdict(counts).items() if name != "clips"},
        )
        self.tell(event)
        return event
