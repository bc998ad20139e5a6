"""The stage of a build that turns views into results: what is missing or out of date, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import joblib
import pandas as pd

from pipeline import events, stop
from pipeline.analyses.kept import kept_of
from pipeline.analyses.recipe import keys
from pipeline.analyses.rows import rows_of
from pipeline.analyses.task import Result, Task
from pipeline.analyses.unit import compute
from pipeline.clusterings.ranking import rank
from pipeline.features.view import View
from pipeline.inputs import ALL
from pipeline.workers import on_all_cores
from store import analyses
from store.reader import Reader
from store.writer import Writer

Key = tuple[str, str]


def stale(reader: Reader, views: Mapping[str, View]) -> dict[Key, str]:
    """The units that are missing or were computed from something else, and the key each should have."""
    there = reader.units()
    return {unit: key for unit, key in _keys(reader, views).items() if there.get(unit) != key}


def _keys(reader: Reader, views: Mapping[str, View]) -> dict[Key, str]:
    found = keys({row["dataset"]: row["fingerprint"] for row in reader.rows("fingerprints")}, views)
    made = reader.embeddings().query("clips > 0")
    embedded = set(zip(made["dataset"], made["view"], strict=True))
    learned = {name for name, view in views.items() if view.learned}
    return {unit: key for unit, key in found.items() if unit[1] not in learned or unit in embedded}


def analyse(
    staging: Path, base: Path | None, views: Mapping[str, View], tell: events.Listener, n_jobs: int
) -> int:
    """Compute every stale unit of the staging database; how many there were.

    ``base`` is the snapshot that the build began from: what persons have kept there is computed again.

    Each is committed as soon as it is done: a killed build goes on with the others. The ranking, in
    which the views of a dataset bear witness for one another, is renewed at the end.
    """
    with Reader(staging) as reader:
        wanted, right = stale(reader, views), _keys(reader, views)
        obsolete = [unit for unit in reader.units() if unit not in right]
    _drop(staging, obsolete)
    done, began = 0, time.monotonic()
    tell(events.Analysing(0, len(wanted)))
    for dataset in dict.fromkeys(dataset for dataset, _ in wanted):
        own = {view: key for (one, view), key in wanted.items() if one == dataset}
        tasks = _tasks(staging, base, dataset, own, views)
        with Writer(staging) as writer, closing(_computed(tasks, n_jobs)) as results:
            for result in results:
                stop.check()
                with writer.transaction():
                    analyses.replace_unit(writer, rows_of(result))
                    _unrank(writer, dataset)
                done += 1
                tell(events.Analysing(done, len(wanted), dataset, result.task.view, time.monotonic() - began))
    _rank_all(staging)
    return done


def _rank_all(staging: Path) -> None:
    """Rank each dataset that has a clustering without a rank; a build that was killed may have left some."""
    with Writer(staging) as writer:
        staged = analyses.Staged(writer)
        for dataset in dict.fromkeys(dataset for dataset, _ in staged.units()):
            learned = set(staged.embeddings()["view"])
            found = staged.clusterings(dataset)
            if found["rank"][~found["view"].isin(learned)].isna().any():
                rank_again(writer, dataset)


def discard(staging: Path, views: Mapping[str, View]) -> None:
    """Forget the units that are out of date, where a build is not to compute them: they would mislead.

    Those that stay are ranked again among themselves.
    """
    with Reader(staging) as reader:
        right = _keys(reader, views)
        gone = [unit for unit, key in reader.units().items() if right.get(unit) != key]
    _drop(staging, gone)
    _rank_all(staging)


def _drop(staging: Path, gone: Sequence[Key]) -> None:
    if gone:
        with Writer(staging) as writer, writer.transaction():
            for dataset, view in gone:
                analyses.drop_units(writer.con, dataset=dataset, view=view)
                _unrank(writer, dataset)


def _unrank(writer: Writer, dataset: str) -> None:
    """Forget the ranks of a dataset: a view that comes or goes is a witness more or less for all others."""
    analyses.write_ranks(writer, dataset, pd.DataFrame(columns=["clustering_id", *analyses.RANKED]))


def rank_again(writer: Writer, dataset: str) -> None:
    """Put all clusterings of a dataset in their order of trust."""
    staged = analyses.Staged(writer)
    table, members = staged.clusterings(dataset), staged.all_members(dataset)
    if table.empty:
        return
    table = table.set_index("clustering_id").loc[list(members.clustering_ids)].reset_index()
    # A view that was learned from labels would bring them into a ranking that looks at none.
    blind = ~table["view"].isin(staged.embeddings()["view"]).to_numpy()
    if not blind.any():
        return
    ranks = rank(table[blind].reset_index(drop=True), members.labels[blind])
    ranks = ranks[["clustering_id", "agreement", "rank", "why"]]
    with writer.transaction():
        analyses.write_ranks(writer, dataset, pd.DataFrame(ranks))


def _tasks(
    staging: Path, base: Path | None, dataset: str, wanted: Mapping[str, str], views: Mapping[str, View]
) -> list[Task]:
    """What the workers need of a dataset, in memory: the database cannot be read while it is written."""
    with Reader(staging) as reader:
        described = [name for name, view in views.items() if not view.learned]
        needed = dict.fromkeys(
            [*(described if ALL in wanted else []), *(one for one in wanted if one != ALL)]
        )
        matrices = {view: reader.matrix(dataset, view) for view in needed}
        labels = reader.clips(dataset).set_index("clip_id")["label"]
    kept = kept_of(base, dataset)
    tasks = []
    for view, key in wanted.items():
        own = {one: matrices[one] for one in (described if view == ALL else [view])}
        told = labels.reindex(next(iter(own.values())).clip_ids)
        tasks.append(
            Task(dataset, view, key, own, told.where(told.notna(), None).tolist(), kept.get(view, ()))
        )
    # The largest first: begun last, it would keep one core busy alone.
    return sorted(tasks, key=lambda task: -sum(one.values.size for one in task.matrices.values()))


def _computed(tasks: Sequence[Task], n_jobs: int) -> Generator[Result, None, None]:
    if joblib.effective_n_jobs(n_jobs) == 1 or len(tasks) == 1:
        yield from map(compute, tasks)
        return
    yield from on_all_cores(compute, ((task,) for task in tasks), n_jobs)
