"""The stages that turn views into projections: what is missing or out of date, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from pipeline.analyses import recipe
from pipeline.analyses.recipe import computable, described, kept_projections, matrices_of
from pipeline.analyses.rows import rows_of
from pipeline.analyses.unit import Task, UnitName, compute
from pipeline.features.view import View
from pipeline.inputs import ALL
from pipeline.stage import Run, Stage, State, Unit
from store import results
from store.reader import Reader
from store.writer import Writer

Key = tuple[str, str]
"""A dataset and a view."""


def picture_keys(stage: str, state: State, reader: Reader) -> dict[Key, str]:
    """The key that each unit of a stage of projections should have."""
    of_views = recipe.view_keys(state.views)
    hashes = reader.clip_hashes()
    found = {
        (dataset, view): recipe.picture_key(stage, _view(state, view), of_views[view], hashes[dataset])
        for dataset, views in computable(state, reader).items()
        for view in views
    }
    return {unit: key for unit, key in found.items() if key is not None}


def _view(state: State, name: str) -> View | None:
    """None for all views together."""
    return None if name == ALL else state.views[name]


def _stale(stage: str, state: State, reader: Reader) -> dict[Key, str]:
    there = reader.units()
    keys = picture_keys(stage, state, reader)
    return {unit: key for unit, key in keys.items() if there.get((stage, *unit)) != key}


def _project(stage: str, run: Run) -> int:
    """Make every stale projection of a stage; how many units there were.

    Each unit is committed as soon as it is done: a killed build goes on with the others.
    """
    with Reader(run.staging) as reader:
        stale = _stale(stage, run.state, reader)
        tasks = [
            task for dataset in _datasets(stale) for task in _tasks(stage, run.state, reader, dataset, stale)
        ]
    forget(stage, run.state, run.staging)
    run.on_progress(0, len(tasks))
    with Writer(run.staging) as writer:
        for done, result in enumerate(run.each(compute, [(task,) for task in tasks]), 1):
            with writer.transaction():
                results.replace_unit(writer, rows_of(result))
            run.on_progress(done, len(tasks), result.name.dataset, result.name.view)
    return len(tasks)


def _datasets(units: Mapping[Key, str]) -> list[str]:
    return list(dict.fromkeys(dataset for dataset, _ in units))


def _tasks(stage: str, state: State, reader: Reader, dataset: str, stale: Mapping[Key, str]) -> list[Task]:
    """What the workers need of a dataset, in memory: the database cannot be read while it is written."""
    keys = {view: key for (one, view), key in stale.items() if one == dataset}
    matrices = matrices_of(state, reader, dataset, keys)
    kept = kept_projections(state.base, dataset) if stage != recipe.PCA else {}
    tasks = [
        Task(
            UnitName(stage, dataset, view, key),
            {one: matrices[one] for one in (described(state) if view == ALL else [view])},
            [*recipe.pictures(stage, _view(state, view)), *kept.get(view, ())],
        )
        for view, key in keys.items()
    ]
    # The largest first: begun last, it would keep one core busy alone.
    return sorted(tasks, key=lambda task: -sum(one.values.size for one in task.matrices.values()))


def forget(stage: str, state: State, staging: Path) -> None:
    """Forget the units of a stage that are out of date: until they are computed again they would mislead."""
    with Reader(staging) as reader:
        right = picture_keys(stage, state, reader)
        gone = [
            (dataset, view)
            for (own, dataset, view), key in reader.units().items()
            if own == stage and right.get((dataset, view)) != key
        ]
    if gone:
        with Writer(staging) as writer, writer.transaction():
            for dataset, view in gone:
                results.drop_units(writer, stage=stage, dataset=dataset, view=view)


def _stage(name: str, title: str, cost_s: tuple[float, float]) -> Stage:
    def stale(state: State, reader: Reader) -> list[Unit]:
        return list(_stale(name, state, reader))

    fixed, each = cost_s
    return Stage(
        name=name,
        title=title,
        unit="views",
        stale=stale,
        run=partial(_project, name),
        forget=partial(forget, name),
        cost_s=lambda clips, views: fixed + each * clips * (views if name != recipe.OVERVIEW else 1),
    )


PRINCIPAL_COMPONENTS = _stage(recipe.PCA, "principal components", (0.5, 0.0002))
OVERVIEW = _stage(recipe.OVERVIEW, "UMAP and t-SNE of all views together", (1.0, 0.0015))
PICTURES = _stage(recipe.PICTURES, "UMAP and t-SNE of each view", (1.5, 0.0015))
