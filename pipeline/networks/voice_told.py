"""From the vectors of the view ``ecapa`` to what the network says: its last layer is linear and is done here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from models.gender_format import calibrated
from pipeline.networks.voice_card import Card

Floats = NDArray[np.float32]


def said(card: Card, vectors: Floats) -> tuple[Floats, Floats]:
    """
    Parameters
    ----------
    vectors : ndarray
        float32 (n, dimension), of the view ``ecapa`` by the same weights.

    Returns
    -------
    tuple of ndarray
        Calibrated probabilities and logits before calibration, float32 (n, 2) each: female, male.
    """
    with safe_open(card.weights, framework="numpy") as file:
        weight, bias = (file.get_tensor(f"head.{name}").astype(np.float64) for name in ("weight", "bias"))
    logits = vectors.astype(np.float64) @ weight.T + bias  # (n, 2)
    return calibrated(logits, card.temperature).astype(np.float32), logits.astype(np.float32)
