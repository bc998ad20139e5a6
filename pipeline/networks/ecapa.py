"""The view ``ecapa``: what the voice network makes of a clip before it decides."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from models.gender_format import VERSION as NETWORK_VERSION
from models.voice_card import Card, in_words
from pipeline.features.spectra import Spectra
from pipeline.features.view import View
from pipeline.networks.in_use import VoiceCardError, found

NAME = "ecapa"
VERSION = 1
LONGEST_S = 30.0
"""What lasts longer is heard in parts of equal length, whose mean stands for the clip."""


def described(card: Card) -> View:
    """The view that a network gives. Its key changes with the weights."""
    return View(
        name=NAME,
        version=VERSION,
        title="Voice network",
        columns=tuple(f"{NAME}_{number:03d}" for number in range(1, card.dimension + 1)),
        units=("1",) * card.dimension,
        parameters={"weights": card.sha256, "network": NETWORK_VERSION, "longest_s": LONGEST_S},
        source="The embedding layer of an ECAPA-TDNN (Desplanques, Thienpondt and Demuynck 2020), trained here",
        compute=_not_of_spectra,
        notes=_notes(card),
        learned=True,
    )


def of_root(root: Path) -> View | None:
    """The view that the store's voice network gives; None where there is none that is whole."""
    card = found(root)
    return described(card) if card else None


def _notes(card: Card) -> str:
    return (
        f"The network has learned from {in_words(card.speakers['train'])}, and was chosen on "
        f"{in_words(card.speakers['validation'])}. It was trained to tell the sex that the corpora's makers recorded "
        "for a speaker, so that is what lies most open in this view: clusters and neighbours are those of a label that "
        "was learned. Clips of those corpora were heard by it in training, and that they lie well apart here is no "
        "measure; how often it is right about people whom it has not met, its own experiment tells. What lasts "
        f"longer than {LONGEST_S:g} s is heard in equal parts, and the mean of their vectors stands for the clip."
    )


def _not_of_spectra(spectra: Spectra) -> NoReturn:
    raise VoiceCardError(
        "The view of the voice network is not computed from a clip's spectra; expected its vectors from a build, "
        "which listens to every clip of speech. Build again."
    )
