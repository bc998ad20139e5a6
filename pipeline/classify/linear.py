"""Logistic regression and the linear support vector machine."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.classifier import Classifier, Parameters, Scorer, Values, two_sided

MOST_STEPS = 2000


def _logistic(
    values: Values, codes: NDArray[np.intp], candidates: Sequence[Parameters], seed: int
) -> Iterator[Scorer]:
    """
    The same weights as ``LogisticRegression`` finds, sooner.

    With an L2 penalty the weights lie in the span of the training rows, so fewer rows than columns are
    fitted in as many dimensions as there are rows. Each candidate begins where the last one ended.
    """
    from sklearn.linear_model import LogisticRegression

    n, d = values.shape
    axes = np.linalg.svd(values.astype(np.float64), full_matrices=False)[2].T if n < d else np.eye(d)
    turned = values @ axes  # (n, min(n, d)), float64
    model = LogisticRegression(max_iter=MOST_STEPS, warm_start=True)
    for tried in candidates:
        model.set_params(C=tried["C"]).fit(turned, codes)
        yield _line(axes @ model.coef_.T, model.intercept_)


def _svm(
    values: Values, codes: NDArray[np.intp], candidates: Sequence[Parameters], seed: int
) -> Iterator[Scorer]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    for tried in candidates:
        model = LinearSVC(C=tried["C"], random_state=seed)
        with warnings.catch_warnings():
            # The last digits of a boundary that hardly moves any more change no prediction.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(values, codes)
        yield _line(model.coef_.T, model.intercept_)


def _line(weights: NDArray[np.float64], offset: NDArray[np.float64]) -> Scorer:
    def scores(values: Values) -> NDArray[np.float64]:
        return two_sided(values @ weights + offset)

    return scores


LOGISTIC = Classifier(
    name="logistic",
    title="Logistic regression",
    version=1,
    source="sklearn.linear_model.LogisticRegression, multinomial, L2; temperature of Guo et al. 2017",
    fit=_logistic,
    grid=tuple({"C": C} for C in (0.1, 0.003, 0.01, 0.03, 0.3, 1.0)),
    calibrated=True,
)

SVM = Classifier(
    name="svm_linear",
    title="SVM, linear",
    version=1,
    source="sklearn.svm.LinearSVC, one against the rest; temperature of Guo et al. 2017",
    fit=_svm,
    grid=tuple({"C": C} for C in (1e-3, 3e-4, 3e-3, 1e-2)),
    calibrated=True,
)
