"""The stages that turn views into projections: what is missing or out of date, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from pipeline.analyses import recipe
from pipeline.analyses.recipe import kept_projections, matrices_of, unlearned_views, views_with_vectors
from pipeline.analyses.rows import rows_of
from pipeline.analyses.unit import Result, Task, UnitName, compute
from pipeline.features.view import View
from pipeline.inputs import ALL
from pipeline.stage import Run, Stage, State, Unit, Units
from store import results
from store.reader import Reader
from store.writer import Writer


def picture_keys(stage: str, state: State, reader: Reader) -> dict[Unit, str]:
    """The key that each unit of a stage of projections should have, by dataset and view."""
    of_views = recipe.view_keys(state.views)
    hashes = reader.clip_hashes()
    found = {
        (dataset, view): recipe.picture_key(stage, _view(state, view), of_views[view], hashes[dataset])
        for dataset, views in views_with_vectors(state, reader).items()
        for view in views
    }
    return {unit: key for unit, key in found.items() if key is not None}


def _view(state: State, name: str) -> View | None:
    """None for all views together."""
    return None if name == ALL else state.views[name]


def units_of(stage: str) -> Units:
    """The units of one of the stages whose results are rows of ``units``: one view of one dataset each."""

    def expected(state: State, reader: Reader) -> dict[Unit, tuple[str]]:
        return {unit: (key,) for unit, key in picture_keys(stage, state, reader).items()}

    return Units(expected=expected, stored=partial(stored, stage), drop=partial(drop, stage))


def stored(stage: str, reader: Reader) -> dict[Unit, str]:
    return {(dataset, view): key for (own, dataset, view), key in reader.units().items() if own == stage}


def drop(stage: str, writer: Writer, units: Sequence[Unit]) -> None:
    for dataset, view in units:
        results.drop_units(writer, stage=stage, dataset=dataset, view=view)


def _project(stage: str, run: Run) -> int:
    """Make every stale projection of a stage; how many units there were.

    Each unit is committed as soon as it is done: a killed build goes on with the others.
    """
    units = units_of(stage)
    with Reader(run.staging) as reader:
        gone = units.outdated(run.state, reader)
        keys, stale = picture_keys(stage, run.state, reader), units.stale(run.state, reader)
        tasks = [
            task
            for dataset in dict.fromkeys(dataset for dataset, _ in stale)
            for task in _tasks(stage, run.state, reader, dataset, {unit: keys[unit] for unit in stale})
        ]
    units.delete(run.staging, gone)
    run.on_progress(0, len(tasks))
    made = run.write_each(compute, [(task,) for task in tasks], _write)
    for done, result in enumerate(made, 1):
        run.on_progress(done, len(tasks), result.name.dataset, result.name.view)
    return len(tasks)


def _write(writer: Writer, result: Result) -> None:
    results.replace_unit(writer, rows_of(result))


def _tasks(stage: str, state: State, reader: Reader, dataset: str, stale: Mapping[Unit, str]) -> list[Task]:
    """What the workers need of a dataset, in memory: the database cannot be read while it is written."""
    keys = {view: key for (one, view), key in stale.items() if one == dataset}
    matrices = matrices_of(state, reader, dataset, keys)
    kept = kept_projections(state.base, dataset) if stage != recipe.PCA else {}
    tasks = [
        Task(
            UnitName(stage, dataset, view, key),
            {one: matrices[one] for one in (unlearned_views(state) if view == ALL else [view])},
            [*recipe.pictures(stage, _view(state, view)), *kept.get(view, ())],
        )
        for view, key in keys.items()
    ]
    # The largest first: begun last, it would keep one core busy alone.
    return sorted(tasks, key=lambda task: -sum(one.values.size for one in task.matrices.values()))


def _stage(name: str, title: str, cost_s: tuple[float, float]) -> Stage:
    fixed, each = cost_s
    units = units_of(name)
    return Stage(
        name=name,
        title=title,
        unit="views",
        stale=units.stale,
        run=partial(_project, name),
        outdated=units.outdated,
        forget=units.forget,
        cost_s=lambda clips, views: fixed + each * clips * (views if name != recipe.OVERVIEW else 1),
    )


PRINCIPAL_COMPONENTS = _stage(recipe.PCA, "principal components", (0.5, 0.0002))
OVERVIEW = _stage(recipe.OVERVIEW, "UMAP and t-SNE of all views together", (1.0, 0.0015))
PICTURES = _stage(recipe.PICTURES, "UMAP and t-SNE of each view", (1.5, 0.0015))
