"""What a build has computed, in the staging database: projections and clusterings, scores, experiments.

What one stage computes from one view of one dataset, or from all its views together, is a *unit*. The rows of a
unit come and go together, as do those of an experiment, for each of them depends on every clip. Call each function
inside ``writer.transaction()``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from store.database import query
from store.errors import StoreError
from store.results_reader import AnalysisQueries, AuditQueries, ExperimentQueries
from store.writer import Writer

Row = Mapping[str, Any]
OF_PROJECTIONS = ("projection_points", "projection_axes", "projections")
OF_CLUSTERINGS = ("cluster_members", "cluster_trees", "clusterings")
RANKED = ("agreement", "rank", "place", "why")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitRows:
    """The rows of one unit as the tables of ``schema.sql`` have them; long ones as Arrow, a table an id."""

    unit: Row
    """The row of ``units``: names stage, dataset, view and key."""
    gaps: Sequence[Row] = ()
    """Rows of ``analysis_gaps``: ``what`` and ``reason``; dataset and view are added."""
    projections: Sequence[Row] = ()
    points: Sequence[pa.Table] = ()
    axes: Sequence[Row] = ()
    clusterings: Sequence[Row] = ()
    members: Sequence[pa.Table] = ()
    trees: Sequence[pa.Table] = ()

    @property
    def place(self) -> dict[str, str]:
        return {name: self.unit[name] for name in ("stage", "dataset", "view")}


class Staged(AnalysisQueries, ExperimentQueries, AuditQueries):
    """What has been computed, as the staging database answers while it is being written."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer

    def ask(self, name: str, **parameters: Any) -> pa.Table:
        return self.writer.con.sql(query(name), params=parameters or None).to_arrow_table()


def replace_unit(writer: Writer, rows: UnitRows) -> None:
    """Write a unit in the place of whatever there was of its stage, dataset and view, kept results included.

    Raises
    ------
    StoreError
        A row of another dataset or view, or a value that does not fit.
    """
    drop_units(writer, **rows.place)
    writer.upsert("units", [rows.unit])
    writer.append("analysis_gaps", [dict(gap) | rows.place for gap in rows.gaps])
    _add(writer, rows)


def add_to_unit(writer: Writer, rows: UnitRows) -> None:
    """Add projections and clusterings to a unit that is there, in the place of those of the same id.

    Raises
    ------
    StoreError
        The unit is gone or has another key: the clips are no longer those it was computed from.
    """
    found = Staged(writer).units().get((rows.unit["stage"], rows.unit["dataset"], rows.unit["view"]))
    if found != rows.unit["key"]:
        raise StoreError(
            f"The view '{rows.place['view']}' of '{rows.place['dataset']}' has been built anew since this was "
            "computed. Compute it again on the present snapshot, then keep it."
        )
    for tables, key, new in (
        (OF_PROJECTIONS, "projection_id", rows.projections),
        (OF_CLUSTERINGS, "clustering_id", rows.clusterings),
    ):
        ids = [row[key] for row in new]
        for table in tables:
            writer.con.execute(f"delete from {table} where {key} in (select unnest($ids))", {"ids": ids})
    _add(writer, rows)


def _add(writer: Writer, rows: UnitRows) -> None:
    for row in (*rows.projections, *rows.clusterings):
        if {name: row[name] for name in rows.place} != rows.place:
            raise StoreError(
                f"A result of '{row['dataset']}', view '{row['view']}', came with the unit {rows.place}; "
                "expected only results of that unit. This is a fault of the program: report it."
            )
    writer.append("projections", _once(rows.projections, "projection_id"))
    writer.append("projection_axes", _once(rows.axes, "projection_id", "axis"))
    writer.append("clusterings", _once(rows.clusterings, "clustering_id"))
    for table, key, long in (
        ("projection_points", "projection_id", rows.points),
        ("cluster_members", "clustering_id", rows.members),
        ("cluster_trees", "clustering_id", rows.trees),
    ):
        by_id = {each.column(key)[0].as_py(): each for each in long if each.num_rows}
        if by_id:
            writer.append(table, pa.concat_tables(by_id.values(), promote_options="permissive"))


def _once(rows: Sequence[Row], *key: str) -> list[Row]:
    """What a person keeps may be what the build computes anyway: of rows with the same key the last."""
    return list({tuple(row[name] for name in key): row for row in rows}.values())


def write_ranks(writer: Writer, dataset: str, ranks: pd.DataFrame) -> None:
    """Write what the ranking says of a dataset's clusterings (``RANKED``), in the place of all there was.

    Parameters
    ----------
    ranks : DataFrame
        One row a clustering, with ``clustering_id`` and these; other columns are not looked at.
    """
    nothing = ", ".join(f"{name} = null" for name in RANKED)
    writer.con.execute(f"update clusterings set {nothing} where dataset = ?", [dataset])
    columns = pa.Table.from_pandas(ranks[["clustering_id", *RANKED]], preserve_index=False)
    writer.con.register("ranks", columns)
    try:
        each = ", ".join(f"{name} = r.{name}" for name in RANKED)
        writer.con.execute(
            f"update clusterings c set {each} from ranks r where c.clustering_id = r.clustering_id and c.dataset = ?",
            [dataset],
        )
    finally:
        writer.con.unregister("ranks")


def drop_units(
    writer: Writer,
    *,
    stage: str | None = None,
    dataset: str | None = None,
    view: str | None = None,
) -> None:
    """Forget what was computed of a dataset, of a view, or of the one view of the one dataset; by one stage
    or by all of them."""
    if dataset is None and view is None:
        raise ValueError("drop_units needs a dataset, a view, or both")
    names = {"stage": stage, "dataset": dataset, "view": view}
    bound = {name: value for name, value in names.items() if value is not None}
    where = " and ".join(f"{name} = ${name}" for name in bound)
    for owner, key, tables in (
        ("projections", "projection_id", OF_PROJECTIONS),
        ("clusterings", "clustering_id", OF_CLUSTERINGS),
    ):
        for table in tables:
            ids = f"select {key} from {owner} where {where}"
            writer.con.execute(f"delete from {table} where {key} in ({ids})", bound)
    for table in ("analysis_gaps", "units"):
        writer.con.execute(f"delete from {table} where {where}", bound)


OF_EXPERIMENTS = ("experiment_metrics", "experiment_history", "predictions", "experiments", "experiment_gaps")


def replace_score(
    writer: Writer, row: Row, clip_ids: NDArray[np.object_], values: NDArray[np.float64]
) -> None:
    """Write a score in the place of the one of the same dataset, view and name.

    Parameters
    ----------
    row : mapping
        The row of ``scores``; the number of clips is added.
    clip_ids : (n,) str
    values : (n,) float64
        In the order of the ids; both are empty where it could not be computed, and ``row`` has a ``reason``.
    """
    place = {name: row[name] for name in ("dataset", "view", "score")}
    drop_scores(writer, **place)
    writer.append("scores", [dict(row) | {"clips": len(clip_ids)}])
    columns = {name: pa.repeat(pa.scalar(value), len(clip_ids)) for name, value in place.items()}
    writer.append(
        "clip_scores", pa.table(columns | {"clip_id": pa.array(clip_ids, pa.string()), "value": values})
    )


def drop_scores(
    writer: Writer, *, dataset: str | None = None, view: str | None = None, score: str | None = None
) -> None:
    """Forget the scores of a dataset, of a view, or of the one view of the one dataset; all of them or one."""
    if dataset is None and view is None:
        raise ValueError("drop_scores needs a dataset, a view, or both")
    names = {"dataset": dataset, "view": view, "score": score}
    bound = {name: value for name, value in names.items() if value is not None}
    where = " and ".join(f"{name} = ${name}" for name in bound)
    for table in ("clip_scores", "scores"):
        writer.con.execute(f"delete from {table} where {where}", bound)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExperimentRows:
    """The rows of one experiment as the tables of ``schema.sql`` have them, but for its id."""

    experiment: Row
    """The row of ``experiments``, with the id."""
    predictions: pa.Table
    """``clip_id``, ``fold``, ``truth``, ``predicted``, ``probabilities`` (a list in the order of the classes)."""
    metrics: Sequence[Row] = ()
    """``kind``, ``name``, ``metric``, ``value``."""
    history: Sequence[Row] = ()
    """``fold``, ``epoch``, ``metric``, ``value``."""

    @property
    def id(self) -> str:
        return str(self.experiment["experiment_id"])


def replace_experiment(writer: Writer, rows: ExperimentRows) -> None:
    """Write an experiment in the place of the one of the same id.

    Raises
    ------
    StoreError
        A value that does not fit, or as many probabilities as there are classes are not given.
    """
    classes, lists = len(rows.experiment["classes"]), rows.predictions.column("probabilities")
    lengths = set(lists.combine_chunks().value_lengths().to_pylist())
    if lengths - {classes}:
        raise StoreError(
            f"The experiment '{rows.id}' has {classes} classes, and predictions with {sorted(lengths)} "
            "probabilities. This is a fault of the program: report it."
        )
    drop_experiments(writer, [rows.id])
    named = {"experiment_id": rows.id}
    writer.append("experiments", [rows.experiment])
    writer.append("experiment_metrics", [named | dict(row) for row in rows.metrics])
    writer.append("experiment_history", [named | dict(row) for row in rows.history])
    ids = pa.repeat(pa.scalar(rows.id), rows.predictions.num_rows)
    writer.append("predictions", rows.predictions.append_column("experiment_id", ids))


def write_gap(writer: Writer, gap: Row) -> None:
    """Say that an experiment could not be made, in its place: a row of ``experiment_gaps``."""
    drop_experiments(writer, [gap["experiment_id"]])
    writer.append("experiment_gaps", [gap])


def drop_experiments(writer: Writer, experiment_ids: Sequence[str]) -> None:
    """Forget experiments; an id that is not there is none to forget."""
    for table in OF_EXPERIMENTS:
        writer.con.execute(
            f"delete from {table} where experiment_id in (select unnest($ids))", {"ids": list(experiment_ids)}
        )


def drop_learned(
    writer: Writer, *, dataset: str | None = None, view: str | None = None, subset: str | None = None
) -> None:
    """Forget the experiments of a dataset, by a view of that name, or of the one by the other; all of them or
    those on one subset of the clips."""
    if dataset is None and view is None:
        raise ValueError("drop_learned needs a dataset, a view, or both")
    conditions = {
        "dataset = $dataset": dataset,
        "list_contains(views, $view)": view,
        "subset = $subset": subset,
    }
    where = " and ".join(part for part, value in conditions.items() if value is not None)
    bound = {
        name: value
        for name, value in zip(("dataset", "view", "subset"), conditions.values(), strict=True)
        if value is not None
    }
    ids = writer.con.execute(f"select experiment_id from experiments where {where}", bound).fetchall()
    drop_experiments(writer, [row[0] for row in ids])
    if view is None and subset is None:
        writer.con.execute("delete from experiment_gaps where dataset = ?", [dataset])
