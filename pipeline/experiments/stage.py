"""The stage of a build that learns from the views: what is missing or out of date, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path

import joblib

from pipeline import events, stop
from pipeline.experiments import networks
from pipeline.experiments.due import Sources, obsolete, stale
from pipeline.experiments.tasks import tasks_of
from pipeline.experiments.unit import Gap, Task, compute, gap
from pipeline.experiments.wanted import CARD, Due
from pipeline.workers import on_all_cores
from store import experiments
from store.experiments import ExperimentRows
from store.reader import Reader
from store.writer import Writer


def learn(staging: Path, of: Sources, tell: events.Listener, n_jobs: int) -> int:
    """Make every stale experiment of the staging database; how many there were.

    Each is committed as soon as it is done: a killed build goes on with the others.
    """
    _renew_cards(staging, of)
    with Reader(staging) as reader:
        gone, wanted = obsolete(reader, of), stale(reader, of)
        trained = [networks.make(of.root, reader, one) for one in wanted if one.wanted.kind in networks.KINDS]
    forget(staging, gone)
    done, began = 0, time.monotonic()
    tell(events.Learning(0, len(wanted)))
    if trained:
        with Writer(staging) as writer:
            _write(writer, trained)
        done += len(trained)
    by_view = [one for one in wanted if one.wanted.kind not in networks.KINDS]
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
    """Forget the experiments that are out of date, where a build is not to make them: they would mislead.

    What a network's card tells needs no learning: it is in every store.
    """
    with Reader(staging) as reader:
        gone = obsolete(reader, of)
    forget(staging, gone)
    _renew_cards(staging, of)


def _renew_cards(staging: Path, of: Sources) -> None:
    """Write what the networks' cards tell, where it is missing or another; no work to be counted."""
    with Reader(staging) as reader:
        told = [networks.make(of.root, reader, one) for one in stale(reader, of) if one.wanted.kind == CARD]
    if told:
        with Writer(staging) as writer:
            _write(writer, told)


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
        tasks = tasks_of(reader, dataset, [one for one in wanted if one.left_out is None])
    return tasks, [gap(one, one.left_out) for one in wanted if one.left_out is not None]


def _computed(tasks: Sequence[Task], n_jobs: int) -> Generator[ExperimentRows | Gap, None, None]:
    if joblib.effective_n_jobs(n_jobs) == 1 or len(tasks) <= 1:
        yield from map(compute, tasks)
        return
    yield from on_all_cores(compute, ((task,) for task in tasks), n_jobs)
