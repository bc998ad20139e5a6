"""One experiment in a worker: from vectors to rows, or to the reason why there are none."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.classify import recording_facts
from pipeline.classify.importance import importance
from pipeline.classify.learning_curve import learning_curve
from pipeline.classify.metrics import MetricRow
from pipeline.classify.run import Experiment, Views, run
from pipeline.experiments import rows
from pipeline.experiments.spec import FACTS, ExpectedExperiment, ExperimentSpec
from pipeline.runtime.events import ProgressCallback
from store.errors import SesatlasError, StoreError
from store.reader import Matrix, Reader
from store.results import ExperimentRows

FIRST = 0.5
"""The share of the work that the experiment itself takes, beside its curve and its columns' importance."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is given; ``clips`` and every matrix have a row for each clip, in one order."""

    spec: ExperimentSpec
    experiment_id: str
    key: str
    clips: pd.DataFrame
    values: Views
    columns: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Gap:
    """Why an experiment could not be made."""

    task_id: str
    row: Mapping[str, Any]


def compute(task: Task) -> ExperimentRows | Gap:
    """As :func:`make`; what cannot be learned becomes a gap, and all else goes on."""
    try:
        return make(task)
    except SesatlasError as error:
        return gap(task, str(error))


def make(task: Task, on_progress: ProgressCallback = lambda share: None) -> ExperimentRows:
    """
    Raises
    ------
    SesatlasError
        The target cannot be learned, or all vectors are the same.
    """
    sklearn = importlib.import_module("sklearn")
    importlib.import_module("sklearn.linear_model")  # a limit of threads binds only what is loaded
    # Of a few hundred clips, checking arrays and parameters takes longer than learning from them.
    with sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
        return _made(task, on_progress)


def _made(task: Task, on_progress: ProgressCallback) -> ExperimentRows:
    spec = task.spec
    _require_columns(task)
    found = run(
        task.values, task.clips, spec.target, spec.method,
        combination=spec.combination, seed=spec.seed,
        on_progress=lambda share: on_progress(share * FIRST if spec.detailed else share),
    )  # fmt: skip
    return rows.rows_of(
        found, experiment_id=task.experiment_id, dataset=spec.dataset, key=task.key,
        origin=spec.origin, kind=spec.kind,
        metrics=_details(task, found, lambda share: on_progress(FIRST + share * (1 - FIRST))) if spec.detailed else (),
    )  # fmt: skip


def _details(task: Task, found: Experiment, on_progress: ProgressCallback) -> list[MetricRow]:
    spec = task.spec
    points = learning_curve(
        task.values, task.clips, spec.target, spec.method, combination=spec.combination,
        seed=spec.seed, by=found.protocol, whole=found, on_progress=lambda share: on_progress(share * FIRST),
    )  # fmt: skip
    matters = importance(
        found, task.values, task.columns, on_progress=lambda share: on_progress(FIRST + share * FIRST)
    )
    return [*rows.by_share(points), *rows.by_column(*matters)]


def _require_columns(task: Task) -> None:
    empty = [view for view, values in task.values.items() if not values.shape[1]]
    if empty:
        raise StoreError(
            f"The view '{empty[0]}' has no column to learn from. Build again, or choose another view."
        )


def gap(task: Task | ExpectedExperiment, reason: str) -> Gap:
    """Why an experiment is not there. What a build leaves out needs no task, and so no vectors."""
    spec = task.spec
    row = {
        "experiment_id": task.experiment_id, "dataset": spec.dataset, "target": spec.target,
        "key": task.gap_key if isinstance(task, ExpectedExperiment) else task.key, "what": spec.what, "reason": reason,
    }  # fmt: skip
    return Gap(task.experiment_id, row)


def tasks_of(reader: Reader, dataset: str, expected: Sequence[ExpectedExperiment]) -> list[Task]:
    """Each experiment with the clips and the vectors it learns from, row by row of one order."""
    names = dict.fromkeys(view for one in expected for view in one.spec.views)
    there = set(reader.views()["view"])
    matrices = {name: reader.matrix(dataset, name) for name in names if name in there}
    clips = reader.clips(dataset).sort_values("clip_id", ignore_index=True)
    tasks = []
    for one in expected:
        mine = {view: matrices[view] for view in one.spec.views if view in matrices}
        rows, aligned = _aligned(clips, mine)
        values, columns = values_of(one.spec, rows, aligned)
        tasks.append(Task(one.spec, one.experiment_id, one.key, rows, values, columns))
    return tasks


def _aligned(clips: pd.DataFrame, matrices: Mapping[str, Matrix]) -> tuple[pd.DataFrame, dict[str, Matrix]]:
    """The clips that have a vector in every view, and those vectors in the clips' order."""
    ids = pd.Index(clips["clip_id"])
    if all(ids.equals(pd.Index(one.clip_ids)) for one in matrices.values()):
        return clips, dict(matrices)
    for one in matrices.values():
        ids = ids[ids.isin(pd.Index(one.clip_ids))]
    rows = clips[clips["clip_id"].isin(ids)].reset_index(drop=True)
    places = {view: pd.Index(one.clip_ids).get_indexer(ids) for view, one in matrices.items()}
    return rows, {
        view: Matrix(one.clip_ids[places[view]], one.values[places[view]], one.columns)
        for view, one in matrices.items()
    }


def values_of(
    spec: ExperimentSpec, clips: pd.DataFrame, matrices: Mapping[str, Any]
) -> tuple[Views, dict[str, tuple[str, ...]]]:
    """The matrices that an experiment learns from and the names of their columns, the facts' made of the clips."""
    if spec.kind == FACTS:
        made, names = recording_facts.matrix(clips)
        return {FACTS: made}, {FACTS: names}
    return {view: matrices[view].values for view in spec.views}, {
        view: matrices[view].columns for view in spec.views
    }
