"""Experiments in the staging database: what was learned, on which clips, and every single answer.

The rows of one experiment come and go together, and with the clips and views they were learned from.
Call each function inside ``writer.transaction()``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from store.errors import StoreError

if TYPE_CHECKING:
    from store.writer import Writer

Row = Mapping[str, Any]
OF_EXPERIMENTS = ("experiment_metrics", "experiment_history", "predictions", "experiments", "experiment_gaps")


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
    classes, told = len(rows.experiment["classes"]), rows.predictions.column("probabilities")
    lengths = set(told.combine_chunks().value_lengths().to_pylist())
    if lengths - {classes}:
        raise StoreError(
            f"The experiment '{rows.id}' has {classes} classes, and predictions with {sorted(lengths)} "
            "probabilities. This is a fault of the program: report it."
        )
    drop_experiments(writer.con, [rows.id])
    named = {"experiment_id": rows.id}
    writer.append("experiments", [rows.experiment])
    writer.append("experiment_metrics", [named | dict(row) for row in rows.metrics])
    writer.append("experiment_history", [named | dict(row) for row in rows.history])
    ids = pa.repeat(pa.scalar(rows.id), rows.predictions.num_rows)
    writer.append("predictions", rows.predictions.append_column("experiment_id", ids))


def write_gap(writer: Writer, gap: Row) -> None:
    """Say that an experiment could not be made, in its place: a row of ``experiment_gaps``."""
    drop_experiments(writer.con, [gap["experiment_id"]])
    writer.append("experiment_gaps", [gap])


def drop_experiments(con: duckdb.DuckDBPyConnection, experiment_ids: Sequence[str]) -> None:
    """Forget experiments; an id that is not there is none to forget."""
    for table in OF_EXPERIMENTS:
        con.execute(
            f"delete from {table} where experiment_id in (select unnest($ids))", {"ids": list(experiment_ids)}
        )


def drop_learned(
    con: duckdb.DuckDBPyConnection, *, dataset: str | None = None, view: str | None = None
) -> None:
    """Forget what was learned of a dataset, by a view of that name, or of the one by the other."""
    if dataset is None and view is None:
        raise ValueError("drop_learned needs a dataset, a view, or both")
    wanted = {
        "dataset = $dataset": {"dataset": dataset} if dataset is not None else None,
        "list_contains(views, $view)": {"view": view} if view is not None else None,
    }
    where = " and ".join(part for part, bound in wanted.items() if bound)
    named = {name: value for bound in wanted.values() if bound for name, value in bound.items()}
    ids = con.execute(f"select experiment_id from experiments where {where}", named).fetchall()
    drop_experiments(con, [row[0] for row in ids])
    if view is None:
        con.execute("delete from experiment_gaps where dataset = ?", [dataset])
