"""Support vector machines with a kernel: by squared distance (RBF) or by city-block distance (Laplacian).

The city-block distance grows with an outlying column, not with its square, which suits many columns of
which some have long tails (Chapelle et al. 1999 found the same for histograms of images).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.classifier import Classifier, Parameters, Scorer, Values, two_sided

WIDTHS = (0.3, 0.1, 1.0)
"""Kernel widths to try, in units of 1 / columns: 1 is scikit-learn's ``gamma="scale"``."""

Distance = Callable[[Values, Values], NDArray[np.float64]]


MAX_CLIPS = 2_000
"""A machine's time and memory grow with the square of the clips, its distances' with the columns too."""


def _squared(left: Values, right: Values) -> NDArray[np.float64]:
    """By one product of matrices, ten times as fast as pair by pair."""
    one, other = left.astype(np.float64), right.astype(np.float64)
    lengths = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1)
    return np.asarray(np.maximum(lengths - 2 * (one @ other.T), 0))


def _city_block(left: Values, right: Values) -> NDArray[np.float64]:
    from scipy.spatial.distance import cdist, pdist, squareform

    if left is right:  # each pair once
        return np.asarray(squareform(pdist(left, "cityblock"), checks=False))
    return cdist(left, right, "cityblock")


def _rbf(
    values: Values, codes: NDArray[np.intp], candidates: Sequence[Parameters], seed: int
) -> Iterator[Scorer]:
    """One machine for each pair of classes, as ``SVC`` has them."""
    from sklearn.svm import SVC

    apart = _squared(values, values)
    for tried in candidates:
        gamma = _gamma(tried, values)
        model = SVC(C=tried["C"], kernel="precomputed", break_ties=True).fit(np.exp(-gamma * apart), codes)
        yield _scorer([model], values, _squared, gamma)


def _laplace(
    values: Values, codes: NDArray[np.intp], candidates: Sequence[Parameters], seed: int
) -> Iterator[Scorer]:
    """One machine for each class against the rest; of two classes, one."""
    from sklearn.svm import SVC

    apart = _city_block(values, values)
    sides = range(codes.max() + 1) if codes.max() > 1 else (1,)
    for tried in candidates:
        gamma = _gamma(tried, values)
        alike = np.exp(-gamma * apart)
        models = [SVC(C=tried["C"], kernel="precomputed").fit(alike, codes == side) for side in sides]
        yield _scorer(models, values, _city_block, gamma)


def _scorer(models: list[Any], trained: Values, distance: Distance, gamma: float) -> Scorer:
    support = np.unique(np.concatenate([model.support_ for model in models]))

    def scores(values: Values) -> NDArray[np.float64]:
        alike = np.zeros((len(values), len(trained)))
        # Only support vectors have a weight, so only their distances count.
        alike[:, support] = np.exp(-gamma * distance(values, trained[support]))
        found = [model.decision_function(alike) for model in models]
        return two_sided(found[0] if len(found) == 1 else np.stack(found, axis=1))

    return scores


def _gamma(tried: Parameters, values: Values) -> float:
    return float(str(tried["width"])) / values.shape[1]


RBF = Classifier(
    name="svm_rbf",
    title="SVM, RBF kernel",
    version=2,
    source="sklearn.svm.SVC, one against one; temperature of Guo et al. 2017",
    fit=_rbf,
    grid=tuple({"C": C, "width": width} for C, width in product((10.0, 1.0, 30.0), WIDTHS)),
    max_clips=MAX_CLIPS,
    calibrated=True,
)

LAPLACE = Classifier(
    name="svm_laplace",
    title="SVM, Laplacian kernel",
    version=2,
    source="sklearn.svm.SVC on exp(-gamma |x - y|), one against the rest; Chapelle et al. 1999; "
    "temperature of Guo et al. 2017",
    fit=_laplace,
    grid=tuple({"C": C, "width": width} for C, width in product((10.0, 1.0), WIDTHS)),
    max_clips=MAX_CLIPS,
    calibrated=True,
)
