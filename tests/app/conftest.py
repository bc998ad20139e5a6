"""What several tests of the app share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def experiment() -> Callable[..., pd.Series]:
    """``experiment(**columns)``: a row of the store's experiments, of a classifier that is right in 80 of 100."""

    def row(**columns: Any) -> pd.Series:
        usual = {
            "experiment_id": "pets.label.all.knn", "dataset": "pets", "target": "label", "subset": "all",
            "origin": "build", "kind": "classifier", "method": "knn", "version": 1,
            "views": np.array(["mfcc", "pitch"], dtype=object), "combination": "together", "columns": 305,
            "key": "abc", "seed": 0, "protocol": "grouped", "protocol_title": "grouped folds",
            "protocol_summary": "5 folds.", "unit": "clip", "classes": np.array(["cat", "dog"], dtype=object),
            "clips": 100, "groups": 100, "accuracy": 0.8, "accuracy_low": 0.711, "accuracy_high": 0.867,
            "spread": 0.05, "grouped_low": None, "grouped_high": None, "balanced_accuracy": 0.79,
            "macro_f1": 0.78, "log_loss": 0.5, "brier": 0.3, "ece": 0.04, "parameters": "{}", "versions": "{}",
            "notes": np.array([], dtype=object), "fit_seconds": 1.0, "predict_seconds": 0.1, "seconds": 1.2,
            "made_at": pd.Timestamp("2026-01-02 03:04"),
        }  # fmt: skip
        unknown = set(columns) - set(usual)
        assert not unknown, unknown
        return pd.Series(usual | columns, dtype=object)

    return row


@pytest.fixture
def experiments(experiment: Callable[..., pd.Series]) -> Callable[..., pd.DataFrame]:
    """``experiments(columns, ...)``: several of them as the store gives them, each told by what differs."""

    def table(*rows: dict[str, Any]) -> pd.DataFrame:
        return pd.DataFrame([experiment(**one) for one in rows]).infer_objects().reset_index(drop=True)

    return table
