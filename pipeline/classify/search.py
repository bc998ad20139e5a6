"""Hyper-parameters and the temperature of probabilities, found among the training clips alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.classifier import MIN_PROBABILITY, Classifier, Parameters, Scores
from pipeline.inputs import FeatureMatrix, standardise
from pipeline.runtime import stop
from pipeline.runtime.events import ProgressCallback
from store.reader import Matrix

Ints = NDArray[np.intp]
FINALISTS = 2
MIN_HELD_OUT = 100
"""With fewer held-out clips the order of candidates is luck, and none is dropped yet."""
MANY_CLIPS = 4_000
"""Two inner folds of so many training clips hold out 2,000: the log loss's standard error is some hundredths."""
COLDEST, HOTTEST = -4.0, 6.0
"""Natural logarithms of the least and the greatest factor that scores are multiplied by."""


@dataclass(frozen=True, eq=False)
class Choice:
    """What the search chose; ``loss`` and ``accuracy`` are those of the inner folds, None without a search."""

    parameters: Parameters
    sharpness: float
    loss: float | None
    accuracy: float | None


def prepared(values: NDArray[np.float32]) -> FeatureMatrix:
    """Gaps filled, constant columns dropped, the rest brought to one scale: by these clips and no others."""
    names = tuple(str(column) for column in range(values.shape[1]))
    return standardise(Matrix(np.arange(len(values)).astype(object), values, names))


def search(
    classifier: Classifier,
    values: NDArray[np.float32],
    codes: Ints,
    splits: Sequence[tuple[Ints, Ints]],
    seed: int,
    on_progress: ProgressCallback = lambda share: None,
) -> Choice:
    """
    The candidate with the lowest log loss over the inner folds.

    Log loss asks for honest probabilities and changes smoothly, where accuracy on a few hundred clips
    ties and jumps. The scores of the inner folds also give the temperature, so calibration costs no fit.
    After each inner fold the worse half of the candidates is dropped (successive halving: Jamieson and
    Talwalkar 2016) until two are left, which are compared on all of them.

    Parameters
    ----------
    values : ndarray of float32, shape (n, d)
        Raw vectors of the training clips; each inner fold is scaled by its own training part.
    codes : ndarray of int, shape (n,)
        Classes, of which each occurs.
    splits : sequence of (fit, check)
        Positions; empty where the clips allow none, and then the first candidate is taken as it is.
    """
    candidates = classifier.candidates
    splits = _enough(splits, classifier, len(codes))
    if not classifier.searches or not splits:
        return Choice(candidates[0], 1.0, None, None)
    classes = int(codes.max()) + 1
    scores = np.full((len(candidates), len(codes), classes), np.nan)
    left = list(range(len(candidates)))
    for done, (fit, check) in enumerate(splits):
        stop.check()
        known = np.unique(codes[fit])
        for number, found in zip(
            left, _inner(classifier, left, values, codes, fit, check, seed), strict=True
        ):
            scores[number, check] = -np.inf
            scores[number][np.ix_(check, known)] = found
        if len(left) > FINALISTS and done + 1 < len(splits):
            left = _better_half(classifier, left, scores, codes)
        on_progress((done + 1) / len(splits))
    rows = _comparable(scores[left[0]], codes)
    if not rows.any():
        return Choice(candidates[0], 1.0, None, None)
    return _best(classifier, [candidates[one] for one in left], scores[left][:, rows], codes[rows])


def _enough(
    splits: Sequence[tuple[Ints, Ints]], classifier: Classifier, clips: int
) -> Sequence[tuple[Ints, Ints]]:
    """The inner splits to compare on: of many clips, two hold out enough to distinguish candidates."""
    max_splits = len(splits) if clips < MANY_CLIPS else 2
    return splits[: min(max_splits, classifier.search_splits or max_splits)]


def _comparable(scores: Scores, codes: Ints) -> NDArray[np.bool_]:
    """A class that an inner fold never learned is every candidate's mistake and distinguishes none."""
    return np.isfinite(scores[np.arange(len(codes)), codes])


def _better_half(
    classifier: Classifier, left: list[int], scores: NDArray[np.float64], codes: Ints
) -> list[int]:
    """Those of the lower loss on what was held out so far, in the grid's order."""
    rows = _comparable(scores[left[0]], codes)
    if rows.sum() < MIN_HELD_OUT:
        return left
    losses = [_scored(classifier, {}, scores[one][rows], codes[rows]).loss or 0.0 for one in left]
    kept = np.argsort(losses, kind="stable")[: max((len(left) + 1) // 2, FINALISTS)]
    return [left[place] for place in sorted(kept)]


def _inner(
    classifier: Classifier,
    left: Sequence[int],
    values: NDArray[np.float32],
    codes: Ints,
    fit: Ints,
    check: Ints,
    seed: int,
) -> list[Scores]:
    """The scores of the held-out clips by each candidate that is left."""
    features = prepared(values[fit])
    compact = np.unique(codes[fit], return_inverse=True)[1]
    placed = features.place(values[check])
    scorers = classifier.fit(features.values, compact, [classifier.searched[one] for one in left], seed)
    return [scorer(placed) for scorer in scorers]


def _best(
    classifier: Classifier, candidates: Sequence[Parameters], scores: NDArray[np.float64], codes: Ints
) -> Choice:
    tried = [
        _scored(classifier, parameters, found, codes)
        for parameters, found in zip(candidates, scores, strict=True)
    ]
    return min(tried, key=lambda choice: choice.loss if choice.loss is not None else np.inf)


def _scored(classifier: Classifier, parameters: Parameters, scores: Scores, codes: Ints) -> Choice:
    factor = sharpness(scores, codes) if classifier.calibrated else 1.0
    right = float((scores.argmax(axis=1) == codes).mean())
    return Choice(parameters, factor, loss(scores * factor, codes), right)


def sharpness(scores: Scores, codes: Ints) -> float:
    """
    The factor by which scores are multiplied before the softmax so that its log loss is least.

    It is 1 / T of temperature scaling (Guo et al. 2017, section 4.2): one number, which changes no
    prediction. Scores come from clips that the scorer has not learned from. n clips that are all right
    do not prove certainty: as in Platt 1999, the true class is held to be so by (n + 1) / (n + 2) only.
    """
    from scipy.optimize import minimize_scalar

    n, classes = scores.shape
    doubt = 1 / (n + 2)
    shares = np.full(scores.shape, doubt / (classes - 1))
    shares[np.arange(n), codes] = 1 - doubt
    learned = np.isfinite(scores)
    finite = np.where(learned, scores, 0.0)
    shares *= learned

    def smoothed(power: float) -> float:
        raised = finite * np.exp(power)
        highest = np.where(learned, raised, -np.inf).max(axis=1, keepdims=True)
        total = np.log((np.exp(raised - highest) * learned).sum(axis=1, keepdims=True))
        return float((shares * (highest + total - raised)).sum() / n)

    found = minimize_scalar(smoothed, bounds=(COLDEST, HOTTEST), method="bounded")
    return float(np.exp(found.x))


def loss(scores: Scores, codes: Ints) -> float:
    """Mean negative logarithm of the probability of the true class."""
    right = softmax(scores)[np.arange(len(codes)), codes]
    return float(-np.log(np.maximum(right, MIN_PROBABILITY)).mean())


def softmax(scores: Scores) -> NDArray[np.float64]:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)
