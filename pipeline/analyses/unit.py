"""One unit: every projection and every clustering of one view over one dataset."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from threading import RLock

from threadpoolctl import threadpool_limits

from pipeline import stop
from pipeline.analyses.recipe import LIMIT, SPACES, Wanted, pictures
from pipeline.analyses.task import BUILD, KEPT, Result, Task, WantedClustering
from pipeline.clusterings import CLUSTERERS
from pipeline.clusterings.cluster import Clustering, cluster
from pipeline.clusterings.grid import FAILURES, all_clusterings
from pipeline.clusterings.spaces import spaces
from pipeline.inputs import Input, InputError, given_of
from pipeline.projections import METHODS
from pipeline.projections.project import project
from store.errors import SesatlasError


def compute(task: Task) -> Result:
    """Everything a build wants of a view; what cannot be computed becomes a gap with its reason."""
    began = time.monotonic()
    result = Result(task, next(iter(task.matrices.values())).clip_ids)
    _load()
    with threadpool_limits(1):  # one core a unit: other units are at work on the others
        _try(result, "All projections and clusterings", lambda: _fill(result))
    result.seconds = time.monotonic() - began
    return result


def _fill(result: Result) -> None:
    given = given_of(result.task.view, result.task.matrices)
    result.clip_ids, result.columns, result.notes = given.clip_ids, given.columns, given.notes
    _projections(result, given)
    _try(result, "Clusterings", lambda: _clusterings(result, given))


def _load() -> None:
    """Load the libraries with threads of their own: a limit binds only those that are there."""
    for name in ("sklearn.cluster", "sklearn.mixture", "openTSNE", "umap"):
        importlib.import_module(name)
    # UMAP's progress bar would share a lock among processes, and whoever stops a build would read of the
    # semaphores that its workers left behind.
    importlib.import_module("tqdm").tqdm.set_lock(RLock())


def _projections(result: Result, given: Input) -> None:
    kept = [one for one in result.task.kept if isinstance(one, Wanted)]
    for wanted in [*pictures(), *SPACES.values(), *kept]:

        def calculate(wanted: Wanted = wanted) -> None:
            projection = project(given, wanted.method, wanted.dimension, wanted.parameters)
            result.projections.append((wanted, projection))

        title = f"{METHODS[wanted.method].title} to {wanted.dimension}-D"
        title += f" by {wanted.parameters['metric']}" if "metric" in wanted.parameters else ""
        if wanted.method != "pca" and wanted.origin == BUILD and len(given.clip_ids) > LIMIT:
            result.gaps.append((title, _too_many(len(given.clip_ids))))
        else:
            _try(result, title, calculate)


def _clusterings(result: Result, given: Input) -> None:
    umap = {
        name: one.positions
        for name, wish in SPACES.items()
        for wanted, one in result.projections
        if wanted == wish
    }
    if len(given.clip_ids) > LIMIT:
        result.gaps.append(("Clusterings", _too_many(len(given.clip_ids))))
    else:
        found, gaps = all_clusterings(given, umap, result.task.labels)
        for one in found:
            _add(result, BUILD, one)
        result.gaps += gaps
    kept = [one for one in result.task.kept if isinstance(one, WantedClustering)]
    if not kept:
        return
    by_name = {space.name: space for space in spaces(given, umap)}
    for wanted in kept:

        def calculate(wanted: WantedClustering = wanted) -> None:
            space = by_name.get(wanted.space)
            if space is None:
                raise InputError(f"There is no space '{wanted.space}' of this view to cluster in any more.")
            again = cluster(space, wanted.method, wanted.parameters, result.task.labels)
            _add(result, KEPT, again)

        _try(result, f"{CLUSTERERS[wanted.method].title}, kept", calculate)


def _add(result: Result, origin: str, new: Clustering) -> None:
    """Once only: two rows of a grid may come to the same parameters, and so may what a person has kept,
    which then stays kept."""
    told = (new.space, new.method, new.parameters)
    for place, (_, one) in enumerate(result.clusterings):
        if (one.space, one.method, one.parameters) == told:
            result.clusterings[place] = (origin, one)
            return
    result.clusterings.append((origin, new))


def _try(result: Result, what: str, calculate: Callable[[], None]) -> None:
    """Run ``calculate``; where it cannot be done, the reason is a gap and all else goes on."""
    stop.check()
    try:
        calculate()
    except FAILURES as error:
        stop.check()  # compiled code makes an error of its own of a request to stop
        result.gaps.append((what, _sentence(error)))


def _sentence(error: Exception) -> str:
    if isinstance(error, SesatlasError):
        return str(error)
    said = str(error).strip().split("\n")[0] or type(error).__name__
    return f"It failed on these clips: {said}. Try other parameters on the page, or another view."


def _too_many(clips: int) -> str:
    return (
        f"{clips:,} clips are more than the {LIMIT:,} for which a build computes this by itself. "
        "Try it on the page; what is worth it can be kept."
    )
