"""The stage of a build that learns from the views: what is missing or out of date, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.experiments import expected
from pipeline.experiments.expected import Sources
from pipeline.experiments.spec import CARD, Due
from pipeline.experiments.unit import Gap, Task, compute, gap, tasks_of
from pipeline.networks import registry
from pipeline.runtime.stage import Run, Stage, State, Unit
from store import experiments
from store.experiments import ExperimentRows
from store.reader import Reader
from store.writer import Writer


def stale(state: State, reader: Reader) -> list[Unit]:
    """The experiments that are missing or were made from something else."""
    return [(one.wanted.dataset, one.experiment_id) for one in expected.stale(reader, _sources(state))]


def learn(run: Run) -> int:
    """Make every stale experiment of the staging database; how many there were.

    Each is committed as soon as it is done: a killed build goes on with the others.
    """
    staging, of = run.staging, _sources(run.state)
    _renew_cards(staging, of)
    with Reader(staging) as reader:
        gone, missing = expected.obsolete(reader, of), expected.stale(reader, of)
        trained = [
            registry.make(of.root, reader, one) for one in missing if one.wanted.kind in registry.KINDS
        ]
    _drop(staging, gone)
    done, total = 0, len(missing)
    run.on_progress(0, total)
    if trained:
        with Writer(staging) as writer:
            _write(writer, trained)
        done += len(trained)
    cost_s = {one.experiment_id: one.cost_s for one in missing if one.left_out is None}
    all_s, done_s = sum(cost_s.values()) or 1.0, 0.0
    by_view = [one for one in missing if one.wanted.kind not in registry.KINDS]
    for dataset in dict.fromkeys(one.wanted.dataset for one in by_view):
        tasks, gaps = _tasks(staging, dataset, [one for one in by_view if one.wanted.dataset == dataset])
        with Writer(staging) as writer:
            _write(writer, gaps)
            done += len(gaps)
            for result in run.each(compute, [(task,) for task in tasks]):
                _write(writer, [result])
                done += 1
                item = result.id if isinstance(result, ExperimentRows) else result.task_id
                done_s += cost_s.get(item, 0.0)
                run.on_progress(done, total, dataset, item, done_s / all_s)
    return total


def forget(state: State, staging: Path) -> None:
    """Forget the experiments that are out of date: until they are made again they would mislead.

    What a network's card tells needs no learning: it is in every store.
    """
    of = _sources(state)
    with Reader(staging) as reader:
        gone = expected.obsolete(reader, of)
    _drop(staging, gone)
    _renew_cards(staging, of)


def _sources(state: State) -> Sources:
    return Sources(state.root, state.views, state.base, state.thorough)


def _renew_cards(staging: Path, of: Sources) -> None:
    """Write what the networks' cards tell, where it is missing or another; no work to be counted."""
    with Reader(staging) as reader:
        cards = [
            registry.make(of.root, reader, one)
            for one in expected.stale(reader, of)
            if one.wanted.kind == CARD
        ]
    if cards:
        with Writer(staging) as writer:
            _write(writer, cards)


def _drop(staging: Path, experiment_ids: Sequence[str]) -> None:
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


EXPERIMENTS = Stage(
    name="experiments",
    title="experiments",
    unit="experiments",
    stale=stale,
    run=learn,
    forget=forget,
    cost_s=lambda clips, views: 1.0 + 18.0 * (clips / 400) ** 1.15,
)
