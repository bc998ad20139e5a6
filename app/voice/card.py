"""The voice network's card in the store: how it was made, and its results by group of speakers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from app.cache import tables
from app.ui import escape, show
from models.gender_format import SEXES
from pipeline.experiments.spec import SHIPPED
from pipeline.networks.voice_card_rows import DATASET, TEST, VALIDATION
from store.results_reader import Predictions

LEARNED = "train"
ROLES = {LEARNED: "trained on", VALIDATION: "chosen on", TEST: "tested on"}
"""What the network had to do with each group of speakers."""


@dataclass(frozen=True, eq=False)
class SpeakerGroup:
    """The network's results on one group of speakers, measured when it was made."""

    experiment: pd.Series
    corpora: tuple[str, ...]
    """Titles of the corpora that the speakers are of."""

    @property
    def name(self) -> str:
        """``validation`` or ``test``."""
        return str(self.experiment["protocol"])

    @property
    def title(self) -> str:
        return str(self.experiment["protocol_title"])

    @property
    def predictions(self) -> Predictions:
        """Of each whole, clean clip."""
        return tables.predictions(str(self.experiment["experiment_id"]))

    def metrics(self, kind: str) -> pd.DataFrame:
        """See :func:`app.cache.tables.metrics`."""
        return tables.metrics(str(self.experiment["experiment_id"]), kind)

    @property
    def source(self) -> str:
        """A caption's first sentence: on what it was measured, which is not this store."""
        return source([self])


@dataclass(frozen=True, eq=False)
class VoiceNetwork:
    """The voice network that this store uses."""

    groups: tuple[SpeakerGroup, ...]
    """Speakers that it had never met come first, where it was tested on such."""
    content: Mapping[str, Any]
    """The card: recipe, speakers, seeds, over_seeds, temperature, seed, parameters, says, weights, device, made."""

    @property
    def first(self) -> SpeakerGroup:
        """The group by which the network is judged."""
        return self.groups[0]

    def group(self, name: str) -> SpeakerGroup | None:
        return next((one for one in self.groups if one.name == name), None)

    @property
    def shipped(self) -> bool:
        """Whether it came with this program; else it was trained into this store."""
        return str(self.first.experiment["origin"]) == SHIPPED

    @property
    def corpora(self) -> pd.DataFrame:
        """A row a corpus and role: ``used``, ``corpus``, ``clips``, ``female`` and ``male`` speakers.

        Speakers kept for a test that nobody has run have no row.
        """
        there = {LEARNED, *(group.name for group in self.groups)}
        rows = [
            {"used": used, "corpus": one["title"], "clips": one["clips"]} | {sex: one[sex] for sex in SEXES}
            for role, used in ROLES.items()
            if role in there
            for one in self.content["speakers"].get(role, [])
        ]
        return pd.DataFrame(rows, columns=["used", "corpus", "clips", *SEXES])

    @property
    def titles(self) -> dict[str, str]:
        """Each corpus' title by the name with which its clips' ids begin."""
        every = [one for role in ROLES for one in self.content["speakers"].get(role, [])]
        return {str(one["dataset"]): str(one["title"]) for one in every}


def source(groups: Sequence[SpeakerGroup]) -> str:
    """A caption's first sentence for several groups of speakers in one figure; Markdown."""
    each = [
        f"{escape.markdown(show.listed(one.corpora))}, {escape.markdown(one.title)}, "
        f"n = {one.experiment['clips']:,} clips of {one.experiment['groups']:,} speakers"
        for one in groups
    ]
    return f"Measured when the network was made, not on clips of this store: {'; '.join(each)}."


def load() -> VoiceNetwork | None:
    """The network of the snapshot that is shown; None where it has none."""
    rows = tables.experiments(DATASET)
    if rows.empty:
        return None
    rows = rows.sort_values("protocol", key=lambda names: names != TEST, kind="stable")
    content = json.loads(str(rows["parameters"].iloc[0]))
    groups = [SpeakerGroup(row, _titles(content, str(row["protocol"]))) for _, row in rows.iterrows()]
    return VoiceNetwork(tuple(groups), content)


def _titles(content: Mapping[str, Any], role: str) -> tuple[str, ...]:
    return tuple(str(one["title"]) for one in content["speakers"].get(role, []))


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
