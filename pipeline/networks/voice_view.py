"""The view ``ecapa``: what the voice network makes of a clip before it decides, and which datasets have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NoReturn

from models.gender_format import VERSION as NETWORK_VERSION
from models.voice_card import Card, describe_corpora
from pipeline.clips import Scan
from pipeline.features.spectra import Spectra
from pipeline.features.view import View
from pipeline.networks.in_use import VoiceCardError, find_card
from pipeline.sources import Source
from store.reader import Reader

NAME = "ecapa"
VERSION = 1
LONGEST_S = 30.0
"""What lasts longer is embedded in parts of equal length, whose mean stands for the clip."""
SPEECH, MIXED = "speech", "mixed"
"""Kinds of datasets that may be spoken."""


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


def find_view(root: Path) -> View | None:
    """The view that the store's voice network gives; None where there is none that is whole."""
    card = find_card(root)
    return described(card) if card else None


def _notes(card: Card) -> str:
    learned, validated = (describe_corpora(card.speakers[part]) for part in ("train", "validation"))
    return (
        f"The network has learned from {learned}, and was chosen on {validated}. It was trained to predict the sex "
        "that the corpora's makers recorded for a speaker, so that is what lies most open in this view: clusters and "
        "neighbours are those of a label that was learned. It has learned from clips of those corpora, and that they "
        "lie well apart here is no measure; how often it is right about people whom it has not met, its own experiment "
        f"shows. What lasts longer than {LONGEST_S:g} s is embedded in equal parts, and the mean of their vectors "
        "stands for the clip."
    )


def _not_of_spectra(spectra: Spectra) -> NoReturn:
    raise VoiceCardError(
        "The view of the voice network is not computed from a clip's spectra; expected its vectors from a build, "
        "which embeds every clip of speech. Build again."
    )


def is_spoken(kind: str, speakers: Iterable[str | None]) -> bool:
    """A corpus of speech, or a collection of any kind in which somebody is named as a speaker."""
    return kind == SPEECH or (kind == MIXED and any(speakers))


def any_speech(sources: Mapping[str, Source], scans: Mapping[str, Scan]) -> bool:
    """Whether any of what a build found is spoken."""
    return any(
        is_spoken(sources[name].dataset.kind, (clip.speaker for clip in scan.clips))
        for name, scan in scans.items()
    )


def speech_datasets(reader: Reader) -> list[str]:
    """The spoken datasets of a snapshot, by name."""
    return [
        row["dataset"] for row in reader.rows("all_datasets")
        if is_spoken(row["kind"], _speakers(reader, row) if row["kind"] == MIXED else ())
    ]  # fmt: skip


def _speakers(reader: Reader, row: Mapping[str, str]) -> list[str]:
    return list(reader.clips(row["dataset"])["speaker"].dropna())
