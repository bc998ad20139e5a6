"""Temperature scaling: one number that makes probabilities mean what they say, and changes no decision."""

from __future__ import annotations

import math

from scipy.optimize import minimize_scalar
from torch import Tensor
from torch.nn import functional

LIMITS = (0.25, 10.0)
"""Where all is told right, the log loss falls for ever with the temperature: it ends here."""


def best_temperature(logits: Tensor, codes: Tensor) -> float:
    """
    What to divide logits by for the lowest log loss (Guo et al. 2017, section 4.2).

    Parameters
    ----------
    logits : Tensor
        (n, classes) of clips that were not learned from.
    codes : Tensor
        Whole numbers (n,), the true classes.
    """
    told = logits.detach().double()

    def loss(log_temperature: float) -> float:
        return float(functional.cross_entropy(told / math.exp(log_temperature), codes))

    bounds = tuple(math.log(limit) for limit in LIMITS)
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-4})
    return math.exp(float(found.x))
