"""The parts of a card as tables: the corpora, and what the network answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from models.gender_format import SEXES

SPEAKER_COLUMNS = ("speaker", "dataset", "sex", "clips", "right", "majority", "mean_logit")
METRIC_COLUMNS = {"kind", "name", "metric", "value"}
CURVE_COLUMNS = ("threshold", "right", "undecided")


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
class Evaluated:
    """What the network answered to the speakers of one part."""

    metrics: Sequence[Mapping[str, Any]]
    """Rows of ``experiment_metrics``."""
    speakers: pd.DataFrame
    """As :func:`pipeline.train.voice.by_speaker.by_speaker` gives it."""
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


def evaluated(told: Mapping[str, Any]) -> Evaluated:
    """Raises ``KeyError``, ``TypeError`` or ``ValueError`` where the card is not as the training writes it."""
    answers = pd.DataFrame(told["answers"], columns=["clip_id", "sex", "male"]).astype({"male": float})
    if answers.empty or not set(answers["sex"]) <= set(SEXES) or not answers["male"].between(0, 1).all():
        raise ValueError("the answers are not a sex and a probability for each clip")
    if any(set(row) != METRIC_COLUMNS for row in told["metrics"]):
        raise ValueError("the metrics are not in rows of kind, name, metric and value")
    speakers = pd.DataFrame(told["speakers"])[list(SPEAKER_COLUMNS)]
    if int(speakers["clips"].sum()) != len(answers):
        raise ValueError("the speakers do not have as many clips as there are answers")
    return Evaluated(told["metrics"], speakers, answers)


def threshold_of(told: Mapping[str, Any]) -> Threshold:
    """Raises ``KeyError``, ``TypeError`` or ``ValueError`` where it is not as the training writes it."""
    curve = pd.DataFrame(
        [[name, *row] for name, rows in told["curve"].items() for row in rows],
        columns=["condition", *CURVE_COLUMNS],
    ).astype(dict.fromkeys(CURVE_COLUMNS, float))
    sure_from, right, undecided = (float(told[name]) for name in ("sure_from", "right", "undecided"))
    if not (0.5 <= sure_from <= 1 and 0 <= right <= 1 and 0 <= undecided <= 1):
        raise ValueError(
            f"a voice is named from {sure_from:g} on, {right:g} of the time right and {undecided:g} undecided; "
            "expected a probability of 0.5 to 1 and two shares"
        )
    heard = told["fitted_on"]
    return Threshold(
        sure_from, right, undecided, tuple(map(str, heard["speakers"])), int(heard["clips"]), curve
    )


def in_words(corpora: Sequence[Corpus]) -> str:
    """``277 clips by 8 speakers of EmoDB and 600 clips by 20 speakers of RAVDESS speech``."""
    told = [f"{one.clips:,} clips by {one.speakers} speakers of {one.title}" for one in corpora]
    return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told) or "no clips"
