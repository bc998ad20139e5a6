"""What is right without listening: guessing by how frequent the classes are, or always the same class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.classifier import Classifier, Parameters, Scorer, Values, logarithm

NEVER_RIGHT = (
    "0% is no error: the most frequent class of the clips a fold learns from is never among those it tests."
)
"""For a person, where always predicting the most frequent class is never right."""


def _frequencies(
    values: Values, codes: NDArray[np.intp], candidates: Sequence[Parameters], seed: int
) -> Iterator[Scorer]:
    scores = logarithm(np.bincount(codes) / len(codes))
    for _ in candidates:
        yield lambda tested: np.tile(scores, (len(tested), 1))


CHANCE = Classifier(
    name="chance",
    title="Chance",
    version=1,
    source="sklearn.dummy.DummyClassifier, strategy stratified",
    fit=_frequencies,
    looks=False,
    draws=True,
)

MAJORITY = Classifier(
    name="majority",
    title="Majority",
    version=1,
    source="sklearn.dummy.DummyClassifier, strategy prior",
    fit=_frequencies,
    looks=False,
)
