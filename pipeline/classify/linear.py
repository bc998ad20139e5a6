"""Logistic regression and the linear support vector machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.classifier import Classifier, Parameters, Scorer, Values
from pipeline.classify.solver import TOLERANCE, linear_models, softmax_loss, squared_hinge_loss

HINGE_CURVATURE = 2.0
"""Of the squared hinge, where a clip is within the margin."""
LOGISTIC_CURVATURE = 0.3
"""Over the number of classes: p (1 - p) near the optimum, where most clips are classified correctly."""

MAX_CLIPS = 20_000
"""Time grows with clips times classes, and classes mostly grow with the clips."""


def _logistic(
    values: Values, codes: NDArray[np.intp], candidates: Sequence[Parameters], seed: int
) -> Iterator[Scorer]:
    """The weights of ``LogisticRegression``, of two classes those of its binary model."""
    classes = int(codes.max()) + 1
    strengths = [float(str(tried["C"])) for tried in candidates]
    # Two columns share the binary model's weights, half each with opposite signs, and so half of its penalty.
    factor = 0.5 if classes == 2 else 1.0
    yield from linear_models(
        values, codes, [factor * strength for strength in strengths], softmax_loss,
        curvature=LOGISTIC_CURVATURE / classes, columns=classes, penalise_offset=False,
        tolerance=float(str(candidates[0].get("tolerance", TOLERANCE))),
    )  # fmt: skip


def _svm(
    values: Values, codes: NDArray[np.intp], candidates: Sequence[Parameters], seed: int
) -> Iterator[Scorer]:
    """The weights of ``LinearSVC``, which has one column of two classes."""
    classes = int(codes.max()) + 1
    yield from linear_models(
        values, codes, [float(str(tried["C"])) for tried in candidates], squared_hinge_loss,
        curvature=HINGE_CURVATURE, columns=classes if classes > 2 else 1, penalise_offset=True,
    )  # fmt: skip


LOGISTIC = Classifier(
    name="logistic",
    title="Logistic regression",
    version=2,
    source="Multinomial, L2, as sklearn.linear_model.LogisticRegression; temperature of Guo et al. 2017",
    fit=_logistic,
    # Probabilities to a hundredth choose the same candidate, with two steps in three.
    search_parameters={"tolerance": 1e-3},
    grid=tuple({"C": C} for C in (0.1, 0.003, 0.01, 0.03, 0.3, 1.0)),
    max_clips=MAX_CLIPS,
    calibrated=True,
)

SVM = Classifier(
    name="svm_linear",
    title="SVM, linear",
    version=2,
    source="Squared hinge, one against the rest, as sklearn.svm.LinearSVC; temperature of Guo et al. 2017",
    fit=_svm,
    grid=tuple({"C": C} for C in (1e-3, 3e-4, 3e-3, 1e-2)),
    max_clips=MAX_CLIPS,
    calibrated=True,
)
