"""Many decision trees: side by side (random forest) or each mending the last ones' errors (boosting)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.classifier import (
    Classifier,
    Parameters,
    Scorer,
    Scores,
    Values,
    bounded,
    logarithm,
    two_sided,
)

CLIPS_A_TREE = 4_000
"""A tree grows from so many clips, beyond that from a share that grows with their root: all trees together see all."""
MAX_TREES = 2_000
MANY_CLASSES = 20
SHRINKAGE = 1.0
"""Of many classes each is improbable, so its curvature p (1 - p) is small, and the step of a leaf with a few clips
would be ten or more: probabilities of 50 classes went astray without it."""
MAX_CLIPS = 4_000


def _forest(
    values: Values, codes: NDArray[np.intp], candidates: Sequence[Parameters], seed: int
) -> Iterator[Scorer]:
    from sklearn.ensemble import RandomForestClassifier

    grown_from = bounded(len(values), CLIPS_A_TREE)
    for tried in candidates:
        model = RandomForestClassifier(
            random_state=seed, max_samples=grown_from if grown_from < len(values) else None, **tried
        ).fit(values, codes)
        yield partial(_shares, model)


def _shares(model: Any, values: Values) -> Scores:
    return logarithm(model.predict_proba(values))


def _boosting(
    values: Values, codes: NDArray[np.intp], candidates: Sequence[Parameters], seed: int
) -> Iterator[Scorer]:
    """One fit with the most rounds asked for: fewer rounds are its beginning.

    A round grows a tree for each class: of many classes there are fewer rounds.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    classes = int(codes.max()) + 1
    max_rounds = max(MAX_TREES // (classes if classes > 2 else 1), 1)
    rounds = [min(int(str(tried["max_iter"])), max_rounds) for tried in candidates]
    largest = {**candidates[0], "max_iter": max(rounds)}
    model = HistGradientBoostingClassifier(
        random_state=seed, early_stopping=False, l2_regularization=SHRINKAGE if classes > MANY_CLASSES else 0.0,
        **largest,
    ).fit(values, codes)  # fmt: skip
    for number in rounds:
        yield partial(_after, model, number)


def _after(model: Any, rounds: int, values: Values) -> Scores:
    """Decision values after the first ``rounds`` rounds."""
    return two_sided(next(islice(model.staged_decision_function(values), rounds - 1, None)))


FOREST = Classifier(
    name="forest",
    title="Random forest",
    version=2,
    source="sklearn.ensemble.RandomForestClassifier, Breiman 2001; temperature of Guo et al. 2017",
    fit=_forest,
    parameters={"n_estimators": 120},
    # Leaves of one, two or three clips differ by less than another seed does: only the temperature is found.
    grid=({"min_samples_leaf": 2},),
    search_parameters={"n_estimators": 40},
    calibrated=True,
)

BOOSTING = Classifier(
    name="boosting",
    title="Gradient boosting",
    version=2,
    source="sklearn.ensemble.HistGradientBoostingClassifier, Friedman 2001; temperature of Guo et al. 2017",
    fit=_boosting,
    # Small trees over a tenth of the columns each split, in few bins: a few hundred clips hold no more.
    parameters={
        "learning_rate": 0.2,
        "max_leaf_nodes": 12,
        "min_samples_leaf": 5,
        "max_bins": 31,
        "max_features": 0.1,
    },
    grid=({"max_iter": 40}, {"max_iter": 20}),
    # On four data sets one inner fold gave the same log loss as four, in two fits instead of five.
    search_splits=1,
    max_clips=MAX_CLIPS,
    calibrated=True,
)
