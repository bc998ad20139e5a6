"""What a voice model's answers to clips are worth, as rows of the store: whole, by class, dialect or condition.

Needs no torch: a build measures by numbers that were kept.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.gender_format import SEXES
from pipeline.classify.metrics import MetricRow, Metrics, measure, metric_row
from pipeline.classify.significance import CONFIDENCE, Interval, wilson

CONDITION, DIALECT = "condition", "dialect"
"""Kinds of ``experiment_metrics``."""
OF_CLIPS = ("clip_id", "dataset", "speaker", "sex", "dialect")
SPEAKERS, SPEAKER = "speakers", "speaker"
"""Kinds of ``experiment_metrics``: of all speakers, and of each by name."""
WORDS = {"male": "sex", "majority_male": "majority", "mean_logit_male": "mean_logit"}
"""What is kept as a number of each speaker, and which column says it in a word."""
RESAMPLES = 2_000


def prediction_table(
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


def measure_predictions(predictions: pd.DataFrame) -> Metrics:
    """All measures of some rows of :func:`answered`, clips of one speaker known to be alike."""
    codes = [
        np.array([SEXES.index(sex) for sex in predictions[column]], dtype=np.intp)
        for column in ("sex", "predicted")
    ]
    groups = np.unique(predictions["speaker"].astype(str), return_inverse=True)[1].astype(np.intp)
    return measure(codes[0], codes[1], predictions[list(SEXES)].to_numpy(dtype=np.float64), groups=groups)


def measured_rows(kind: str, name: str, predictions: pd.DataFrame) -> list[MetricRow]:
    """What is measured of some rows, under a name."""
    found = measure_predictions(predictions)
    values = {
        "clips": found.clips, "errors": int((~predictions["right"]).sum()), "accuracy": found.accuracy,
        "accuracy_low": found.interval.low, "accuracy_high": found.interval.high,
        "balanced_accuracy": found.balanced_accuracy, "macro_f1": found.macro_f1,
        "log_loss": found.log_loss, "ece": found.ece,
    }  # fmt: skip
    return [metric_row(kind, name, what, value) for what, value in values.items()]


def dialect_rows(predictions: pd.DataFrame) -> list[MetricRow]:
    """By dialect, where the corpus names any."""
    names = sorted(predictions["dialect"].dropna().unique())
    return [
        row
        for name in names
        for row in measured_rows(DIALECT, name, predictions[predictions["dialect"] == name])
    ]


def by_speaker(predictions: pd.DataFrame) -> pd.DataFrame:
    """
    One row a speaker: dataset, sex, clips, right (clips), majority and mean_logit (the sex by each).

    Where as many clips say the one as the other, the majority is nobody's: an empty word.

    Parameters
    ----------
    predictions : DataFrame
        Rows of :attr:`pipeline.train.voice.evaluate.Evaluation.predictions`, of one condition.
    """
    rows = []
    for speaker, own in predictions.groupby("speaker", sort=True):
        male = int((own["predicted"] == SEXES[1]).sum())
        majority = "" if 2 * male == len(own) else SEXES[int(2 * male > len(own))]
        by_logit = SEXES[int(own["logit"].mean() > 0)]
        first = own.iloc[0]
        rows.append(
            (speaker, first["dataset"], first["sex"], len(own), int(own["right"].sum()), majority, by_logit)
        )
    columns = ["speaker", "dataset", "sex", "clips", "right", "majority", "mean_logit"]
    return pd.DataFrame(rows, columns=columns)


def bootstrap(
    predictions: pd.DataFrame, resamples: int = RESAMPLES, seed: int = 0, level: float = CONFIDENCE
) -> Interval:
    """Within what the accuracy would lie with other speakers: speakers drawn anew (Efron 1979), percentiles."""
    speakers = by_speaker(predictions)
    right, clips = speakers["right"].to_numpy(dtype=float), speakers["clips"].to_numpy(dtype=float)
    drawn = np.random.default_rng(seed).integers(0, len(speakers), (resamples, len(speakers)))
    shares = right[drawn].sum(1) / clips[drawn].sum(1)
    low, high = np.quantile(shares, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def speaker_rows(predictions: pd.DataFrame) -> list[MetricRow]:
    """Speakers that are correct by the majority of their clips and by the mean logit, each with Wilson's interval."""
    speakers, between = by_speaker(predictions), bootstrap(predictions)
    found: list[MetricRow] = []
    for rule in ("majority", "mean_logit"):
        right = int((speakers[rule] == speakers["sex"]).sum())
        interval = wilson(right, len(speakers))
        values = {
            "speakers": len(speakers), "errors": len(speakers) - right, "accuracy": right / len(speakers),
            "accuracy_low": interval.low, "accuracy_high": interval.high,
        }  # fmt: skip
        found += [metric_row(SPEAKERS, rule, what, value) for what, value in values.items()]
    ends = {"accuracy_low": between.low, "accuracy_high": between.high, "resamples": RESAMPLES}
    return found + [metric_row(SPEAKERS, "bootstrap", what, value) for what, value in ends.items()]


def rows_by_speaker(speakers: pd.DataFrame) -> list[MetricRow]:
    """Rows of :func:`by_speaker`: clips, right, and 1 for male of what was recorded and of what each rule says.

    Where the clips say the one as often as the other, the majority has no value.
    """
    found: list[MetricRow] = []
    for row in speakers.to_dict("records"):
        male = {name: _is_male(row[column]) for name, column in WORDS.items()}
        found += [
            metric_row(SPEAKER, row["speaker"], what, value)
            for what, value in {"clips": row["clips"], "right": row["right"], **male}.items()
        ]
    return found


def _is_male(sex: str) -> float:
    return float(sex == SEXES[1]) if sex in SEXES else np.nan
