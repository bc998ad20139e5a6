"""The k nearest neighbours: a clip is what the training clips around it are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.classifier import Classifier, Parameters, Scorer, Values, logarithm

SMOOTHING = 1.0
"""Votes that all classes together get beforehand, so that no probability is 0."""


def _fit(
    values: Values, codes: NDArray[np.intp], candidates: Sequence[Parameters], seed: int
) -> Iterator[Scorer]:
    from sklearn.neighbors import KNeighborsClassifier

    for tried in candidates:
        neighbours = min(int(str(tried["n_neighbors"])), len(values))
        model = KNeighborsClassifier(neighbours, weights="distance", algorithm="brute").fit(values, codes)
        yield _scorer(model.predict_proba, neighbours, int(codes.max()) + 1)


def _scorer(shares: Scorer, neighbours: int, classes: int) -> Scorer:
    def scores(values: Values) -> NDArray[np.float64]:
        votes = neighbours * shares(values)
        return logarithm((votes + SMOOTHING / classes) / (neighbours + SMOOTHING))

    return scores


CLASSIFIER = Classifier(
    name="knn",
    title="k nearest neighbours",
    version=1,
    source="sklearn.neighbors.KNeighborsClassifier, Euclidean, weighted by 1 / distance",
    fit=_fit,
    grid=tuple({"n_neighbors": k} for k in (5, 1, 3, 10, 20)),
    calibrated=True,
)
