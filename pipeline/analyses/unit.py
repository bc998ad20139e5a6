"""One unit in a worker: the projections of one view over one dataset."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from pipeline.analyses.recipe import ProjectionSpec
from pipeline.clusterings.cluster import Clustering
from pipeline.errors import FAILURES, failure_sentence
from pipeline.inputs import FeatureMatrix, standardised_input
from pipeline.projections import METHODS
from pipeline.projections.neighbourhood import Neighbourhood
from pipeline.projections.project import project
from pipeline.projections.projection import Projection
from pipeline.runtime import stop
from store.reader import Matrix


@dataclass(frozen=True, slots=True)
class UnitName:
    """Which stage made what of which view of which dataset, and by which key it is known."""

    stage: str
    dataset: str
    view: str
    key: str


@dataclass(frozen=True, slots=True)
class Task:
    """The projections that a worker is to make of one view."""

    name: UnitName
    matrices: Mapping[str, Matrix]
    """The view's own, or each view's where the view is :data:`pipeline.inputs.ALL`."""
    specs: Sequence[ProjectionSpec]


@dataclass(slots=True)
class Result:
    """One unit as it was computed."""

    name: UnitName
    clip_ids: NDArray[np.object_]
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    projections: list[tuple[ProjectionSpec, Projection]] = field(default_factory=list)
    clusterings: list[tuple[str, Clustering]] = field(default_factory=list)
    """Each with its origin, 'build' or 'kept'."""
    gaps: list[tuple[str, str]] = field(default_factory=list)
    """What is missing, and why, in a sentence."""
    seconds: float = 0.0


def compute(task: Task) -> Result:
    """Every projection of a task; what cannot be computed becomes a gap with its reason."""
    began = time.monotonic()
    result = Result(task.name, next(iter(task.matrices.values())).clip_ids)
    _load([spec.method for spec in task.specs])
    with threadpool_limits(1):  # one core a unit: other units are at work on the others
        guarded(result, "All projections", lambda: _fill(result, task))
    result.seconds = time.monotonic() - began
    return result


def _fill(result: Result, task: Task) -> None:
    features = standardised_input(task.name.view, task.matrices)
    result.clip_ids, result.columns, result.notes = features.clip_ids, features.columns, features.notes
    shared = Neighbourhood(features.values)  # what the projections of one view have in common
    for spec in task.specs:
        guarded(result, _title(spec), partial(_add, result, features, spec, shared))


def _add(result: Result, features: FeatureMatrix, spec: ProjectionSpec, shared: Neighbourhood) -> None:
    one = project(features, spec.method, spec.dimension, spec.parameters, shared=shared)
    result.projections.append((spec, one))


def _title(spec: ProjectionSpec) -> str:
    title = f"{METHODS[spec.method].title} to {spec.dimension}-D"
    return title + (f" by {spec.parameters['metric']}" if "metric" in spec.parameters else "")


def _load(methods: list[str]) -> None:
    """Load the libraries with threads of their own: a limit binds only those that are there."""
    importlib.import_module("sklearn.decomposition")
    if "tsne" in methods:
        importlib.import_module("openTSNE")


def guarded(result: Result, what: str, calculate: Callable[[], None]) -> None:
    """Run ``calculate``; where it cannot be done, the reason is a gap and all else goes on."""
    stop.check()
    try:
        calculate()
    except FAILURES as error:
        stop.check()  # compiled code makes an error of its own of a request to stop
        result.gaps.append((what, failure_sentence(error)))
