"""How good predictions are, how sure that is, and whether their probabilities can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.classifier import MIN_PROBABILITY
from pipeline.classify.significance import Interval, by_groups, wilson

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]
MetricRow = dict[str, Any]
"""A row of the store's table ``experiment_metrics``: kind, name, metric, value."""
BINS = 10
OF_CLASS = ("precision", "recall", "f1", "support")


@dataclass(frozen=True, eq=False)
class Reliability:
    """Bins (k,) of equal width: clips in each, their mean confidence and their accuracy, NaN where empty.

    ``ece`` is the expected calibration error: the mean gap of the two, over clips (Naeini et al. 2015).
    """

    edges: Floats
    clips: NDArray[np.intp]
    confidence: Floats
    accuracy: Floats
    ece: float


@dataclass(frozen=True, eq=False)
class Metrics:
    """
    What n predictions are worth. Classes without a tested clip count in no mean.

    ``interval`` takes each clip as an independent trial (Wilson 1927); ``grouped_interval`` knows that clips
    of one speaker or source are alike, and is wider. Arrays (classes,) have NaN where a class has no
    clip; ``confusion`` (classes, classes) has the truth in rows. ``brier`` sums over classes: 0 to 2.
    """

    clips: int
    accuracy: float
    interval: Interval
    fold_accuracies: tuple[float, ...]
    spread: float
    groups: int
    grouped_interval: Interval | None
    balanced_accuracy: float
    macro_f1: float
    log_loss: float
    brier: float
    reliability: Reliability
    confusion: NDArray[np.intp]
    precision: Floats
    recall: Floats
    f1: Floats
    support: Ints

    @property
    def ece(self) -> float:
        return self.reliability.ece


def measure(
    truth: Ints,
    predicted: Ints,
    probabilities: NDArray[np.floating],
    *,
    folds: Ints | None = None,
    groups: Ints | None = None,
) -> Metrics:
    """
    Parameters
    ----------
    truth, predicted : ndarray of int, shape (n,)
        Positions of classes.
    probabilities : ndarray, shape (n, classes)
        Rows that add up to 1.
    folds, groups : ndarray of int, shape (n,), optional
        For the spread over folds (a standard deviation, ``numpy.std``), and for the interval that knows
        which clips are alike.
    """
    n, classes = probabilities.shape
    right = predicted == truth
    confusion = np.bincount(truth * classes + predicted, minlength=classes**2).reshape(classes, classes)
    precision, recall, f1 = per_class(confusion)
    tested = confusion.sum(axis=1) > 0
    each = [float(right[folds == fold].mean()) for fold in np.unique(folds)] if folds is not None else []
    chosen = np.asarray(probabilities, dtype=np.float64)
    of_truth = chosen[np.arange(n), truth]
    members = len(set(groups.tolist())) if groups is not None else n
    # A class that is never tested has no recall, but its false alarms cost the others' precision.
    return Metrics(
        clips=n,
        accuracy=float(right.mean()),
        interval=wilson(int(right.sum()), n),
        fold_accuracies=tuple(each),
        spread=float(np.std(each)) if each else 0.0,
        groups=members,
        grouped_interval=by_groups(right, groups) if groups is not None and members < n else None,
        balanced_accuracy=float(recall[tested].mean()),
        macro_f1=float(f1[tested].mean()),
        log_loss=float(-np.log(np.maximum(of_truth, MIN_PROBABILITY)).mean()),
        brier=float(((chosen - np.eye(classes)[truth]) ** 2).sum(axis=1).mean()),
        reliability=reliability(right, chosen[np.arange(n), predicted]),
        confusion=confusion,
        precision=precision,
        recall=recall,
        f1=f1,
        support=confusion.sum(axis=1),
    )


def per_class(confusion: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
    """Precision, recall and F1 of each class; precision 0 where it is never predicted, as scikit-learn has it."""
    hits = np.diag(confusion).astype(np.float64)
    support, predicted_as = confusion.sum(axis=1), confusion.sum(axis=0)
    precision = np.divide(hits, predicted_as, out=np.zeros_like(hits), where=predicted_as > 0)
    recall = np.divide(hits, support, out=np.full_like(hits, np.nan), where=support > 0)
    f1 = np.divide(2 * hits, support + predicted_as, out=np.full_like(hits, np.nan), where=support > 0)
    precision[support == 0] = np.nan
    return precision, recall, f1


def reliability(right: NDArray[np.bool_], confidence: Floats, bins: int = BINS) -> Reliability:
    """Clips by the confidence in what was predicted, in bins that hold their upper edge (Guo et al. 2017)."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    places = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    clips = np.bincount(places, minlength=bins)
    held = np.full((2, bins), np.nan)
    for row, weights in enumerate((confidence, right)):
        sums = np.bincount(places, weights=weights, minlength=bins)
        np.divide(sums, clips, out=held[row], where=clips > 0)
    gaps = np.where(clips > 0, np.abs(held[0] - held[1]), 0.0)
    return Reliability(edges, clips, held[0], held[1], float((gaps * clips).sum() / len(right)))


@dataclass(frozen=True, eq=False)
class Curve:
    """Points (k,) with the threshold of each; ``area`` None where a class has no clip, or no other has."""

    x: Floats
    y: Floats
    thresholds: Floats
    area: float | None


NONE = Curve(np.zeros(0), np.zeros(0), np.zeros(0), None)


def receiver(positive: NDArray[np.bool_], scores: NDArray[np.floating]) -> Curve:
    """The receiver operating characteristic: false positive rate, true positive rate, area below."""
    from sklearn.metrics import auc, roc_curve

    if positive.all() or not positive.any():
        return NONE
    false, true, thresholds = roc_curve(positive, scores)
    # The first threshold is infinite: nothing is above it. No JSON knows that number.
    return Curve(false, true, np.minimum(thresholds, 1.0), float(auc(false, true)))


def precision_recall(positive: NDArray[np.bool_], scores: NDArray[np.floating]) -> Curve:
    """Recall, precision, and the average precision: the area without interpolation."""
    from sklearn.metrics import average_precision_score, precision_recall_curve

    if positive.all() or not positive.any():
        return NONE
    precision, recall, thresholds = precision_recall_curve(positive, scores)
    area = float(average_precision_score(positive, scores))
    return Curve(recall, precision, np.append(thresholds, 1.0), area)


def roc(truth: Ints, probabilities: NDArray[np.floating]) -> list[Curve]:
    """Each class against the rest: false against true positive rate, with the area below."""
    return [receiver(truth == each, probabilities[:, each]) for each in range(probabilities.shape[1])]


def pr(truth: Ints, probabilities: NDArray[np.floating]) -> list[Curve]:
    """Each class against the rest: recall against precision, with the average precision."""
    return [precision_recall(truth == each, probabilities[:, each]) for each in range(probabilities.shape[1])]


def metric_row(kind: str, name: str, metric: str, value: float) -> MetricRow:
    """What has no value, e.g. a class without a tested clip, is None."""
    number = float(value)
    return {"kind": kind, "name": name, "metric": metric, "value": number if np.isfinite(number) else None}


def class_rows(metrics: Metrics, classes: Sequence[str]) -> list[MetricRow]:
    """Precision, recall, F1 and support of each class."""
    return [
        metric_row("class", name, metric, getattr(metrics, metric)[place])
        for place, name in enumerate(classes)
        for metric in OF_CLASS
    ]
