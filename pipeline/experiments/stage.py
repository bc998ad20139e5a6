"""The stage of a build that learns from the views: what is missing or out of date, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd

from pipeline.classify import CLASSIFIERS
from pipeline.experiments.spec import (
    CARD,
    EVERY_CLIP,
    PAGE,
    ExpectedExperiment,
    ExperimentSpec,
    grid,
    key_of,
    left_out,
)
from pipeline.experiments.unit import Gap, Task, compute, gap, tasks_of
from pipeline.stage import Run, Stage, State, Unit, Units, missing, outdated
from store.reader import Reader
from store.results import ExperimentRows, drop_experiments, replace_experiment, write_gap
from store.writer import Writer

NAME, TITLE, UNIT = "experiments", "experiments", "experiments"


class Networks(Protocol):
    """The networks that have experiments of their own: :mod:`pipeline.networks.stage`."""

    @property
    def KINDS(self) -> Collection[str]:  # noqa: N802
        """The kinds of their experiments."""

    def expected(self, root: Path, reader: Reader) -> list[ExpectedExperiment]:
        """The experiments that there should be; ``root`` is the store's folder."""

    def make(self, root: Path, reader: Reader, one: ExpectedExperiment) -> ExperimentRows | Gap:
        """The rows of one of them, or why there are none."""


def stage_of(networks: Networks) -> Stage:
    """The stage, once it is known which networks have experiments of their own."""
    stage = Experiments(networks)
    return Stage(
        name=NAME,
        title=TITLE,
        unit=UNIT,
        stale=stage.units.stale,
        run=stage.run,
        outdated=stage.outdated,
        forget=stage.forget,
        cost_s=lambda clips, views: 1.0 + 18.0 * (clips / 400) ** 1.15,
    )


@dataclass(frozen=True, slots=True)
class Experiments:
    """Classifiers on views, which workers learn, and the experiments of trained networks."""

    networks: Networks

    @property
    def units(self) -> Units:
        return Units(expected=self._keys, stored=_stored, drop=_drop)

    def expected(self, state: State, reader: Reader) -> dict[Unit, ExpectedExperiment]:
        """All experiments that there should be, by dataset and id: see :func:`by_classifiers`, and of networks."""
        found = [*by_classifiers(state, reader), *self.networks.expected(state.root, reader)]
        return {(one.spec.dataset, one.experiment_id): one for one in found}

    def _keys(self, state: State, reader: Reader) -> dict[Unit, tuple[str, ...]]:
        return _keys_of(self.expected(state, reader))

    def run(self, run: Run) -> int:
        """Make every stale experiment of the staging database; how many there were.

        Each is committed as soon as it is done: a killed build goes on with the others.
        """
        stale = self._brought_up_to_date(run.state, run.staging)
        total = len(stale)
        run.on_progress(0, total)
        by_network = [one for one in stale if one.spec.kind in self.networks.KINDS]
        self._write_of_networks(run.state, run.staging, by_network)
        done = len(by_network)
        by_view = [one for one in stale if one.spec.kind not in self.networks.KINDS]
        cost_s = {one.experiment_id: one.cost_s for one in by_view if one.left_out is None}
        all_s, done_s = sum(cost_s.values()) or 1.0, 0.0
        for dataset in dict.fromkeys(one.spec.dataset for one in by_view):
            tasks, gaps = _tasks(
                run.staging, dataset, [one for one in by_view if one.spec.dataset == dataset]
            )
            _write_all(run.staging, gaps)
            done += len(gaps)
            for result in run.write_each(compute, [(task,) for task in tasks], _write):
                done += 1
                item = result.id if isinstance(result, ExperimentRows) else result.task_id
                done_s += cost_s.get(item, 0.0)
                run.on_progress(done, total, dataset, item, done_s / all_s)
        return total

    def outdated(self, state: State, reader: Reader) -> list[Unit]:
        """The experiments that are out of date, and the networks' cards that are not there yet."""
        expected, stored = self.expected(state, reader), _stored(reader)
        keys = _keys_of(expected)
        cards = [unit for unit in missing(keys, stored) if expected[unit].spec.kind == CARD]
        return [*outdated(keys, stored), *cards]

    def forget(self, state: State, staging: Path) -> None:
        """Forget the experiments that are out of date: until they are made again they would mislead.

        A network's card needs no computing: it is in every store.
        """
        self._brought_up_to_date(state, staging)

    def _brought_up_to_date(self, state: State, staging: Path) -> list[ExpectedExperiment]:
        """Drop what is out of date, write the cards; the experiments that are then still to be made."""
        with Reader(staging) as reader:
            expected, stored = self.expected(state, reader), _stored(reader)
        keys = _keys_of(expected)
        stale = [expected[unit] for unit in missing(keys, stored)]
        self.units.delete(staging, outdated(keys, stored))
        self._write_of_networks(state, staging, [one for one in stale if one.spec.kind == CARD])
        return [one for one in stale if one.spec.kind != CARD]

    def _write_of_networks(self, state: State, staging: Path, chosen: Sequence[ExpectedExperiment]) -> None:
        """Write the experiments of networks."""
        if chosen:
            with Reader(staging) as reader:
                made = [self.networks.make(state.root, reader, one) for one in chosen]
            _write_all(staging, made)


def by_classifiers(state: State, reader: Reader) -> list[ExpectedExperiment]:
    """The experiments with classifiers that there should be: a build's own, and those that people requested."""
    views = state.views
    hashes = reader.metadata_hashes()
    keys = {name: view.key for name, view in views.items()}
    usual = [name for name, view in views.items() if not view.learned]
    columns = {name: len(view.columns) for name, view in views.items()}
    found: dict[str, ExpectedExperiment] = {}
    for dataset, clips_hash in hashes.items():
        clips = reader.clips(dataset)
        specs = [*grid(dataset, clips, usual), *_requested(reader, state.base, dataset, keys)]
        costs, reasons = left_out(specs, clips, columns)
        for one, cost, reason in zip(specs, costs, reasons, strict=True):
            key = key_of(one, CLASSIFIERS[one.method].version, keys, clips_hash)
            found[one.id(usual)] = ExpectedExperiment(
                one, one.id(usual), key, cost, None if state.thorough else reason
            )
    return list(found.values())


def _requested(
    reader: Reader, base: Path | None, dataset: str, views: Mapping[str, str]
) -> list[ExperimentSpec]:
    """What people ran from the page: as this snapshot has it, or the one that the build began from."""
    tables = [reader.experiments(dataset)]
    if base is not None:
        with Reader(base) as before:
            tables.append(before.experiments(dataset))
    rows = pd.concat(tables) if any(len(table) for table in tables) else tables[0]
    specs = [spec_of(row) for _, row in rows[rows["origin"] == PAGE].iterrows()]
    return [one for one in specs if one.method in CLASSIFIERS and all(view in views for view in one.views)]


def spec_of(row: pd.Series) -> ExperimentSpec:
    """The request that gives an experiment of the store again."""
    return ExperimentSpec(
        dataset=row["dataset"], target=row["target"], method=row["method"], views=tuple(row["views"]),
        combination=row["combination"], seed=int(row["seed"]), kind=row["kind"], origin=row["origin"],
        detailed=row["origin"] == PAGE,
    )  # fmt: skip


def _keys_of(expected: Mapping[Unit, ExpectedExperiment]) -> dict[Unit, tuple[str, ...]]:
    return {unit: one.keys for unit, one in expected.items()}


def _stored(reader: Reader) -> dict[Unit, str]:
    """The experiments that this stage answers for: the audit does for those without the clips that leaked."""
    there = reader.experiment_keys()
    mine = there[there["subset"] == EVERY_CLIP]
    return {(row["dataset"], row["experiment_id"]): row["key"] for row in mine.to_dict("records")}


def _drop(writer: Writer, units: Sequence[Unit]) -> None:
    drop_experiments(writer, [experiment_id for _, experiment_id in units])


def _write(writer: Writer, result: ExperimentRows | Gap) -> None:
    if isinstance(result, Gap):
        write_gap(writer, result.row)
    else:
        replace_experiment(writer, result)


def _write_all(staging: Path, results: Sequence[ExperimentRows | Gap]) -> None:
    if results:
        with Writer(staging) as writer, writer.transaction():
            for result in results:
                _write(writer, result)


def _tasks(
    staging: Path, dataset: str, expected: Sequence[ExpectedExperiment]
) -> tuple[list[Task], list[Gap]]:
    """What the workers need, in memory: the database cannot be read while it is written."""
    with Reader(staging) as reader:
        tasks = tasks_of(reader, dataset, [one for one in expected if one.left_out is None])
    return tasks, [gap(one, one.left_out) for one in expected if one.left_out is not None]
