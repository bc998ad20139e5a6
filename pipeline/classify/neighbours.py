"""The k nearest neighbours: a clip is what the training clips around it are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.classifier import Classifier, Parameters, Scorer, Values, logarithm

SMOOTHING = 1.0
"""Votes that all classes together get beforehand, so that no probability is 0."""

MAX_CLIPS = 10_000
"""Every tested clip is compared with every learned one."""


def _fit(
    values: Values, codes: NDArray[np.intp], candidates: Sequence[Parameters], seed: int
) -> Iterator[Scorer]:
    """Every number of neighbours from one search for the most of them."""
    from sklearn.neighbors import NearestNeighbors

    counts = [min(int(str(tried["n_neighbors"])), len(values)) for tried in candidates]
    index = NearestNeighbors(n_neighbors=max(counts), algorithm="brute").fit(values)
    last: list[tuple[Values, NDArray[np.float64], NDArray[np.intp]]] = []

    def nearest(tested: Values) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        if not last or last[0][0] is not tested:
            distances, places = index.kneighbors(tested)
            last[:] = [(tested, distances, codes[places])]
        return last[0][1], last[0][2]

    def scorer(neighbours: int) -> Scorer:
        def scores(tested: Values) -> NDArray[np.float64]:
            distances, classes = nearest(tested)
            votes = neighbours * _shares(distances[:, :neighbours], classes[:, :neighbours], known)
            return logarithm((votes + SMOOTHING / known) / (neighbours + SMOOTHING))

        return scores

    known = int(codes.max()) + 1
    for neighbours in counts:
        yield scorer(neighbours)


def _shares(distances: NDArray[np.float64], classes: NDArray[np.intp], known: int) -> NDArray[np.float64]:
    """The classes' shares of the neighbours' weights, 1 / distance; those at no distance outweigh all others."""
    distances = distances.astype(np.float64)
    same = distances == 0
    weights = np.where(same.any(axis=1, keepdims=True), same, 1 / np.where(same, 1.0, distances))
    n = len(distances)
    cells = (np.arange(n)[:, None] * known + classes).ravel()
    votes = np.bincount(cells, weights=weights.ravel(), minlength=n * known).reshape(n, known)
    return np.asarray(votes / votes.sum(axis=1, keepdims=True))


CLASSIFIER = Classifier(
    name="knn",
    title="k nearest neighbours",
    version=2,
    source="As sklearn.neighbors.KNeighborsClassifier, Euclidean, weighted by 1 / distance",
    fit=_fit,
    grid=tuple({"n_neighbors": k} for k in (5, 1, 3, 10, 20)),
    max_clips=MAX_CLIPS,
    calibrated=True,
)
