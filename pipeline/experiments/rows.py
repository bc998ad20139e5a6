"""An experiment as the store's rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.classify.learning_curve import Point
from pipeline.classify.metrics import MetricRow, Metrics, class_rows, metric_row
from pipeline.classify.run import Experiment, Fold
from pipeline.experiments.spec import EVERY_CLIP
from store.results import ExperimentRows

COLUMNS_KEPT = 100
OF_FOLD = (
    "train", "test", "accuracy", "balanced_accuracy", "macro_f1", "log_loss", "fit_seconds", "predict_seconds",
)  # fmt: skip


def rows_of(
    experiment: Experiment,
    *,
    experiment_id: str,
    dataset: str,
    key: str,
    origin: str,
    kind: str,
    subset: str = EVERY_CLIP,
    metrics: Sequence[MetricRow] = (),
) -> ExperimentRows:
    """What :func:`pipeline.classify.run.run` gave, with ``metrics`` that were measured beside it."""
    planned, one = experiment.protocol, experiment
    return ExperimentRows(
        experiment={
            "experiment_id": experiment_id, "dataset": dataset, "target": planned.target, "subset": subset,
            "origin": origin, "kind": kind, "method": one.classifier, "version": one.version,
            "views": list(one.views), "combination": one.combination, "columns": one.columns, "key": key,
            "seed": one.seed, "protocol": planned.name, "protocol_title": planned.title,
            "protocol_summary": planned.sentence, "unit": planned.unit, "classes": list(planned.classes),
            "parameters": as_json({fold.name: _chosen(fold) for fold in one.folds}),
            "versions": as_json(one.versions), "notes": list(one.notes),
            "fit_seconds": sum(fold.fit_seconds for fold in one.folds),
            "predict_seconds": sum(fold.predict_seconds for fold in one.folds),
            "seconds": one.seconds, "made_at": datetime.now(),
        } | overall(one.metrics),
        predictions=predictions(one.predictions(), one.probabilities),
        metrics=[*by_fold(one.folds), *class_rows(one.metrics, planned.classes), *metrics],
    )  # fmt: skip


def overall(metrics: Metrics) -> dict[str, Any]:
    """The columns of ``experiments`` that say how good it is."""
    low, high = metrics.interval.low, metrics.interval.high
    grouped = metrics.grouped_interval
    return {
        "clips": metrics.clips, "groups": metrics.groups, "accuracy": metrics.accuracy,
        "accuracy_low": low, "accuracy_high": high, "spread": metrics.spread,
        "grouped_low": grouped.low if grouped else None, "grouped_high": grouped.high if grouped else None,
        "balanced_accuracy": metrics.balanced_accuracy, "macro_f1": metrics.macro_f1,
        "log_loss": metrics.log_loss, "brier": metrics.brier, "ece": metrics.ece,
    }  # fmt: skip


def predictions(predicted: pd.DataFrame, probabilities: NDArray[np.float32]) -> pa.Table:
    """``predicted`` has clip_id, fold, truth and predicted (n,); ``probabilities`` are (n, classes)."""
    n, classes = probabilities.shape
    flat = pa.array(np.ascontiguousarray(probabilities, dtype=np.float32).ravel())  # (n * classes,)
    offsets = pa.array(np.arange(0, n * classes + 1, classes, dtype=np.int32))
    columns = {
        name: pa.array(predicted[name], pa.string()) for name in ("clip_id", "fold", "truth", "predicted")
    }
    return pa.table(columns | {"probabilities": pa.ListArray.from_arrays(offsets, flat)})


def by_fold(folds: Sequence[Fold]) -> list[MetricRow]:
    rows = [metric_row("fold", fold.name, name, getattr(fold, name)) for fold in folds for name in OF_FOLD]
    for fold in folds:
        inner = [value for value in fold.inner_accuracy.values() if value is not None]
        rows += [metric_row("fold", fold.name, "inner_accuracy", float(np.mean(inner)))] if inner else []
    return rows


def by_share(points: Sequence[Point]) -> list[MetricRow]:
    """A learning curve; ``name`` is the share of the training groups."""
    return [
        metric_row("share", f"{point.share:g}", name, getattr(point, name))
        for point in points
        for name in ("clips", "accuracy", "spread", "train_accuracy")
    ]


def by_column(views: pd.DataFrame, columns: pd.DataFrame) -> list[MetricRow]:
    """Permutation importance, the most important first: of each view, and of the first hundred columns."""
    drops = ("accuracy_drop", "loss_rise", "spread")
    named = columns.head(COLUMNS_KEPT)
    return [
        metric_row("view", row["view"], name, row[name]) for _, row in views.iterrows() for name in drops
    ] + [
        metric_row("column", f"{row['view']}.{row['column']}", name, row[name])
        for _, row in named.iterrows()
        for name in drops
    ]


def _chosen(fold: Fold) -> Mapping[str, object]:
    """What the inner folds chose, by block of columns."""
    return {
        block: {**parameters, "sharpness": round(fold.sharpness[block], 4)}
        for block, parameters in fold.parameters.items()
    }


def as_json(content: object) -> str:
    return json.dumps(
        content, default=lambda value: value.item() if isinstance(value, np.generic) else str(value)
    )
