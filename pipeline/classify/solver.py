"""Linear models with an L2 penalty, fitted for all classes and several strengths of the penalty at once.

Rotating the columns changes no such model, and weights lie in the span of the training rows (the representer
theorem; Hastie and Tibshirani 2004 on many columns and few rows): columns are rotated to their principal axes,
of which there are no more than rows. On these axes the curvature of the loss is close to diagonal, and each axis
is scaled by it: L-BFGS then takes some ten or a hundred steps where it takes thousands on correlated columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.classifier import Scores, Values, two_sided

MAX_STEPS = 1_000
TOLERANCE = 1e-4
"""Of the gradient on the scaled axes: probabilities then differ from the optimum's by less than 0.001."""
RANK_TOLERANCE = 1e-10
"""Axes along which the rows vary less, relative to the first, are rounding."""
SINGLE_PRECISION_FROM = 2_000_000
"""Rows times axes from which products are made in float32: twice as fast, and the gradient as exact as needed."""

Floats = NDArray[np.float64]
Loss = Callable[[Floats, NDArray[np.intp]], tuple[float, Floats]]
"""Scores (n, k), codes (n,) -> the sum of the losses and its derivative by the scores (n, k)."""


@dataclass(frozen=True, eq=False)
class Linear:
    """Scores ``values @ weights + offset``: weights (d, k), offset (k,); two columns of scores where k is 1."""

    weights: Floats
    offset: Floats

    def __call__(self, values: Values) -> Scores:
        return two_sided(values @ self.weights + self.offset)


@dataclass(frozen=True, eq=False)
class Axes:
    """Principal axes (d, r) of standardised values, and the variance along each times n, (r,)."""

    directions: Floats
    energy: Floats


def principal_axes(values: Values) -> Axes:
    """All axes along which the rows vary: at most as many as rows or columns."""
    rows = values.astype(np.float64)
    wide = rows.shape[0] < rows.shape[1]
    energy, found = np.linalg.eigh(rows @ rows.T if wide else rows.T @ rows)
    kept = energy > energy[-1] * RANK_TOLERANCE
    energy, found = energy[kept], found[:, kept]
    return Axes(rows.T @ (found / np.sqrt(energy)) if wide else found, energy)


def linear_models(
    values: Values,
    codes: NDArray[np.intp],
    strengths: Sequence[float],
    loss: Loss,
    *,
    curvature: float,
    columns: int,
    penalise_offset: bool,
    tolerance: float = TOLERANCE,
) -> list[Linear]:
    """
    Minimise ``C * sum of losses + |weights|^2 / 2`` for each C, in the order given.

    Parameters
    ----------
    values : ndarray of float32, shape (n, d)
        Standardised values.
    strengths : sequence of float
        The C of each model. From the least to the greatest, each begins where the last one ended.
    loss : callable
        See ``Loss``.
    curvature : float
        A typical second derivative of the loss by a score: it scales the axes, and changes no optimum.
    columns : int
        Scores a row, k.
    penalise_offset : bool
        Whether the offset counts as a weight, as liblinear has it.
    tolerance : float
        Of the gradient on the scaled axes.
    """
    axes = principal_axes(values)
    turned = values @ axes.directions  # (n, r), float64
    if turned.size >= SINGLE_PRECISION_FROM:
        turned = turned.astype(np.float32)
    weights, offset = np.zeros((len(axes.energy), columns)), np.zeros(columns)
    found: dict[float, Linear] = {}
    for strength in sorted(set(strengths)):
        weights, offset = _minimised(
            turned, codes, strength, loss, axes.energy, curvature, weights, offset, penalise_offset, tolerance
        )
        found[strength] = Linear(axes.directions @ weights, offset)
    return [found[strength] for strength in strengths]


def _minimised(
    turned: NDArray[np.floating],
    codes: NDArray[np.intp],
    strength: float,
    loss: Loss,
    energy: Floats,
    curvature: float,
    weights: Floats,
    offset: Floats,
    penalise_offset: bool,
    tolerance: float,
) -> tuple[Floats, Floats]:
    from scipy.optimize import minimize

    (n, rank), columns = turned.shape, len(offset)
    scale = 1 / np.sqrt(1 + strength * curvature * energy)  # weights = scale * what is sought
    level = 1 / np.sqrt(penalise_offset + strength * curvature * n)
    scaled = turned * scale.astype(turned.dtype)
    penalty = np.append(scale**2, level**2 if penalise_offset else 0.0)[:, None]

    def objective(flat: Floats) -> tuple[float, Floats]:
        sought = flat.reshape(rank + 1, columns)
        scores = scaled @ sought[:rank].astype(turned.dtype) + level * sought[rank]
        total, slope = loss(scores, codes)
        gradient = penalty * sought
        gradient[:rank] += strength * (scaled.T @ slope.astype(turned.dtype))
        gradient[rank] += strength * level * slope.sum(axis=0)
        return strength * total + 0.5 * float((penalty * sought**2).sum()), gradient.ravel()

    begin = np.vstack([weights / scale[:, None], offset / level])
    # A flat search in single precision ends with a warning in its result and the optimum all the same.
    found = minimize(
        objective, begin.ravel(), jac=True, method="L-BFGS-B",
        options={"maxiter": MAX_STEPS, "gtol": tolerance, "ftol": 1e-9},
    ).x.reshape(rank + 1, columns)  # fmt: skip
    return scale[:, None] * found[:rank], level * found[rank]


def softmax_loss(scores: Floats, codes: NDArray[np.intp]) -> tuple[float, Floats]:
    """Negative log likelihood of the multinomial logistic model."""
    rows = np.arange(len(codes))
    scores = scores - scores.max(axis=1, keepdims=True)
    raised = np.exp(scores)
    total = raised.sum(axis=1, keepdims=True)
    value = float(np.log(total, dtype=np.float64).sum() - scores[rows, codes].sum(dtype=np.float64))
    slope = raised / total
    slope[rows, codes] -= 1
    return value, slope


def squared_hinge_loss(scores: Floats, codes: NDArray[np.intp]) -> tuple[float, Floats]:
    """Each class against the rest, ``max(0, 1 - y s)^2``; with one column of scores, class 1 against class 0."""
    signs = np.full(scores.shape, -1, dtype=scores.dtype)
    if scores.shape[1] == 1:
        signs[codes == 1] = 1
    else:
        signs[np.arange(len(codes)), codes] = 1
    short = np.maximum(1 - signs * scores, 0)
    return float((short**2).sum(dtype=np.float64)), -2 * signs * short
