"""The stages of a build in order: prepare, scan, plan, stage, extract, publish."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline import events
from pipeline.errors import PipelineError
from pipeline.extract import Job, extract
from pipeline.features import VIEWS
from pipeline.features.view import View
from pipeline.plan import Known, Plan, make_plan
from pipeline.sources import Source, dataset_row, remembered, scan_all
from pipeline.staging import Counts, Staging
from store.errors import SesatlasError, StoreError
from store.reader import Reader
from store.snapshots import KEEP, Snapshot, Store
from store.writer import Writer

TELL_S = 0.2
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to build."""

    n_jobs: int = -1
    retry: bool = False
    """Open files again that failed before, though they have not changed."""
    keep: int = KEEP
    forget: Sequence[str] = ()
    views: Mapping[str, View] = field(default_factory=lambda: VIEWS)


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
    build_id = f"{datetime.now():%Y%m%dT%H%M%S}-{os.getpid()}"
    with store.lock(), events.logged(store.builds, build_id, tell) as tell_and_log:
        try:
            return _Build(store, build_id, tell_and_log, options or Options()).run(given)
        except OSError as error:
            reason = f"{error.strerror or error}: {error.filename or store.root}."
            tell_and_log(events.Stopped(reason))
            raise StoreError(f"The build stopped: {reason} Finished batches are kept.") from error
        except SesatlasError as error:
            tell_and_log(events.Stopped(str(error)))
            raise
        except KeyboardInterrupt:
            tell_and_log(events.Stopped("Stopped on request; the next build goes on from here."))
            raise
        except BaseException as error:
            tell_and_log(events.Stopped(f"{type(error).__name__}: {error}"))
            raise


@dataclass(slots=True)
class _Build:
    store: Store
    build_id: str
    tell: events.Listener
    options: Options
    started: float = field(default_factory=time.monotonic)

    def run(self, given: Mapping[str, Source]) -> events.Finished:
        resumed = self._can_resume()
        current = self.store.current()
        known = read_known(self.store.staging if resumed else current and current.path, self.options.views)
        sources = self._sources(known, given)
        self.tell(events.Started(self.build_id, list(sources), resumed))
        scans = scan_all(sources, self.tell)
        plan = make_plan(scans, known, list(self.options.views), retry=self.options.retry)
        datasets = [dataset_row(source, scans[name]) for name, source in sources.items()]
        self.tell(_planned(plan))
        if current and not resumed and _nothing_to_do(plan, known, datasets, self.options.views):
            return self._finished("unchanged", current, Counts(failed=len(plan.failures)))
        if not resumed:
            self.store.begin_staging()
        number = self.store.next_number()
        with Writer(self.store.staging) as writer:
            staging = Staging(writer, plan, known, self.build_id)
            staging.begin(current.number if current else 0, datasets, self.options.views, _now())
            self._extract(staging, plan.jobs)
            staging.finish(number, _now())
        snapshot = self.store.publish(number)
        self.store.prune(self.options.keep)
        return self._finished("published", snapshot, staging.counts)

    def _can_resume(self) -> bool:
        """A killed build's work goes on, unless another snapshot has become current since."""
        if not self.store.staging.exists():
            return False
        current = self.store.current()
        try:
            with Reader(self.store.staging) as reader:
                return reader.meta().get("base") == str(current.number if current else 0)
        except StoreError as error:
            log.warning("The unfinished build cannot be read and is started anew: %s", error)
            return False

    def _sources(self, known: Known, given: Mapping[str, Source]) -> dict[str, Source]:
        sources = remembered(known.datasets) | given
        for name in self.options.forget:
            if name not in sources:
                held = ", ".join(sources) or "nothing"
                raise PipelineError(f"'{name}' cannot be forgotten; the store holds: {held}.")
            del sources[name]
        if not sources and not known.datasets:
            raise PipelineError(
                "There is nothing to build yet. Name a collection, for example "
                "`python -m pipeline build --dataset esc50=PATH` or `--dataset demo`."
            )
        return sources

    def _extract(self, staging: Staging, jobs: Sequence[Job]) -> None:
        done, failed, told_at, began = 0, 0, 0.0, time.monotonic()
        with closing(extract(jobs, n_jobs=self.options.n_jobs)) as batches:
            for outcomes in batches:
                staging.take(outcomes)
                done += len(outcomes)
                failed += sum(outcome.facts is None for outcome in outcomes)
                now = time.monotonic()
                if now - told_at > TELL_S or done == len(jobs):
                    told_at, rate = now, done / max(now - began, 1e-3)
                    self.tell(events.Progress(done, len(jobs), failed, rate, (len(jobs) - done) / rate))
        staging.commit()
        staging.counts.failed = len(staging.plan.failures) + failed

    def _finished(self, status: str, snapshot: Snapshot, counts: Counts) -> events.Finished:
        with Reader(snapshot.path) as reader:
            collections = [_collection(row) for row in reader.datasets().to_dict("records")]
        event = events.Finished(
            status=status,
            build_id=self.build_id,
            snapshot=snapshot.number,
            seconds=time.monotonic() - self.started,
            collections=collections,
            **asdict(counts),
        )
        self.tell(event)
        return event


def read_known(path: Path | None, views: Mapping[str, View]) -> Known:
    """What the database at ``path`` holds; nothing for None."""
    if path is None:
        return Known({}, {}, {}, [], {})
    with Reader(path) as reader:
        keys = {row["view"]: row["key"] for row in reader.rows("views")}
        valid = [name for name, view in views.items() if keys.get(name) == view.key]
        return Known(
            clips={row["clip_id"]: row for row in reader.rows("all_clips")},
            failures={(row["dataset"], row["relative_path"]): row for row in reader.rows("all_failures")},
            vectors={name: reader.vector_ids(name) for name in valid},
            datasets=reader.rows("all_datasets"),
            view_keys=keys,
        )


def _nothing_to_do(
    plan: Plan, known: Known, datasets: Sequence[Mapping[str, Any]], views: Mapping[str, View]
) -> bool:
    return (
        not (plan.jobs or plan.rows or plan.removed)
        and plan.failures == known.failures
        and {row["dataset"]: row for row in datasets} == {row["dataset"]: row for row in known.datasets}
        and {name: view.key for name, view in views.items()} == known.view_keys
    )


def _planned(plan: Plan) -> events.Planned:
    return events.Planned(
        to_extract=len(plan.jobs),
        unchanged=plan.unchanged,
        updated=len(plan.rows) - len(plan.reused),
        reused=len(plan.reused),
        removed=len(plan.removed),
    )


def _collection(row: Mapping[str, Any]) -> events.Collection:
    return events.Collection(
        dataset=row["dataset"],
        clips=int(row["clips"]),
        hours=float(row["hours"]),
        classes=int(row["classes"]),
        speakers=int(row["speakers"]),
        failed=int(row["failures"]),
    )


def _now() -> datetime:
    return datetime.now().replace(microsecond=0)
