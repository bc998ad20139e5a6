"""Linear models are those of scikit-learn, for many classes, many columns and several penalties at once."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from pipeline.classify import CLASSIFIERS
from pipeline.classify.solver import principal_axes

SHAPES = [(2, 200, 20), (2, 60, 150), (3, 200, 20), (6, 60, 150)]


def drawn(classes: int, n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(classes)
    codes = np.append(np.arange(classes), generator.integers(classes, size=n - classes))
    values = generator.normal(size=(n, d)) + 0.5 * generator.normal(size=(classes, d))[codes]
    return values.astype(np.float32), codes


@pytest.mark.parametrize("shape", SHAPES)
def test_logistic_regression_of_every_penalty(shape) -> None:
    values, codes = drawn(*shape)
    strengths = (0.1, 0.003, 1.0)
    ours = CLASSIFIERS["logistic"].fit(values, codes, [{"C": C} for C in strengths], 0)
    for C, scorer in zip(strengths, ours, strict=True):
        theirs = LogisticRegression(C=C, tol=1e-9, max_iter=9_999).fit(values, codes)
        np.testing.assert_allclose(softmax(scorer(values), axis=1), theirs.predict_proba(values), atol=1e-3)


@pytest.mark.parametrize("shape", SHAPES)
def test_linear_machines_of_every_penalty(shape) -> None:
    values, codes = drawn(*shape)
    strengths = (1e-3, 3e-4, 1e-2)
    ours = CLASSIFIERS["svm_linear"].fit(values, codes, [{"C": C} for C in strengths], 0)
    for C, scorer in zip(strengths, ours, strict=True):
        theirs = LinearSVC(C=C, dual=False, tol=1e-10, max_iter=9_999).fit(values, codes)
        found = scorer(values)
        found = found[:, 1] if shape[0] == 2 else found
        np.testing.assert_allclose(found, theirs.decision_function(values), atol=5e-3)


def test_axes_are_as_many_as_the_rows_allow() -> None:
    values, _ = drawn(3, 40, 100)
    axes = principal_axes(values)
    assert axes.directions.shape == (100, 40)
    np.testing.assert_allclose(axes.directions.T @ axes.directions, np.eye(40), atol=1e-8)
    assert principal_axes(np.hstack([values[:, :3]] * 2)).directions.shape == (6, 3)


def test_every_number_of_neighbours_is_that_of_scikit_learn() -> None:
    values, codes = drawn(3, 80, 10)
    values[1], codes[1] = values[0], codes[0]  # a neighbour at no distance
    ours = CLASSIFIERS["knn"].fit(values, codes, [{"n_neighbors": k} for k in (5, 1, 20)], 0)
    for k, scorer in zip((5, 1, 20), ours, strict=True):
        theirs = KNeighborsClassifier(k, weights="distance", algorithm="brute").fit(values, codes)
        expected = (k * theirs.predict_proba(values) + 1 / 3) / (k + 1)
        np.testing.assert_allclose(np.exp(scorer(values)), expected, atol=1e-6)
