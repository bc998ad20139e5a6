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

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors import safe_open

from models.decisions import StreamParameters
from models.gender_format import KIND, SEXES, VERSION, calibrated

NETWORK = "gender_ecapa"
WEIGHTS, CARD = f"{NETWORK}.safetensors", f"{NETWORK}.json"
FIT_HINT = "Fit one: `python -m pipeline train gender --only-threshold`."
SPEAKER_COLUMNS = ("speaker", "dataset", "sex", "clips", "right", "majority", "mean_logit")
METRIC_COLUMNS = {"kind", "name", "metric", "value"}
CURVE_COLUMNS = ("threshold", "right", "undecided")
Floats = NDArray[np.float32]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Corpus:
    """What of one corpus was used, by its name when the network was trained."""

    dataset: str
    title: str
    clips: int
    female: int
    """Speakers."""
    male: int

    @property
    def speakers(self) -> int:
        return self.female + self.male


@dataclass(frozen=True, eq=False)
class CardEvaluation:
    """What the network answered to the speakers of one part."""

    metrics: Sequence[Mapping[str, Any]]
    """Rows of ``experiment_metrics``."""
    speakers: pd.DataFrame
    """As :func:`pipeline.train.voice.scores.by_speaker` gives it."""
    answers: pd.DataFrame
    """``clip_id``, ``sex`` and ``male`` (how likely a male voice, 0 to 1) of each clean clip."""


@dataclass(frozen=True, eq=False)
class Threshold:
    """From which probability on a stream with this network names a voice, and what that led to on validation."""

    sure_from: float
    right: float
    """Share of the time in which a name was given that was right."""
    undecided: float
    """Share of the time in which somebody spoke that got no name."""
    speakers: Sequence[str]
    clips: int
    curve: pd.DataFrame
    """``condition``, ``threshold``, ``right`` and ``undecided``; NaN is a share of nothing."""


def speakers_of(rows: Sequence[Mapping[str, Any]]) -> tuple[Corpus, ...]:
    return tuple(
        Corpus(
            str(row["dataset"]), str(row["title"]), int(row["clips"]), int(row["female"]), int(row["male"])
        )
        for row in rows
    )


def evaluated(content: Mapping[str, Any]) -> CardEvaluation:
    """Raises ``KeyError``, ``TypeError`` or ``ValueError`` where the card is not as the training writes it."""
    answers = pd.DataFrame(content["answers"], columns=["clip_id", "sex", "male"]).astype({"male": float})
    if answers.empty or not set(answers["sex"]) <= set(SEXES) or not answers["male"].between(0, 1).all():
        raise ValueError("the answers are not a sex and a probability for each clip")
    if any(set(row) != METRIC_COLUMNS for row in content["metrics"]):
        raise ValueError("the metrics are not in rows of kind, name, metric and value")
    speakers = pd.DataFrame(content["speakers"])[list(SPEAKER_COLUMNS)]
    if int(speakers["clips"].sum()) != len(answers):
        raise ValueError("the speakers do not have as many clips as there are answers")
    return CardEvaluation(content["metrics"], speakers, answers)


def threshold_of(content: Mapping[str, Any]) -> Threshold:
    """Raises ``KeyError``, ``TypeError`` or ``ValueError`` where it is not as the training writes it."""
    curve = pd.DataFrame(
        [[name, *row] for name, rows in content["curve"].items() for row in rows],
        columns=["condition", *CURVE_COLUMNS],
    ).astype(dict.fromkeys(CURVE_COLUMNS, float))
    sure_from, right, undecided = (float(content[name]) for name in ("sure_from", "right", "undecided"))
    if not (0.5 <= sure_from <= 1 and 0 <= right <= 1 and 0 <= undecided <= 1):
        raise ValueError(
            f"a voice is named from {sure_from:g} on, {right:g} of the time right and {undecided:g} undecided; "
            "expected a probability of 0.5 to 1 and two shares"
        )
    fitted_on = content["fitted_on"]
    return Threshold(
        sure_from, right, undecided, tuple(map(str, fitted_on["speakers"])), int(fitted_on["clips"]), curve
    )


def describe_corpora(corpora: Sequence[Corpus]) -> str:
    """``277 clips by 8 speakers of EmoDB and 600 clips by 20 speakers of RAVDESS speech``."""
    parts = [f"{one.clips:,} clips by {one.speakers} speakers of {one.title}" for one in corpora]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts) or "no clips"


@dataclass(frozen=True, eq=False)
class Card:
    """A network, and what its training says of it."""

    weights: Path
    sha256: str
    """Of the weights."""
    digest: str
    """Of the card itself: changes with anything that it says but its threshold, on which nothing in a store rests."""
    shipped: bool
    content: Mapping[str, Any]
    """The card as it is on disk."""
    learned: frozenset[str]
    """Content hashes of the clips that it learned from."""
    validated: frozenset[str]
    """And of those by which its epoch and its calibration were chosen."""
    speakers: Mapping[str, tuple[Corpus, ...]]
    """By what they were for: train, validation, test."""
    evaluations: Mapping[str, CardEvaluation]
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
        return float(self.content["temperature"])

    @property
    def stream(self) -> StreamParameters:
        """How a stream with this network decides: by its own threshold, or without one by that of any network."""
        if self.threshold is None:
            return StreamParameters()
        return StreamParameters(sure_from=self.threshold.sure_from)

    @property
    def dimension(self) -> int:
        """Of its embeddings."""
        return int(self.content["recipe"]["network"]["embedding"])

    @property
    def seconds(self) -> float:
        """How long the training of the kept network took."""
        return sum(
            float(one["seconds"]) for one in self.content["seeds"] if one["seed"] == self.content["seed"]
        )


def read(place: Path, shipped: bool) -> Card:
    """
    The network whose two files lie in a folder, as its card describes it.

    Raises
    ------
    OSError, AttributeError, KeyError, TypeError, ValueError, SafetensorError
        One of them is not there, damaged, or not of the other.
    """
    content, weights = json.loads((place / CARD).read_bytes()), place / WEIGHTS
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    if content["weights"]["sha256"] != sha256:
        raise ValueError("the weights are not those that the card names")
    with safe_open(weights, framework="numpy") as file:
        about = file.metadata() or {}
    if (about.get("kind"), about.get("version")) != (KIND, str(VERSION)):
        raise ValueError(
            f"the weights are {about.get('kind')}, version {about.get('version')}; expected {VERSION}"
        )
    card = Card(
        weights=weights, sha256=sha256, digest=_digest(content), shipped=shipped, content=content,
        learned=frozenset(content["heard"]["train"]), validated=frozenset(content["heard"]["validation"]),
        speakers={part: speakers_of(rows) for part, rows in content["speakers"].items()},
        evaluations={part: evaluated(one) for part, one in content["evaluation"].items()},
        history=[(int(seed), int(epoch), str(what), float(value)) for seed, epoch, what, value in content["history"]],
        made=date.fromisoformat(content["made"]),
        threshold=threshold_of(content["stream"]) if "stream" in content else None,
    )  # fmt: skip
    _require_numbers(card)
    if card.threshold is None:
        log.info(
            "%s has no threshold for a stream; %g is used. %s", place / CARD, card.stream.sure_from, FIT_HINT
        )
    return card


def _digest(content: Mapping[str, Any]) -> str:
    """As the training writes it, so that a threshold that is fitted later makes no other network of it."""
    rest = {name: value for name, value in content.items() if name != "stream"}
    return hashlib.sha256((json.dumps(rest, indent=1) + "\n").encode()).hexdigest()


def _require_numbers(card: Card) -> None:
    """Raise ``ValueError`` or ``KeyError`` where something is missing that is used later."""
    for name in ("says", "notes", "recipe", "over_seeds", "parameters", "versions", "device"):
        if name not in card.content:
            raise KeyError(name)
    if tuple(card.content["classes"]) != SEXES:
        raise ValueError(f"the classes are {card.content['classes']}; expected {list(SEXES)}")
    unknown = card.evaluations.keys() - card.speakers.keys()
    if unknown or not card.evaluations or "train" not in card.speakers or "validation" not in card.speakers:
        raise ValueError(f"it does not say who was learned from or tested: {', '.join(unknown) or 'nobody'}")
    if not (card.temperature > 0 and card.dimension > 0 and card.seconds >= 0):
        raise ValueError("temperature, dimension or time is no positive number")


def classify_embeddings(card: Card, vectors: Floats) -> tuple[Floats, Floats]:
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
