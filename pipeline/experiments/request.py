"""One experiment that a person asks for: made at once, and published in the store's next snapshot."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

from pipeline.classify import CLASSIFIERS
from pipeline.classify.classifier import ClassifyError
from pipeline.classify.run import COMBINATIONS, classifier_named
from pipeline.experiments.spec import Due, Wanted, key_of
from pipeline.experiments.stage import EXPERIMENTS
from pipeline.experiments.unit import make, tasks_of
from pipeline.features import VIEWS
from pipeline.runtime import events, stop
from pipeline.session import amended, collections, require_rest
from store import results
from store.errors import listed, os_errors_as_store_errors
from store.reader import Reader
from store.results import ExperimentRows
from store.snapshots import Snapshot, Store

TELL_S = 0.2


def learn(store: Store, wanted: Wanted, tell: events.Listener) -> events.Finished:
    """
    Make an experiment of the current snapshot; a build makes it again whenever the clips change.

    Raises
    ------
    SesatlasError
        An unknown name, a target that cannot be learned, a build at work or lying unfinished. Nothing is lost.
    """
    now, began = datetime.now(UTC), time.monotonic()
    run_id = f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}Z-{os.getpid()}-learn"
    with (
        os_errors_as_store_errors(store.root),
        store.lock(),
        events.logged(store.builds, run_id, tell) as tell_and_log,
        events.end_told(tell_and_log),
        os_errors_as_store_errors(store.root),
    ):
        current = require_rest(store, "an experiment")
        tell_and_log(events.Started(run_id, [wanted.dataset], False))
        rows = _made(current, wanted, tell_and_log)
        with amended(store, current, "learned") as amendment, amendment.writer.transaction():
            results.replace_experiment(amendment.writer, rows)
        return _finished(run_id, amendment.published, time.monotonic() - began, tell_and_log)


def _made(current: Snapshot, wanted: Wanted, tell: events.Listener) -> ExperimentRows:
    told_at = 0.0

    def within(share: float) -> None:
        nonlocal told_at
        stop.check()
        if time.monotonic() - told_at > TELL_S:
            told_at = time.monotonic()
            tell(_progress(min(share, 1.0), wanted))

    tell(_progress(0.0, wanted))
    with Reader(current.path) as reader:
        task = tasks_of(reader, wanted.dataset, [_due(reader, wanted)])[0]
    return make(task, within)


def _progress(share: float, wanted: Wanted) -> events.StageProgress:
    stage = EXPERIMENTS
    return events.StageProgress(stage.name, stage.title, stage.unit, share, 1, wanted.dataset, wanted.what)


def _due(reader: Reader, wanted: Wanted) -> Due:
    """The experiment with its name and key, once everything it names is known to be there."""
    clips = reader.clips(wanted.dataset)  # says which datasets there are, if this is none
    classifier_named(wanted.method)
    if wanted.combination not in COMBINATIONS:
        raise ClassifyError(f"There is no combination '{wanted.combination}'; {listed(list(COMBINATIONS))}.")
    for view in wanted.views:
        reader.view(view)
    if not len(clips):
        raise ClassifyError(f"The collection '{wanted.dataset}' has no clips. Build it first.")
    hashes = reader.metadata_hashes()
    keys = {row["view"]: row["key"] for row in reader.rows("views")}
    usual = [name for name, view in VIEWS.items() if not view.learned]
    key = key_of(wanted, CLASSIFIERS[wanted.method].version, keys, hashes[wanted.dataset])
    return Due(wanted, wanted.id(usual), key)


def _finished(run_id: str, snapshot: Snapshot, seconds: float, tell: events.Listener) -> events.Finished:
    event = events.Finished(
        status="published", build_id=run_id, snapshot=snapshot.number, added=0, updated=0, removed=0, failed=0,
        vectors_computed=0, vectors_reused=0, stages={EXPERIMENTS.name: 1}, seconds=seconds,
        collections=collections(snapshot),
    )  # fmt: skip
    tell(event)
    return event
