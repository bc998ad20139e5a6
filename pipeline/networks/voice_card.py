"""A voice network, as the card beside its weights describes it."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from safetensors import safe_open

from models.decisions import StreamParameters
from models.gender_format import KIND, SEXES, VERSION
from pipeline.networks.voice_card_content import (
    Corpus,
    Evaluated,
    Threshold,
    evaluated,
    speakers_of,
    threshold_of,
)

NETWORK = "gender_ecapa"
TITLE = "ECAPA-TDNN (voice network)"
WEIGHTS, CARD = f"{NETWORK}.safetensors", f"{NETWORK}.json"
FIT = "Fit one: `python -m pipeline train gender --only-threshold`."

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Card:
    """A network, and what its training told of it."""

    weights: Path
    sha256: str
    """Of the weights."""
    digest: str
    """Of the card itself: changes with anything that it says but its threshold, on which nothing in a store rests."""
    shipped: bool
    told: Mapping[str, Any]
    """The card as it is."""
    learned: frozenset[str]
    """Content hashes of the clips that it learned from."""
    validated: frozenset[str]
    """And of those by which its epoch and its calibration were chosen."""
    speakers: Mapping[str, tuple[Corpus, ...]]
    """By what they were for: train, validation, test."""
    evaluations: Mapping[str, Evaluated]
    history: Sequence[tuple[int, int, str, float]]
    """Seed, epoch, metric, value."""
    made: date
    threshold: Threshold | None
    """Of a stream; None where the card, written by an older version, has none."""

    @property
    def short(self) -> str:
        """Tells these weights from others to a person: the beginning of their SHA-256."""
        return self.sha256[:12]

    @property
    def temperature(self) -> float:
        return float(self.told["temperature"])

    @property
    def stream(self) -> StreamParameters:
        """How a stream with this network decides: by its own threshold, or without one by that of any network."""
        if self.threshold is None:
            return StreamParameters()
        return StreamParameters(sure_from=self.threshold.sure_from)

    @property
    def dimension(self) -> int:
        """Of its embeddings."""
        return int(self.told["recipe"]["network"]["embedding"])

    @property
    def seconds(self) -> float:
        """How long the training of the kept network took."""
        return sum(float(one["seconds"]) for one in self.told["seeds"] if one["seed"] == self.told["seed"])


def read(place: Path, shipped: bool) -> Card:
    """
    The network whose two files lie in a folder, as its card describes it.

    Raises
    ------
    OSError, AttributeError, KeyError, TypeError, ValueError, SafetensorError
        One of them is not there, damaged, or not of the other.
    """
    told, weights = json.loads((place / CARD).read_bytes()), place / WEIGHTS
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    if told["weights"]["sha256"] != sha256:
        raise ValueError("the weights are not those that the card names")
    with safe_open(weights, framework="numpy") as file:
        about = file.metadata() or {}
    if (about.get("kind"), about.get("version")) != (KIND, str(VERSION)):
        raise ValueError(
            f"the weights are {about.get('kind')}, version {about.get('version')}; expected {VERSION}"
        )
    card = Card(
        weights=weights, sha256=sha256, digest=_digest(told), shipped=shipped, told=told,
        learned=frozenset(told["heard"]["train"]), validated=frozenset(told["heard"]["validation"]),
        speakers={part: speakers_of(rows) for part, rows in told["speakers"].items()},
        evaluations={part: evaluated(one) for part, one in told["evaluation"].items()},
        history=[(int(seed), int(epoch), str(what), float(value)) for seed, epoch, what, value in told["history"]],
        made=date.fromisoformat(told["made"]),
        threshold=threshold_of(told["stream"]) if "stream" in told else None,
    )  # fmt: skip
    _require_numbers(card)
    if card.threshold is None:
        log.info("%s has no threshold for a stream; %g is used. %s", place / CARD, card.stream.sure_from, FIT)
    return card


def _digest(told: Mapping[str, Any]) -> str:
    """As the training writes it, so that a threshold that is fitted later makes no other network of it."""
    rest = {name: value for name, value in told.items() if name != "stream"}
    return hashlib.sha256((json.dumps(rest, indent=1) + "\n").encode()).hexdigest()


def _require_numbers(card: Card) -> None:
    """Raise ``ValueError`` or ``KeyError`` where something is missing that is asked for later."""
    for name in ("says", "notes", "recipe", "over_seeds", "parameters", "versions", "device"):
        if name not in card.told:
            raise KeyError(name)
    if tuple(card.told["classes"]) != SEXES:
        raise ValueError(f"the classes are {card.told['classes']}; expected {list(SEXES)}")
    unknown = card.evaluations.keys() - card.speakers.keys()
    if unknown or not card.evaluations or "train" not in card.speakers or "validation" not in card.speakers:
        raise ValueError(
            f"it does not tell who was learned from or listened to: {', '.join(unknown) or 'nobody'}"
        )
    if not (card.temperature > 0 and card.dimension > 0 and card.seconds >= 0):
        raise ValueError("temperature, dimension or time is no positive number")
