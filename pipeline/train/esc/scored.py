"""What a voice model's answers to clips are worth, as rows of the store: whole, by class, dialect or condition.

Needs no torch: a build measures what it is told by numbers that were kept.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.classify.metrics import MetricRow, Metrics, measure, metric_row
from pipeline.train.voice.speakers import SEXES

CONDITION, DIALECT = "condition", "dialect"
"""Kinds of ``experiment_metrics``."""
OF_CLIPS = ("clip_id", "dataset", "speaker", "sex", "dialect")


def answered(
    clips: pd.DataFrame, probabilities: NDArray[np.float32], logits: NDArray[np.float32]
) -> pd.DataFrame:
    """
    Clips and the answers to them: the columns :data:`OF_CLIPS`, predicted, probability (of what was predicted),
    logit (male less female, before calibration), right, and one column for each class with its probability.

    Parameters
    ----------
    probabilities, logits : ndarray
        float32 (n, 2), in the order of ``SEXES``.
    """
    predicted = np.array(SEXES, dtype=object)[probabilities.argmax(1)]
    return (
        clips[list(OF_CLIPS)]
        .reset_index(drop=True)
        .assign(
            predicted=predicted,
            probability=probabilities.max(1),
            logit=logits[:, 1] - logits[:, 0],
            right=predicted == clips["sex"].to_numpy(),
            **{sex: probabilities[:, place] for place, sex in enumerate(SEXES)},
        )
    )


def measured(told: pd.DataFrame) -> Metrics:
    """All measures of some rows of :func:`answered`, clips of one speaker known to be alike."""
    codes = [
        np.array([SEXES.index(sex) for sex in told[column]], dtype=np.intp) for column in ("sex", "predicted")
    ]
    groups = np.unique(told["speaker"].astype(str), return_inverse=True)[1].astype(np.intp)
    return measure(codes[0], codes[1], told[list(SEXES)].to_numpy(dtype=np.float64), groups=groups)


def rows_of(kind: str, name: str, told: pd.DataFrame) -> list[MetricRow]:
    """What is measured of some rows, under a name."""
    found = measured(told)
    values = {
        "clips": found.clips, "errors": int((~told["right"]).sum()), "accuracy": found.accuracy,
        "accuracy_low": found.interval.low, "accuracy_high": found.interval.high,
        "balanced_accuracy": found.balanced_accuracy, "macro_f1": found.macro_f1,
        "log_loss": found.log_loss, "ece": found.ece,
    }  # fmt: skip
    return [metric_row(kind, name, what, value) for what, value in values.items()]


def dialect_rows(told: pd.DataFrame) -> list[MetricRow]:
    """By dialect, where the corpus names any."""
    names = sorted(told["dialect"].dropna().unique())
    return [row for name in names for row in rows_of(DIALECT, name, told[told["dialect"] == name])]
