"""The stage of a build that learns from the views: what is missing or out of date, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import joblib
import pandas as pd

from pipeline import events, stop
from pipeline.classify import CLASSIFIERS
from pipeline.experiments import networks
from pipeline.experiments.grid import grid, too_many
from pipeline.experiments.unit import Gap, Task, compute, gap, values_of
from pipeline.experiments.wanted import EVERY_CLIP, NETWORK, PAGE, Due, Wanted, key_of
from pipeline.features.view import View
from pipeline.workers import on_all_cores
from store import experiments
from store.experiments import ExperimentRows
from store.reader import Matrix, Reader
from store.writer import Writer


@dataclass(frozen=True, slots=True)
class Sources:
    """What decides which experiments there should be, beside the clips."""

    root: Path
    """The store's folder, where trained networks lie."""
    views: Mapping[str, View]
    base: Path | None = None
    """The snapshot that a build began from: what persons have asked for there is made again."""


def due(reader: Reader, of: Sources) -> list[Due]:
    """All experiments that there should be: a build's own, what persons asked for, what networks were trained."""
    views, base = of.views, of.base
    prints = {row["dataset"]: row["fingerprint"] for row in reader.rows("learning_fingerprints")}
    keys = {name: view.key for name, view in views.items()}
    usual = [name for name, view in views.items() if not view.learned]
    found: dict[str, Due] = {}
    for dataset, fingerprint in prints.items():
        clips = reader.clips(dataset)
        for wanted in [*grid(dataset, clips, usual), *_asked_for(reader, base, dataset, keys)]:
            key = key_of(wanted, CLASSIFIERS[wanted.method].version, keys, fingerprint)
            one = Due(wanted, wanted.id(usual), key)
            found[one.experiment_id] = one
    return [*found.values(), *networks.due(of.root, reader)]


def _asked_for(reader: Reader, base: Path | None, dataset: str, views: Mapping[str, str]) -> list[Wanted]:
    """What persons ran from the page: as this snapshot has it, or the one that the build began from."""
    tables = [reader.experiments(dataset)]
    if base is not None:
        with Reader(base) as before:
            tables.append(before.experiments(dataset))
    rows = pd.concat(tables) if any(len(table) for table in tables) else tables[0]
    wanted = [as_wanted(row) for _, row in rows[rows["origin"] == PAGE].iterrows()]
    return [one for one in wanted if one.method in CLASSIFIERS and all(view in views for view in one.views)]


def as_wanted(row: pd.Series) -> Wanted:
    """What to ask for to get an experiment of the store again."""
    return Wanted(
        dataset=row["dataset"], target=row["target"], method=row["method"], views=tuple(row["views"]),
        combination=row["combination"], seed=int(row["seed"]), kind=row["kind"], origin=row["origin"],
        detailed=row["origin"] == PAGE,
    )  # fmt: skip


def stale(reader: Reader, of: Sources) -> list[Due]:
    """The experiments that are missing or were made from something else."""
    there = reader.experiment_keys().set_index("experiment_id")["key"].to_dict()
    return [one for one in due(reader, of) if there.get(one.experiment_id) != one.key]


def obsolete(reader: Reader, of: Sources) -> list[str]:
    """The experiments that should not be there, or not as they are; not those other stages answer for."""
    right = {one.experiment_id: one.key for one in due(reader, of)}
    there = reader.experiment_keys()
    mine = there[there["subset"] == EVERY_CLIP]  # the audit answers for the others
    return [
        row["experiment_id"] for _, row in mine.iterrows() if right.get(row["experiment_id"]) != row["key"]
    ]


def learn(staging: Path, of: Sources, tell: events.Listener, n_jobs: int) -> int:
    """Make every stale experiment of the staging database; how many there were.

    Each is committed as soon as it is done: a killed build goes on with the others.
    """
    with Reader(staging) as reader:
        gone, wanted = obsolete(reader, of), stale(reader, of)
        trained = [networks.make(of.root, reader, one) for one in wanted if one.wanted.kind == NETWORK]
    forget(staging, gone)
    done, began = 0, time.monotonic()
    tell(events.Learning(0, len(wanted)))
    if trained:
        with Writer(staging) as writer:
            _write(writer, trained)
        done += len(trained)
    by_view = [one for one in wanted if one.wanted.kind != NETWORK]
    for dataset in dict.fromkeys(one.wanted.dataset for one in by_view):
        tasks, gaps = _tasks(staging, dataset, [one for one in by_view if one.wanted.dataset == dataset])
        with Writer(staging) as writer, closing(_computed(tasks, n_jobs)) as results:
            _write(writer, gaps)
            done += len(gaps)
            for result in results:
                stop.check()
                _write(writer, [result])
                done += 1
                told = result.id if isinstance(result, ExperimentRows) else result.task_id
                tell(events.Learning(done, len(wanted), dataset, told, time.monotonic() - began))
    return done


def discard(staging: Path, of: Sources) -> None:
    """Forget the experiments that are out of date, where a build is not to make them: they would mislead."""
    with Reader(staging) as reader:
        gone = obsolete(reader, of)
    forget(staging, gone)


def forget(staging: Path, experiment_ids: Sequence[str]) -> None:
    if experiment_ids:
        with Writer(staging) as writer, writer.transaction():
            experiments.drop_experiments(writer.con, experiment_ids)


def _write(writer: Writer, results: Sequence[ExperimentRows | Gap]) -> None:
    with writer.transaction():
        for result in results:
            if isinstance(result, Gap):
                experiments.write_gap(writer, result.row)
            else:
                experiments.replace_experiment(writer, result)


def _tasks(staging: Path, dataset: str, wanted: Sequence[Due]) -> tuple[list[Task], list[Gap]]:
    """What the workers need, in memory: the database cannot be read while it is written."""
    with Reader(staging) as reader:
        tasks = tasks_of(reader, dataset, wanted)
    late = {task.experiment_id: too_many(task.wanted, len(task.clips)) for task in tasks}
    gaps = [gap(task, reason) for task in tasks if (reason := late[task.experiment_id])]
    # The largest first: begun last, it would keep one core busy alone.
    kept = [task for task in tasks if not late[task.experiment_id]]
    return sorted(kept, key=lambda task: -_size(task)), gaps


def _size(task: Task) -> int:
    return sum(values.size for values in task.values.values()) * (10 if task.wanted.detailed else 1)


def tasks_of(reader: Reader, dataset: str, wanted: Sequence[Due]) -> list[Task]:
    """Each experiment with the clips and the vectors it learns from, row by row of one order."""
    names = dict.fromkeys(view for one in wanted for view in one.wanted.views)
    there = set(reader.views()["view"])
    matrices = {name: reader.matrix(dataset, name) for name in names if name in there}
    clips = reader.clips(dataset).sort_values("clip_id", ignore_index=True)
    tasks = []
    for one in wanted:
        mine = {view: matrices[view] for view in one.wanted.views if view in matrices}
        rows, aligned = _aligned(clips, mine)
        values, columns = values_of(one.wanted, rows, aligned)
        tasks.append(Task(one.wanted, one.experiment_id, one.key, rows, values, columns))
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


def _computed(tasks: Sequence[Task], n_jobs: int) -> Generator[ExperimentRows | Gap, None, None]:
    if joblib.effective_n_jobs(n_jobs) == 1 or len(tasks) <= 1:
        yield from map(compute, tasks)
        return
    yield from on_all_cores(compute, ((task,) for task in tasks), n_jobs)
