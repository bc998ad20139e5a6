"""One unit: every projection and every clustering of one view over one dataset."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from pipeline import stop
from pipeline.analyses.recipe import LIMIT, UMAP_SPACE, UMAP_SPACE_DIMENSION, Wanted, pictures
from pipeline.clusterings import CLUSTERERS
from pipeline.clusterings.cluster import Clustering, cluster
from pipeline.clusterings.grid import all_clusterings
from pipeline.clusterings.spaces import spaces
from pipeline.inputs import ALL, Input, InputError, standardise, together
from pipeline.projections import METHODS
from pipeline.projections.project import project
from pipeline.projections.projection import Projection
from store.reader import Matrix

BUILD, KEPT = "build", "kept"
SPACE = Wanted("umap", UMAP_SPACE_DIMENSION, UMAP_SPACE)


@dataclass(frozen=True, slots=True)
class WantedClustering:
    """A clustering that a person has tried on a page and wished to stay."""

    space: str
    method: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is given."""

    dataset: str
    view: str
    key: str
    matrices: Mapping[str, Matrix]
    """The view's own, or each view's where ``view`` is :data:`pipeline.inputs.ALL`."""
    labels: Sequence[str | None]
    kept: Sequence[Wanted | WantedClustering] = ()


@dataclass(slots=True)
class Result:
    """What a worker gives back."""

    task: Task
    clip_ids: NDArray[np.object_]
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    projections: list[tuple[Wanted, Projection]] = field(default_factory=list)
    clusterings: list[tuple[str, Clustering]] = field(default_factory=list)
    """Each with its origin, 'build' or 'kept'."""
    gaps: list[tuple[str, str]] = field(default_factory=list)
    """What is missing, and why, in a sentence."""
    seconds: float = 0.0


def compute(task: Task) -> Result:
    """Everything a build wants of a view; what cannot be computed becomes a gap with its reason."""
    began = time.monotonic()
    result = Result(task, next(iter(task.matrices.values())).clip_ids)
    try:
        _load()
        with threadpool_limits(1):  # one core a unit: other units are at work on the others
            given = given_of(task.view, task.matrices)
            result.clip_ids, result.columns, result.notes = given.clip_ids, given.columns, given.notes
            _projections(result, given)
            _clusterings(result, given)
    except InputError as error:
        result.gaps.append(("all projections and clusterings", str(error)))
    result.seconds = time.monotonic() - began
    return result


def _load() -> None:
    """Load the libraries with threads of their own: a limit binds only those that are there."""
    for name in ("sklearn.cluster", "sklearn.mixture", "openTSNE", "umap"):
        importlib.import_module(name)


def given_of(view: str, matrices: Mapping[str, Matrix]) -> Input:
    """The standardised input of a unit.

    Raises
    ------
    InputError
        No clips, or nothing in which they differ.
    """
    if view != ALL:
        return standardise(matrices[view])
    inputs: dict[str, Input] = {}
    for name, matrix in matrices.items():
        try:
            inputs[name] = standardise(matrix)
        except InputError:
            continue  # a view that is the same for all clips adds nothing; its own unit tells so
    if not inputs:
        raise InputError("In no view do these clips differ; expected clips that are not all the same.")
    return together(inputs)


def _projections(result: Result, given: Input) -> None:
    kept = [one for one in result.task.kept if isinstance(one, Wanted)]
    for wanted in [*pictures(), SPACE, *kept]:
        title = f"{METHODS[wanted.method].title} to {wanted.dimension}-D"

        def calculate(wanted: Wanted = wanted) -> None:
            projection = project(given, wanted.method, wanted.dimension, wanted.parameters)
            same = (one for _, one in result.projections if one.method == wanted.method)
            # What was kept may be what a build computes by itself, once its parameters are lowered.
            if all(
                (one.dimension, one.parameters) != (projection.dimension, projection.parameters)
                for one in same
            ):
                result.projections.append((wanted, projection))

        if wanted.method != "pca" and wanted.origin == "build" and len(given.clip_ids) > LIMIT:
            result.gaps.append((title, _too_many(len(given.clip_ids))))
        else:
            _try(result, title, calculate)


def _clusterings(result: Result, given: Input) -> None:
    if len(given.clip_ids) > LIMIT:
        result.gaps.append(("Clusterings", _too_many(len(given.clip_ids))))
        return
    umap = next((one.positions for wanted, one in result.projections if wanted == SPACE), None)
    found, gaps = all_clusterings(given, umap, result.task.labels)
    for one in found:
        _add(result, BUILD, one)
    result.gaps += gaps
    by_name = {space.name: space for space in spaces(given, umap)}
    for wanted in result.task.kept:
        if isinstance(wanted, WantedClustering):

            def calculate(wanted: WantedClustering = wanted) -> None:
                space = by_name.get(wanted.space)
                if space is None:
                    raise InputError(
                        f"There is no space '{wanted.space}' of this view to cluster in any more."
                    )
                again = cluster(space, wanted.method, wanted.parameters, result.task.labels)
                _add(result, KEPT, again)

            _try(result, f"{CLUSTERERS[wanted.method].title}, kept", calculate)


def _add(result: Result, origin: str, new: Clustering) -> None:
    """Once only: two rows of a grid, or a kept one, may come to the same parameters on few clips."""
    told = (new.space, new.method, new.parameters)
    if all((one.space, one.method, one.parameters) != told for _, one in result.clusterings):
        result.clusterings.append((origin, new))


def _try(result: Result, what: str, calculate: Callable[[], None]) -> None:
    stop.check()
    try:
        calculate()
    except InputError as error:
        result.gaps.append((what, str(error)))


def _too_many(clips: int) -> str:
    return (
        f"{clips:,} clips are more than the {LIMIT:,} for which a build computes this by itself. "
        "Try it on the page; what is worth it can be kept."
    )
