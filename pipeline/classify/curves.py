"""What a threshold trades, and how often a stated confidence is right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curve:
    """Points (k,) with the threshold of each; ``area`` None where a class has no clip, or no other has."""

    x: Floats
    y: Floats
    thresholds: Floats
    area: float | None


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
