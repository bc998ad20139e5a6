"""The stage of a build that learns from the views: what is missing or out of date, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.classify import CLASSIFIERS
from pipeline.experiments.spec import CARD, EVERY_CLIP, PAGE, Due, Wanted, grid, key_of, left_out
from pipeline.experiments.unit import Gap, Task, compute, gap, tasks_of
from pipeline.features.view import View
from pipeline.networks import registry
from pipeline.networks.embedding import UNHEARD
from pipeline.stage import Run, Stage, State, Unit
from store.reader import Reader
from store.results import ExperimentRows, drop_experiments, replace_experiment, write_gap
from store.writer import Writer


@dataclass(frozen=True, slots=True)
class Sources:
    """What decides which experiments there should be, beside the clips."""

    root: Path
    """The store's folder, where trained networks lie."""
    views: Mapping[str, View]
    base: Path | None = None
    """The snapshot that a build began from: what persons have asked for there is made again."""
    thorough: bool = False
    """Whether everything is made, however long it takes."""


def expected(reader: Reader, of: Sources) -> list[Due]:
    """All experiments that there should be: a build's own, what persons asked for, what networks were trained."""
    views, base = of.views, of.base
    hashes = reader.metadata_hashes()
    keys = {name: view.key for name, view in views.items()}
    usual = [name for name, view in views.items() if not view.learned]
    columns = {name: len(view.columns) for name, view in views.items()}
    found: dict[str, Due] = {}
    for dataset, fingerprint in hashes.items():
        clips = reader.clips(dataset)
        wanted = [*grid(dataset, clips, usual), *_asked_for(reader, base, dataset, keys)]
        costs, reasons = left_out(wanted, clips, columns)
        for one, cost, reason in zip(wanted, costs, reasons, strict=True):
            key = key_of(one, CLASSIFIERS[one.method].version, keys, fingerprint)
            found[one.id(usual)] = Due(one, one.id(usual), key, cost, None if of.thorough else reason)
    return [*found.values(), *registry.due(of.root, reader)]


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


def stale_experiments(reader: Reader, of: Sources) -> list[Due]:
    """The experiments that are missing or were made from something else."""
    there = reader.experiment_keys().set_index("experiment_id")["key"].to_dict()
    return [one for one in expected(reader, of) if there.get(one.experiment_id) not in one.keys]


def obsolete(reader: Reader, of: Sources) -> list[str]:
    """The experiments that should not be there, or not as they are; not those other stages answer for."""
    right = {one.experiment_id: one.keys for one in expected(reader, of)}
    there = reader.experiment_keys()
    # The audit answers for the others, and whoever listens for what could not be heard.
    unheard = there["experiment_id"].str.endswith(f".{UNHEARD}")
    mine = there[(there["subset"] == EVERY_CLIP) & ~unheard]
    return [
        row["experiment_id"]
        for _, row in mine.iterrows()
        if row["key"] not in right.get(row["experiment_id"], ())
    ]


def stale(state: State, reader: Reader) -> list[Unit]:
    """The experiments that are missing or were made from something else."""
    return [(one.wanted.dataset, one.experiment_id) for one in stale_experiments(reader, _sources(state))]


def learn(run: Run) -> int:
    """Make every stale experiment of the staging database; how many there were.

    Each is committed as soon as it is done: a killed build goes on with the others.
    """
    staging, of = run.staging, _sources(run.state)
    _renew_cards(staging, of)
    with Reader(staging) as reader:
        gone, missing = obsolete(reader, of), stale_experiments(reader, of)
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
        gone = obsolete(reader, of)
    _drop(staging, gone)
    _renew_cards(staging, of)


def _sources(state: State) -> Sources:
    return Sources(state.root, state.views, state.base, state.thorough)


def _renew_cards(staging: Path, of: Sources) -> None:
    """Write what the networks' cards tell, where it is missing or another; no work to be counted."""
    with Reader(staging) as reader:
        cards = [
            registry.make(of.root, reader, one)
            for one in stale_experiments(reader, of)
            if one.wanted.kind == CARD
        ]
    if cards:
        with Writer(staging) as writer:
            _write(writer, cards)


def _drop(staging: Path, experiment_ids: Sequence[str]) -> None:
    if experiment_ids:
        with Writer(staging) as writer, writer.transaction():
            drop_experiments(writer, experiment_ids)


def _write(writer: Writer, results: Sequence[ExperimentRows | Gap]) -> None:
    with writer.transaction():
        for result in results:
            if isinstance(result, Gap):
                write_gap(writer, result.row)
            else:
                replace_experiment(writer, result)


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
