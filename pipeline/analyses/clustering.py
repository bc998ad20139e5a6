"""The stage that clusters: all views of a dataset at once, for they bear on one another in the ranking."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.analyses import recipe
from pipeline.analyses.recipe import (
    BUILD,
    KEPT,
    ClusteringSpec,
    kept_clusterings,
    matrices_of,
    unlearned_views,
    views_with_vectors,
)
from pipeline.analyses.rows import rows_of
from pipeline.analyses.stage import drop, stored
from pipeline.analyses.unit import Result, Task, UnitName, compute, guarded
from pipeline.clusterings import CLUSTERERS
from pipeline.clusterings.cluster import MAX_WHOLE, Clustering, cluster
from pipeline.clusterings.ranking import rank
from pipeline.clusterings.search import Finalist, search
from pipeline.clusterings.spaces import Space, spaces
from pipeline.inputs import ALL, FeatureMatrix, InputError, standardised_input
from pipeline.stage import Run, Stage, State, Unit, Units
from store.reader import Matrix, Reader
from store.results import RANKED, replace_unit, write_ranks
from store.writer import Writer

NAME = recipe.CLUSTERINGS
MISSING = -2
"""In place of a cluster's number, for a clip that a view has no vector of."""


@dataclass(frozen=True, slots=True)
class Group:
    """Views of a dataset that are clustered and ranked together, and the key of what comes of it.

    A view that a network learned is a group of its own: it would bring labels into a ranking that looks at
    none. ``keys`` are those that count as up to date: a thorough search need not be done again by a quick one.
    """

    dataset: str
    views: tuple[str, ...]
    key: str
    keys: frozenset[str]
    learned: bool


def groups(state: State, reader: Reader) -> list[Group]:
    of_views = recipe.view_keys(state.views)
    hashes = reader.clip_hashes()
    found = []
    for dataset, there in views_with_vectors(state, reader).items():
        learned = [view for view in there if view != ALL and state.views[view].learned]
        together = tuple(view for view in there if view not in learned)
        for views in [*([together] if together else []), *((view,) for view in learned)]:
            own = {view: of_views[view] for view in views}
            quick, thorough = (
                recipe.clustering_key(own, hashes[dataset], thorough=each) for each in (False, True)
            )
            key = thorough if state.thorough else quick
            found.append(Group(dataset, views, key, frozenset({key, thorough}), views[0] in learned))
    return found


def _stale_groups(state: State, reader: Reader) -> list[Group]:
    there = reader.units()
    return [
        group
        for group in groups(state, reader)
        if any(there.get((NAME, group.dataset, view)) not in group.keys for view in group.views)
    ]


def _expected(state: State, reader: Reader) -> dict[Unit, frozenset[str]]:
    """Each view of each group with the keys that count; with none where the group is to be made anew, as a whole."""
    stale = {(group.dataset, group.key) for group in _stale_groups(state, reader)}
    return {
        (group.dataset, view): frozenset() if (group.dataset, group.key) in stale else group.keys
        for group in groups(state, reader)
        for view in group.views
    }


UNITS = Units(expected=_expected, stored=partial(stored, NAME), drop=partial(drop, NAME))


def _cost_s(clips: int, views: int) -> float:
    """As measured on 400, 2,000 and 6,300 clips: above some thousand, landmarks do what is quadratic."""
    whole = min(clips, MAX_WHOLE)
    each = 0.0045 * whole * (whole / 400) ** 0.35 + 0.0105 * (clips - whole)
    return 1.0 + each * (views + 1)


def run(run: Run) -> int:
    """Cluster every stale group of views; how many there were. Each is committed as soon as it is done."""
    with Reader(run.staging) as reader:
        gone, todo = UNITS.outdated(run.state, reader), _stale_groups(run.state, reader)
    UNITS.delete(run.staging, gone)
    run.on_progress(0, len(todo))
    for done, group in enumerate(todo, 1):
        results, ranks = _clustered(run, group, done - 1, len(todo))
        with Writer(run.staging) as writer, writer.transaction():
            for result in results:
                replace_unit(writer, rows_of(result))
            if not group.learned:
                write_ranks(writer, group.dataset, ranks)
        run.on_progress(done, len(todo), group.dataset)
    return len(todo)


def _clustered(run: Run, group: Group, done: int, total: int) -> tuple[list[Result], pd.DataFrame]:
    """The units of a group with their ranks: the search, and UMAP to cluster in by hand."""
    began = time.monotonic()
    with Reader(run.staging) as reader:
        matrices = matrices_of(run.state, reader, group.dataset, group.views)
        labels = reader.clips(group.dataset).set_index("clip_id")["label"]
    results, features = _inputs(run.state, group, matrices)
    _add_spaces(run, results, matrices)
    truth = {str(clip_id): None if pd.isna(label) else str(label) for clip_id, label in labels.items()}

    def on_progress(step: str, share: float) -> None:
        run.on_progress(done + min(share, 0.99), total, group.dataset, step)

    found = search(
        features,
        {},
        truth,
        thorough=run.state.thorough,
        each=lambda function, arguments: run.each(function, list(arguments)),
        on_progress=on_progress,
    )
    for finalist in found.found:
        results[finalist.view].clusterings.append((BUILD, finalist.clustering))
    for gap in found.gaps:
        results[gap.view].gaps.append((gap.what, gap.reason))
    kept = _add_kept(run.state, group, results, features, truth)
    ranks = _again_ranked(results) if kept else _ranks_of(group.dataset, found.found)
    for result in results.values():
        result.notes = (*result.notes, found.summary)
        result.seconds = time.monotonic() - began
    return list(results.values()), ranks


def _ranks_of(dataset: str, found: Sequence[Finalist]) -> pd.DataFrame:
    """What the search says of each clustering, by its id in the store."""
    rows = [
        (
            recipe.clustering_id(
                dataset, one.view, one.clustering.space, one.clustering.method, one.clustering.parameters
            ),
            *(getattr(one, name) for name in RANKED),
        )
        for one in found
    ]
    return pd.DataFrame(rows, columns=["clustering_id", *RANKED])


def _inputs(
    state: State, group: Group, matrices: Mapping[str, Matrix]
) -> tuple[dict[str, Result], dict[str, FeatureMatrix]]:
    """The units of a group, still empty, and the standardised input of those that have one."""
    results: dict[str, Result] = {}
    features: dict[str, FeatureMatrix] = {}
    for view in group.views:
        own = {one: matrices[one] for one in _parts(state, view)}
        result = Result(UnitName(NAME, group.dataset, view, group.key), next(iter(own.values())).clip_ids)
        results[view] = result

        def take(view: str = view, own: Mapping[str, Matrix] = own, result: Result = result) -> None:
            features[view] = standardised_input(view, own)
            result.clip_ids, result.columns = features[view].clip_ids, features[view].columns
            result.notes = features[view].notes

        guarded(result, "Clusterings", take)
    return results, features


def _parts(state: State, view: str) -> list[str]:
    return unlearned_views(state) if view == ALL else [view]


def _add_spaces(run: Run, results: Mapping[str, Result], matrices: Mapping[str, Matrix]) -> None:
    """UMAP of each view in the dimensions to cluster in, as far as it can be computed."""
    specs = list(recipe.SPACES.values())
    tasks = [
        (Task(result.name, {one: matrices[one] for one in _parts(run.state, view)}, specs),)
        for view, result in results.items()
        if specs and not result.gaps
    ]
    for computed in run.each(compute, tasks):
        result = results[computed.name.view]
        result.projections += computed.projections
        result.gaps += computed.gaps


def _positions(result: Result) -> dict[str, NDArray[np.float32]]:
    """Where the clips lie in each UMAP space that there is."""
    return {
        name: one.positions
        for name, spec in recipe.SPACES.items()
        for made, one in result.projections
        if made == spec
    }


def _add_kept(
    state: State,
    group: Group,
    results: Mapping[str, Result],
    features: Mapping[str, FeatureMatrix],
    truth: Mapping[str, str | None],
) -> bool:
    """Make the clusterings again that persons have kept; whether there were any."""
    before = {view: len(result.clusterings) for view, result in results.items()}
    for view, specs in kept_clusterings(state.base, group.dataset).items():
        if view not in features:
            continue
        result = results[view]
        by_name = {space.name: space for space in spaces(features[view], _positions(result))}
        known = [truth.get(clip_id) for clip_id in features[view].clip_ids]
        for spec in specs:
            again = partial(_again, result, by_name, spec, known)
            guarded(result, f"{CLUSTERERS[spec.method].title}, kept", again)
    return before != {view: len(result.clusterings) for view, result in results.items()}


def _again(
    result: Result, by_name: Mapping[str, Space], spec: ClusteringSpec, truth: Sequence[str | None]
) -> None:
    space = by_name.get(spec.space)
    if space is None:
        raise InputError(f"There is no space '{spec.space}' of this view to cluster in any more.")
    _add(result, cluster(space, spec.method, spec.parameters, truth))


def _add(result: Result, kept: Clustering) -> None:
    """What a person has kept may be what the search has found as well: it stays once, as kept."""
    same = (kept.space, kept.method, kept.parameters)
    others = [
        (origin, one) for origin, one in result.clusterings if (one.space, one.method, one.parameters) != same
    ]
    result.clusterings[:] = [*others, (KEPT, kept)]


def _again_ranked(results: Mapping[str, Result]) -> pd.DataFrame:
    """What the ranking says of each where what was kept stands among them; views may lack clips."""
    rows = [row for result in results.values() for row in rows_of(result).clusterings]
    ids = pd.Index(np.unique(np.concatenate([result.clip_ids for result in results.values()])))
    labels = np.full((len(rows), len(ids)), MISSING, dtype=np.int32)
    found = [(result.clip_ids, one) for result in results.values() for _, one in result.clusterings]
    for row, (clip_ids, one) in zip(labels, found, strict=True):
        row[ids.get_indexer(pd.Index(clip_ids))] = one.fitted.labels
    return pd.DataFrame(rank(pd.DataFrame(rows), labels)[["clustering_id", *RANKED]])


CLUSTERINGS = Stage(
    name=NAME,
    title="clusterings",
    unit="collections",
    stale=UNITS.stale,
    run=run,
    outdated=UNITS.outdated,
    forget=UNITS.forget,
    cost_s=_cost_s,
)
