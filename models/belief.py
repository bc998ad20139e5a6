"""What several windows of one voice say together."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax


class Belief:
    """
    A mean of logits in which each counts less the older it is: ``exp(-age / smooth_s)``.

    Windows of one voice overlap, so this takes away flicker and adds no certainty.
    """

    def __init__(self, smooth_s: float) -> None:
        self.smooth_s = smooth_s
        self.forget()

    def forget(self) -> None:
        """Somebody else may speak next."""
        self._weight, self._at_s = 0.0, 0.0
        self._sum: NDArray[np.float64] | None = None

    def hear(self, logits: NDArray[np.float32], at_s: float) -> None:
        """Logits (classes,) of the window that ends ``at_s`` into the stream."""
        left = math.exp(-(at_s - self._at_s) / self.smooth_s) if self._sum is not None else 0.0
        before = np.zeros(len(logits)) if self._sum is None else self._sum
        self._sum, self._weight, self._at_s = left * before + logits, left * self._weight + 1, at_s

    def probabilities(self, temperature: float) -> NDArray[np.float64] | None:
        """(classes,), calibrated; None where nothing was heard."""
        if self._sum is None:
            return None
        return calibrated(self._sum / self._weight, temperature)


def calibrated(logits: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """Logits (..., classes) to probabilities of that shape: the softmax of what the temperature leaves of them."""
    probabilities: NDArray[np.float64] = softmax(logits.astype(np.float64) / temperature, axis=-1)
    return probabilities
