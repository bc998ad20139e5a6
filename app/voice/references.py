"""What others report of telling female from male voices: reference beside the card's numbers, measured by others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """A published accuracy (0 to 1), on what, and what one must know to compare it."""

    what: str
    accuracy: float
    on: str
    note: str
    link: str


VOICES = (
    Reference(
        "ECAPA-TDNN trained on TIMIT's TRAIN",
        0.9881,
        "TIMIT, 1,344 sentences of TEST without SA",
        "same corpus in training and test; the epoch was chosen on the test set",
        "",
    ),
    Reference(
        "griko/voice-gender-classification (ECAPA-TDNN of VoxCeleb, then an SVM)",
        0.996,
        "TIMIT",
        "learned from thousands of speakers of VoxCeleb; the same system is reported with 92.3% on Common Voice",
        "https://arxiv.org/abs/2502.17579",
    ),
    Reference(
        "Kwasny and Hemmerling 2021",
        0.996,
        "TIMIT",
        "pre-trained on speakers of VoxCeleb 1, fine-tuned on TIMIT's TRAIN",
        "https://doi.org/10.3390/s21144785",
    ),
)
