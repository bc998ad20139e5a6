"""The parts of a card as tables: the corpora, and what the network answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.train.speakers import SEXES

SPEAKER_COLUMNS = ("speaker", "dataset", "sex", "clips", "right", "majority", "mean_logit")
METRIC_COLUMNS = {"kind", "name", "metric", "value"}


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
    """As :func:`pipeline.train.by_speaker.by_speaker` gives it."""
    answers: pd.DataFrame
    """``clip_id``, ``sex`` and ``male`` (how likely a male voice, 0 to 1) of each clean clip."""


def speakers_of(rows: Sequence[Mapping[str, Any]]) -> tuple[Corpus, ...]:
    return tuple(
        Corpus(str(row["dataset"]), str(row["title"]), int(row["clips"]), int(row["female"]), int(row["male"]))
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


def in_words(corpora: Sequence[Corpus]) -> str:
    """``277 clips by 8 speakers of EmoDB and 600 clips by 20 speakers of RAVDESS speech``."""
    told = [f"{one.clips:,} clips by {one.speakers} speakers of {one.title}" for one in corpora]
    return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told) or "no clips"
