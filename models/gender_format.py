"""What a file of voice weights means, to be known without torch: its name and version, its classes, its calibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

KIND = "voice-ecapa-tdnn"
VERSION = 1
"""Raise it when weights of old no longer mean the same, e.g. because the front end was changed."""
SEXES = ("female", "male")
"""As the corpora's makers recorded it. The order of the classes."""


def calibrated(logits: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """Logits (..., classes) to probabilities of that shape: the softmax of what the temperature leaves of them."""
    probabilities: NDArray[np.float64] = softmax(logits.astype(np.float64) / temperature, axis=-1)
    return probabilities
