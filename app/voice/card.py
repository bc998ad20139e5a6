"""The voice network's card as a build wrote it into the store: how the network was made, and how it did on whom."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from app.cache import tables
from models.gender_format import SEXES
from pipeline.experiments.spec import SHIPPED
from pipeline.networks.voice_card_rows import DATASET, TEST, VALIDATION
from store.results_reader import Predictions

LEARNED = "train"
ROLES = {LEARNED: "learned from", VALIDATION: "chosen on", TEST: "tested on"}
"""What the network had to do with each group of speakers."""


@dataclass(frozen=True, eq=False)
class Part:
    """What the network told of the speakers of one group, on the day it was made."""

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
    def told(self) -> Predictions:
        """What it said of each whole, clean clip."""
        return tables.predictions(str(self.experiment["experiment_id"]))

    def metrics(self, kind: str) -> pd.DataFrame:
        """See :func:`app.cache.tables.metrics`."""
        return tables.metrics(str(self.experiment["experiment_id"]), kind)

    @property
    def source(self) -> str:
        """A caption's first sentence: on what it was measured, and that this is not the store."""
        return source([self])


@dataclass(frozen=True, eq=False)
class Network:
    """The network that this store listens with."""

    parts: tuple[Part, ...]
    """Those that it had never met first, where it was tested on such."""
    made: Mapping[str, Any]
    """The card: recipe, speakers, seeds, over_seeds, temperature, seed, parameters, says, weights, device, made."""

    @property
    def first(self) -> Part:
        """By whom the network is judged."""
        return self.parts[0]

    def part(self, name: str) -> Part | None:
        return next((one for one in self.parts if one.name == name), None)

    @property
    def shipped(self) -> bool:
        """Whether it came with this program; else it was trained into this store."""
        return str(self.first.experiment["origin"]) == SHIPPED

    @property
    def corpora(self) -> pd.DataFrame:
        """A row a corpus and role: ``used``, ``corpus``, ``clips``, ``female`` and ``male`` speakers.

        Of the speakers who were kept for a test that nobody has made, there is none.
        """
        there = {LEARNED, *(part.name for part in self.parts)}
        rows = [
            {"used": used, "corpus": one["title"], "clips": one["clips"]} | {sex: one[sex] for sex in SEXES}
            for role, used in ROLES.items()
            if role in there
            for one in self.made["speakers"].get(role, [])
        ]
        return pd.DataFrame(rows, columns=["used", "corpus", "clips", *SEXES])

    @property
    def titles(self) -> dict[str, str]:
        """Each corpus' title by the name with which its clips' ids begin."""
        every = [one for role in ROLES for one in self.made["speakers"].get(role, [])]
        return {str(one["dataset"]): str(one["title"]) for one in every}


def source(parts: Sequence[Part]) -> str:
    """The same of several groups of speakers in one figure."""
    each = [
        f"{listed(one.corpora)}, {one.title}, n = {one.experiment['clips']:,} clips of "
        f"{one.experiment['groups']:,} speakers"
        for one in parts
    ]
    return f"Measured when the network was made, not on clips of this store: {'; '.join(each)}."


def found() -> Network | None:
    """The network of the snapshot that is shown; None where it holds none."""
    rows = tables.experiments(DATASET)
    if rows.empty:
        return None
    rows = rows.sort_values("protocol", key=lambda names: names != TEST, kind="stable")
    made = json.loads(str(rows["parameters"].iloc[0]))
    parts = [Part(row, _titles(made, str(row["protocol"]))) for _, row in rows.iterrows()]
    return Network(tuple(parts), made)


def _titles(made: Mapping[str, Any], role: str) -> tuple[str, ...]:
    return tuple(str(one["title"]) for one in made["speakers"].get(role, []))


def listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


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
