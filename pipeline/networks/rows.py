"""What the experiments of all networks have in common, as the store's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.metrics import MetricRow, Metrics, measure, metric_row
from pipeline.experiments.rows import as_json, overall
from pipeline.experiments.spec import EVERY_CLIP, ExpectedExperiment

SOUND = "sound"
"""What a network learns from, where a classifier learns from views."""


def experiment_row(
    one: ExpectedExperiment,
    metrics: Metrics,
    *,
    version: int,
    classes: Sequence[str],
    protocol: str,
    protocol_title: str,
    protocol_summary: str,
    unit: str,
    parameters: Mapping[str, Any],
    versions: Mapping[str, str],
    notes: Sequence[str],
    seed: int,
    seconds: float,
    made_at: datetime | None = None,
) -> dict[str, Any]:
    """The row of ``experiments``; ``seconds`` is what the training took."""
    spec = one.spec
    return {
        "experiment_id": one.experiment_id, "dataset": spec.dataset, "target": spec.target,
        "subset": EVERY_CLIP, "origin": spec.origin, "kind": spec.kind, "method": spec.method,
        "version": version, "views": list(spec.views), "combination": spec.combination, "columns": 0,
        "key": one.key, "seed": seed, "protocol": protocol, "protocol_title": protocol_title,
        "protocol_summary": protocol_summary, "unit": unit, "classes": list(classes), "parameters": as_json(parameters),
        "versions": as_json(versions), "notes": list(notes), "fit_seconds": seconds, "predict_seconds": 0.0,
        "seconds": seconds, "made_at": made_at or datetime.now(),
    } | overall(metrics)  # fmt: skip


def fold_rows(
    name: str, truth: NDArray[np.intp], probabilities: NDArray[np.float32], train: int, seconds: float
) -> list[MetricRow]:
    """One fold: how many clips it learned from and was tested on, how long that took, and how good it is."""
    metrics = measure(truth, probabilities.argmax(axis=1), probabilities)
    values = {
        "train": train, "test": len(truth), "fit_seconds": seconds, "accuracy": metrics.accuracy,
        "balanced_accuracy": metrics.balanced_accuracy, "macro_f1": metrics.macro_f1, "log_loss": metrics.log_loss,
    }  # fmt: skip
    return [metric_row("fold", name, what, value) for what, value in values.items()]
