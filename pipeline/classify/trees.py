"""Many decision trees: side by side (random forest) or each mending the last ones' errors (boosting)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.classifier import Classifier, Parameters, Scorer, Scores, Values, logarithm, two_sided


def _forest(
    values: Values, codes: NDArray[np.intp], candidates: Sequence[Parameters], seed: int
) -> Iterator[Scorer]:
    from sklearn.ensemble import RandomForestClassifier

    for tried in candidates:
        model = RandomForestClassifier(random_state=seed, **tried).fit(values, codes)
        yield partial(_shares, model)


def _shares(model: Any, values: Values) -> Scores:
    return logarithm(model.predict_proba(values))


def _boosting(
    values: Values, codes: NDArray[np.intp], candidates: Sequence[Parameters], seed: int
) -> Iterator[Scorer]:
    """One fit with the most rounds asked for: fewer rounds are its beginning."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    rounds = [int(str(tried["max_iter"])) for tried in candidates]
    asked = {**candidates[0], "max_iter": max(rounds)}
    model = HistGradientBoostingClassifier(random_state=seed, early_stopping=False, **asked).fit(
        values, codes
    )
    for number in rounds:
        yield partial(_after, model, number)


def _after(model: Any, rounds: int, values: Values) -> Scores:
    """Decision values after the first ``rounds`` rounds."""
    return two_sided(next(islice(model.staged_decision_function(values), rounds - 1, None)))


FOREST = Classifier(
    name="forest",
    title="Random forest",
    version=1,
    source="sklearn.ensemble.RandomForestClassifier, Breiman 2001; temperature of Guo et al. 2017",
    fit=_forest,
    parameters={"n_estimators": 200},
    grid=({"min_samples_leaf": 1}, {"min_samples_leaf": 3}),
    calibrated=True,
)

BOOSTING = Classifier(
    name="boosting",
    title="Gradient boosting",
    version=1,
    source="sklearn.ensemble.HistGradientBoostingClassifier, Friedman 2001; temperature of Guo et al. 2017",
    fit=_boosting,
    # Small trees over a tenth of the columns each split, in few bins: a few hundred clips hold no more.
    parameters={
        "learning_rate": 0.1,
        "max_leaf_nodes": 8,
        "min_samples_leaf": 5,
        "max_bins": 31,
        "max_features": 0.1,
    },
    grid=({"max_iter": 100}, {"max_iter": 50}),
    calibrated=True,
)
