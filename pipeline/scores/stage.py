"""The stage that computes the scores: each of them, of each view of each dataset, has a key of its own."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from pipeline import scores
from pipeline.analyses.recipe import digest, matrices_of, unlearned_views, view_keys, views_with_vectors
from pipeline.errors import FAILURES, failure_sentence
from pipeline.inputs import ALL, standardised_input
from pipeline.runtime import stop
from pipeline.scores.score import ALL_VIEWS, EACH_VIEW, Score
from pipeline.stage import Run, Stage, State, Unit, Units
from store import results
from store.reader import Matrix, Reader
from store.writer import Writer


@dataclass(frozen=True, eq=False)
class Task:
    """One view of one dataset, and which of its scores are to be computed, each with the key it then has."""

    dataset: str
    view: str
    matrices: Mapping[str, Matrix]
    """The view's, or those of all views that are put together."""
    scores: Sequence[tuple[Score, str]]


@dataclass(frozen=True, eq=False)
class ScoreRows:
    """One score of one view as the store has it; empty where the row's ``reason`` says why."""

    row: Mapping[str, object]
    clip_ids: NDArray[np.object_]
    values: NDArray[np.float64]


def _keys(state: State, reader: Reader) -> dict[Unit, str]:
    """The key that each score of each view should have, by dataset, view and name."""
    views, contents, made = view_keys(state.views), reader.content_hashes(), reader.embeddings()
    trained = dict(zip(zip(made["dataset"], made["view"], strict=True), made["key"], strict=True))
    found: dict[Unit, str] = {}
    for dataset, there in views_with_vectors(state, reader).items():
        for view in there:
            vectors = [views[view], trained.get((dataset, view)), contents[dataset]]
            for score in scores.SCORES.values():
                if (ALL_VIEWS if view == ALL else EACH_VIEW) in score.scope:
                    found[dataset, view, score.name] = digest([score.name, score.version, *vectors])
    return found


def _expected(state: State, reader: Reader) -> dict[Unit, tuple[str]]:
    return {unit: (key,) for unit, key in _keys(state, reader).items()}


def _stored(reader: Reader) -> Mapping[Unit, str]:
    return dict(reader.score_keys().items())


def _drop(writer: Writer, units: Sequence[Unit]) -> None:
    for dataset, view, score in units:
        results.drop_scores(writer, dataset=dataset, view=view, score=score)


UNITS = Units(expected=_expected, stored=_stored, drop=_drop)


def _run(run: Run) -> int:
    """Compute every missing score of the staging database, and no other; how many there were.

    Each view's are committed as soon as they are done: a killed build goes on with the others.
    """
    with Reader(run.staging) as reader:
        gone, tasks = UNITS.outdated(run.state, reader), _tasks(run.state, reader)
    UNITS.delete(run.staging, gone)
    done, total = 0, sum(len(task.scores) for task in tasks)
    run.on_progress(0, total)
    for made in run.write_each(compute, [(task,) for task in tasks], _write):
        done += len(made)
        run.on_progress(done, total, str(made[0].row["dataset"]), str(made[0].row["view"]))
    return total


def _tasks(state: State, reader: Reader) -> list[Task]:
    """What the workers need, in memory: the database cannot be read while it is written."""
    keys = _keys(state, reader)
    names: dict[tuple[str, str], list[str]] = {}
    for dataset, view, name in UNITS.stale(state, reader):
        names.setdefault((dataset, view), []).append(name)
    tasks = []
    for (dataset, view), missing in names.items():
        matrices = matrices_of(state, reader, dataset, [view])
        used = {one: matrices[one] for one in (unlearned_views(state) if view == ALL else [view])}
        chosen = [(scores.SCORES[name], keys[dataset, view, name]) for name in missing]
        tasks.append(Task(dataset, view, used, chosen))
    # The largest first: begun last, it would keep one core busy alone.
    return sorted(tasks, key=lambda task: -sum(one.values.size for one in task.matrices.values()))


def compute(task: Task) -> list[ScoreRows]:
    """The scores of a task; where one cannot be computed, its row says why."""
    with threadpool_limits(1):  # one core a view: other views are at work on the others
        return [_computed(task, score, key) for score, key in task.scores]


def _computed(task: Task, score: Score, key: str) -> ScoreRows:
    stop.check()
    began = time.monotonic()
    clip_ids, values, reason = np.empty(0, object), np.empty(0), None
    try:
        matrix = standardised_input(task.view, task.matrices)
        values = score.compute(matrix.values)
        clip_ids = matrix.clip_ids
    except FAILURES as error:
        stop.check()  # compiled code makes an error of its own of a request to stop
        reason = failure_sentence(error)
    words = ("version", "title", "unit", "format", "source", "description")
    row: dict[str, object] = {
        "dataset": task.dataset,
        "view": task.view,
        "score": score.name,
        "key": key,
        "reason": reason,
    }
    row |= {name: getattr(score, name) for name in words} | {"seconds": time.monotonic() - began}
    return ScoreRows(row, clip_ids, values)


def _write(writer: Writer, made: Sequence[ScoreRows]) -> None:
    for one in made:
        results.replace_score(writer, one.row, one.clip_ids, one.values)


SCORES = Stage(
    name="scores",
    title="scores of the clips",
    unit="scores",
    stale=UNITS.stale,
    run=_run,
    outdated=UNITS.outdated,
    forget=UNITS.forget,
    cost_s=lambda clips, views: 0.5 + 1e-8 * clips**2 * (views + 1),
)
