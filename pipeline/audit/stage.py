"""The stage of a build that audits each dataset: what is missing or out of date, and nothing else."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
from joblib.externals.loky.process_executor import BrokenProcessPool

from pipeline.audit import fingerprint
from pipeline.audit.fingerprint import make_prints
from pipeline.audit.label_issues import witness
from pipeline.audit.report import LIMIT, Audit, Given, audit_of
from pipeline.experiments.rows import rows_of
from pipeline.experiments.spec import BUILD, CLASSIFIER, UNLEAKED, Due
from pipeline.experiments.stage import as_wanted
from pipeline.experiments.unit import tasks_of
from pipeline.stage import Run, Stage, State, Unit
from store import audits, results
from store.audits import AuditRows
from store.reader import Reader
from store.writer import Writer

VERSION = 2
"""Raise it when what an audit finds or says changes."""

log = logging.getLogger(__name__)


def stale(state: State, reader: Reader) -> list[Unit]:
    """The datasets whose audit is missing or of something else."""
    return [(name,) for name in _stale(reader)]


def _stale(reader: Reader) -> dict[str, str]:
    """Those datasets with the key that each should have."""
    there = reader.audits().set_index("dataset")["key"].to_dict()
    return {name: key for name, key in _keys(reader).items() if there.get(name) != key}


def _keys(reader: Reader) -> dict[str, str]:
    hashes = reader.metadata_hashes()
    return {dataset: _key(of_clips, reader.experiments(dataset)) for dataset, of_clips in hashes.items()}


def _key(of_clips: str, there: pd.DataFrame) -> str:
    best = witness(there)
    told = [
        VERSION,
        fingerprint.VERSION,
        LIMIT,
        of_clips,
        *([] if best is None else [best["experiment_id"], best["key"]]),
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def audit(run: Run) -> int:
    """Audit every stale dataset of the staging database; how many there were.

    Each is committed as soon as it is done: a killed build goes on with the others.
    """
    with Reader(run.staging) as reader:
        stale_keys = _stale(reader)
        small = [name for name in stale_keys if len(reader.clips(name)) <= LIMIT]
    run.on_progress(0, len(stale_keys))
    unread = _printed(run.staging, small, run.n_jobs) if small else {}
    datasets = list(stale_keys)
    tasks = [(dataset, _given(run.staging, dataset, unread)) for dataset in datasets]
    given_of = dict(tasks)
    for done, (dataset, found, seconds) in enumerate(run.each(_audited, tasks), 1):
        _write(run.staging, dataset, stale_keys[dataset], given_of[dataset], found, seconds)
        run.on_progress(done, len(datasets), dataset)
    return len(datasets)


def _audited(dataset: str, given: Given) -> tuple[str, Audit, float]:
    began = time.monotonic()
    found = audit_of(given)
    return dataset, found, time.monotonic() - began


def forget(state: State, staging: Path) -> None:
    """Forget the audits that are out of date: until they are made again they would mislead."""
    with Reader(staging) as reader:
        gone = [name for name in _stale(reader) if name in set(reader.audits()["dataset"])]
    if gone:
        with Writer(staging) as writer, writer.transaction():
            for dataset in gone:
                audits.drop_audits(writer, dataset=dataset)
                _drop_unleaked(writer, dataset)


def _printed(staging: Path, datasets: Sequence[str], n_jobs: int) -> dict[str, str]:
    try:
        return make_prints(staging, datasets, n_jobs)
    except BrokenProcessPool:  # out of memory, say: what was finished is written
        log.warning("A process that computed fingerprints died; recordings without one are not compared")
        return {}


def _given(staging: Path, dataset: str, unread: Mapping[str, str]) -> Given:
    """What the audit needs of a dataset, in memory: the database cannot be read while it is written."""
    with Reader(staging) as reader:
        clips, learned = reader.clips(dataset), reader.experiments(dataset)
        if len(clips) > LIMIT:
            return Given(clips, learned)
        reasons = [unread[one] for one in clips["content_hash"].drop_duplicates() if one in unread]
        given = Given(clips, learned, reader.fingerprints(dataset, fingerprint.VERSION), reasons)
        best = witness(learned)
        if best is None:
            return given
        wanted = replace(as_wanted(best), detailed=False)
        due = Due(wanted, str(best["experiment_id"]), str(best["key"]))
        (task,) = tasks_of(reader, dataset, [due])
        return replace(given, task=task, said=reader.predictions(due.experiment_id))


def _write(staging: Path, dataset: str, key: str, given: Given, found: Audit, seconds: float) -> None:
    best = witness(given.experiments)
    row = {"dataset": dataset, "key": key, "clips": len(given.clips), "seconds": seconds}
    row |= {"experiment_id": None if best is None else best["experiment_id"]}
    rows = AuditRows(audit=row, parts=[part.row for part in found.parts], found=found.found)
    with Writer(staging) as writer, writer.transaction():
        _drop_unleaked(writer, dataset)
        if found.unleaked is not None and best is not None:
            id_ = f"{best['experiment_id']}.{UNLEAKED}"
            learned = rows_of(
                found.unleaked, experiment_id=id_, dataset=dataset, key=key, origin=BUILD, kind=CLASSIFIER,
                subset=UNLEAKED,
            )  # fmt: skip
            results.replace_experiment(writer, learned)
        audits.replace_audit(writer, rows)


def _drop_unleaked(writer: Writer, dataset: str) -> None:
    """An experiment without the clips that leaked is of the audit that found them, and goes with it."""
    results.drop_learned(writer, dataset=dataset, subset=UNLEAKED)


AUDIT = Stage(
    name="audit",
    title="audit",
    unit="collections",
    stale=stale,
    run=audit,
    forget=forget,
    cost_s=lambda clips, views: 1.0 + 0.007 * clips,
)
