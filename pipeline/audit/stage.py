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
from pipeline.audit.fingerprint import make_fingerprints
from pipeline.audit.label_issues import reference_experiment
from pipeline.audit.report import LIMIT, Audit, AuditInput, audit_of
from pipeline.experiments.rows import rows_of
from pipeline.experiments.spec import BUILD, CLASSIFIER, UNLEAKED, ExpectedExperiment
from pipeline.experiments.stage import spec_of
from pipeline.experiments.unit import tasks_of
from pipeline.stage import Run, Stage, State, Unit, Units
from store import audits, results
from store.audits import AuditRows
from store.reader import Reader
from store.writer import Writer

VERSION = 3
"""Raise it when what an audit finds or says changes."""

log = logging.getLogger(__name__)


def _expected(state: State, reader: Reader) -> dict[Unit, tuple[str]]:
    """The key that the audit of each dataset should have."""
    hashes = reader.metadata_hashes()
    return {
        (dataset,): (_key(of_clips, reader.experiments(dataset)),) for dataset, of_clips in hashes.items()
    }


def _stored(reader: Reader) -> dict[Unit, str]:
    return {(row["dataset"],): row["key"] for row in reader.audits().to_dict("records")}


def _drop(writer: Writer, units: Sequence[Unit]) -> None:
    for (dataset,) in units:
        audits.drop_audits(writer, dataset=dataset)
        # Without the clips that leaked: an experiment of the audit that found them goes with it.
        results.drop_learned(writer, dataset=dataset, subset=UNLEAKED)


UNITS = Units(expected=_expected, stored=_stored, drop=_drop)


def _key(of_clips: str, there: pd.DataFrame) -> str:
    best = reference_experiment(there)
    parts = [
        VERSION,
        fingerprint.VERSION,
        LIMIT,
        of_clips,
        *([] if best is None else [best["experiment_id"], best["key"]]),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def audit(run: Run) -> int:
    """Audit every stale dataset of the staging database; how many there were.

    Each is committed as soon as it is done: a killed build goes on with the others.
    """
    with Reader(run.staging) as reader:
        keys = {dataset: key for (dataset,), (key,) in _expected(run.state, reader).items()}
        datasets = [dataset for (dataset,) in UNITS.stale(run.state, reader)]
        small = [name for name in datasets if len(reader.clips(name)) <= LIMIT]
    run.on_progress(0, len(datasets))
    unread = _printed(run.staging, small, run.n_jobs) if small else {}
    inputs_of = {dataset: _input(run.staging, dataset, unread) for dataset in datasets}

    def write(writer: Writer, result: tuple[str, Audit, float]) -> None:
        dataset, found, seconds = result
        _write(writer, dataset, keys[dataset], inputs_of[dataset], found, seconds)

    made = run.write_each(_audited, list(inputs_of.items()), write)
    for done, (dataset, _, _) in enumerate(made, 1):
        run.on_progress(done, len(datasets), dataset)
    return len(datasets)


def _audited(dataset: str, inputs: AuditInput) -> tuple[str, Audit, float]:
    began = time.monotonic()
    found = audit_of(inputs)
    return dataset, found, time.monotonic() - began


def _printed(staging: Path, datasets: Sequence[str], n_jobs: int) -> dict[str, str]:
    try:
        return make_fingerprints(staging, datasets, n_jobs)
    except BrokenProcessPool:  # out of memory, say: what was finished is written
        log.warning("A process that computed fingerprints died; recordings without one are not compared")
        return {}


def _input(staging: Path, dataset: str, unread: Mapping[str, str]) -> AuditInput:
    """What the audit needs of a dataset, in memory: the database cannot be read while it is written."""
    with Reader(staging) as reader:
        clips, learned = reader.clips(dataset), reader.experiments(dataset)
        if len(clips) > LIMIT:
            return AuditInput(clips, learned)
        reasons = [unread[one] for one in clips["content_hash"].drop_duplicates() if one in unread]
        inputs = AuditInput(clips, learned, reader.fingerprints(dataset, fingerprint.VERSION), reasons)
        best = reference_experiment(learned)
        if best is None:
            return inputs
        spec = replace(spec_of(best), detailed=False)
        expected = ExpectedExperiment(spec, str(best["experiment_id"]), str(best["key"]))
        (task,) = tasks_of(reader, dataset, [expected])
        return replace(inputs, task=task, predictions=reader.predictions(expected.experiment_id))


def _write(writer: Writer, dataset: str, key: str, inputs: AuditInput, found: Audit, seconds: float) -> None:
    best = reference_experiment(inputs.experiments)
    row = {"dataset": dataset, "key": key, "clips": len(inputs.clips), "seconds": seconds}
    row |= {"experiment_id": None if best is None else best["experiment_id"]}
    rows = AuditRows(audit=row, parts=[part.row for part in found.parts], found=found.found)
    results.drop_learned(writer, dataset=dataset, subset=UNLEAKED)
    if found.unleaked is not None and best is not None:
        id_ = f"{best['experiment_id']}.{UNLEAKED}"
        learned = rows_of(
            found.unleaked, experiment_id=id_, dataset=dataset, key=key, origin=BUILD, kind=CLASSIFIER,
            subset=UNLEAKED,
        )  # fmt: skip
        results.replace_experiment(writer, learned)
    audits.replace_audit(writer, rows)


AUDIT = Stage(
    name="audit",
    title="audit",
    unit="collections",
    stale=UNITS.stale,
    run=audit,
    outdated=UNITS.outdated,
    forget=UNITS.forget,
    cost_s=lambda clips, views: 1.0 + 0.007 * clips,
)
