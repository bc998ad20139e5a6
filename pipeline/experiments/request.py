"""One experiment that a person asks for: made at once, and published in the store's next snapshot."""

from __future__ import annotations

import time

from pipeline.classify import CLASSIFIERS
from pipeline.classify.classifier import COMBINATIONS, ClassifyError
from pipeline.classify.run import classifier_named
from pipeline.experiments.spec import ExpectedExperiment, ExperimentSpec, key_of
from pipeline.experiments.stage import NAME, TITLE, UNIT
from pipeline.experiments.unit import make, tasks_of
from pipeline.features import VIEWS
from pipeline.runtime import events, stop
from pipeline.session import amended, collections, require_rest, session
from store import results
from store.errors import listed
from store.reader import Reader
from store.results import ExperimentRows
from store.snapshots import Snapshot, Store

REPORT_EVERY_S = 0.2


def learn(store: Store, spec: ExperimentSpec, on_event: events.Listener) -> events.Finished:
    """
    Make an experiment of the current snapshot; a build makes it again whenever the clips change.

    Raises
    ------
    SesatlasError
        An unknown name, a target that cannot be learned, a build at work or lying unfinished. Nothing is lost.
    """
    began = time.monotonic()
    with session(store, on_event, "learned") as (run_id, log):
        current = require_rest(store, "an experiment")
        log(events.Started(run_id, [spec.dataset], False))
        rows = _compute(current, spec, log)
        with amended(store, current, run_id) as amendment, amendment.writer.transaction():
            results.replace_experiment(amendment.writer, rows)
        return _finished(run_id, amendment.published, time.monotonic() - began, log)


def _compute(current: Snapshot, spec: ExperimentSpec, on_event: events.Listener) -> ExperimentRows:
    reported_at = 0.0

    def within(share: float) -> None:
        nonlocal reported_at
        stop.check()
        if time.monotonic() - reported_at > REPORT_EVERY_S:
            reported_at = time.monotonic()
            on_event(_progress(min(share, 1.0), spec))

    on_event(_progress(0.0, spec))
    with Reader(current.path) as reader:
        task = tasks_of(reader, spec.dataset, [_expected(reader, spec)])[0]
    return make(task, within)


def _progress(share: float, spec: ExperimentSpec) -> events.StageProgress:
    return events.StageProgress(NAME, TITLE, UNIT, share, 1, spec.dataset, spec.what)


def _expected(reader: Reader, spec: ExperimentSpec) -> ExpectedExperiment:
    """The experiment with its name and key, once everything it names is known to be there."""
    clips = reader.clips(spec.dataset)  # says which datasets there are, if this is none
    classifier_named(spec.method)
    if spec.combination not in COMBINATIONS:
        raise ClassifyError(f"There is no combination '{spec.combination}'; {listed(list(COMBINATIONS))}.")
    if not len(clips):
        raise ClassifyError(_why_no_clips(reader, spec.dataset))
    for view in spec.views:
        reader.view(view)
    hashes = reader.metadata_hashes()
    keys = {row["view"]: row["key"] for row in reader.rows("views")}
    usual = [name for name, view in VIEWS.items() if not view.learned]
    key = key_of(spec, CLASSIFIERS[spec.method].version, keys, hashes[spec.dataset])
    return ExpectedExperiment(spec, spec.id(usual), key)


def _why_no_clips(reader: Reader, dataset: str) -> str:
    (failed,) = [row["failures"] for row in reader.rows("datasets") if row["dataset"] == dataset]
    if not failed:
        return (
            f"The collection '{dataset}' has no clips yet, so there is nothing to learn from. Build it first."
        )
    which = "The only file" if failed == 1 else f"All {failed:,} files"
    return (
        f"{which} of the collection '{dataset}' failed, so there is nothing to learn from. Mend what "
        "`python -m pipeline status --failures` lists, then build again."
    )


def _finished(run_id: str, snapshot: Snapshot, seconds: float, on_event: events.Listener) -> events.Finished:
    event = events.Finished(
        status="published", build_id=run_id, snapshot=snapshot.number, added=0, updated=0, removed=0, failed=0,
        vectors_computed=0, vectors_reused=0, stages={NAME: 1}, seconds=seconds,
        collections=collections(snapshot),
    )  # fmt: skip
    on_event(event)
    return event
