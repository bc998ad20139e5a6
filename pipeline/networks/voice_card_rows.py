"""What was measured when the voice network was trained, of clips that need not be in the store: as its card has it.

One experiment for each part that was tested, under a dataset's name that no dataset can have.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from pathlib import Path

import numpy as np
import pandas as pd

from models.gender_format import SEXES
from models.gender_format import VERSION as NETWORK_VERSION
from models.voice_card import NETWORK as METHOD
from models.voice_card import Card, CardEvaluation, describe_corpora
from pipeline.classify.metrics import MetricRow, Metrics, measure
from pipeline.classify.significance import Interval, by_groups
from pipeline.experiments import rows
from pipeline.experiments.spec import CARD, SHIPPED, TRAINED, ExpectedExperiment, ExperimentSpec
from pipeline.networks import in_use
from pipeline.networks.rows import SOUND, experiment_row
from pipeline.train.layout import digest
from pipeline.train.voice.scores import rows_by_speaker
from store.results import ExperimentRows

DATASET = f"card:{METHOD}"
VERSION = 1
"""Raise it when the rows change for a reason that the card does not show."""
VALIDATION, TEST = "validation", "test"
TITLES = {VALIDATION: "speakers kept for validation", TEST: "speakers never met"}
SUMMARIES = {
    VALIDATION: "The network, its epoch and its calibration were chosen on them.",
    TEST: "They were tested once, when everything had been chosen.",
}


def expected(card: Card) -> list[ExpectedExperiment]:
    """One experiment for each part that the card describes, whatever is in the store."""
    return [
        ExpectedExperiment(
            ExperimentSpec(
                dataset=DATASET, target="sex", method=METHOD, views=(SOUND,), kind=CARD, origin=origin(card)
            ),
            f"voice.{METHOD}.{part}",
            digest([VERSION, card.digest, card.shipped, part]),
        )
        for part in card.evaluations
    ]


def make(root: Path, one: ExpectedExperiment) -> ExperimentRows:
    """The rows of the experiment."""
    card, part = in_use.load_card(root), one.experiment_id.rsplit(".", 1)[1]
    evaluation = card.evaluations[part]
    male = evaluation.answers["male"].to_numpy(dtype=np.float32)
    probabilities = np.stack([1 - male, male], axis=1)  # (n, 2)
    names = np.array(SEXES, dtype=object)
    table = pd.DataFrame(
        {
            "clip_id": evaluation.answers["clip_id"], "fold": part,
            "truth": evaluation.answers["sex"], "predicted": names[probabilities.argmax(axis=1)],
        }
    )  # fmt: skip
    return ExperimentRows(
        experiment=experiment_row(
            one, _measured(evaluation, probabilities), version=NETWORK_VERSION, classes=SEXES, protocol=part,
            protocol_title=TITLES.get(part, part), protocol_summary=_sentence(card, part), unit="speaker",
            parameters=card_parameters(card), versions=card.content["versions"],
            notes=[*card.content["says"], *card.content["notes"]], seed=int(card.content["seed"]), seconds=card.seconds,
            made_at=datetime.combine(card.made, time()),
        ),
        predictions=rows.predictions(table, probabilities),
        metrics=[*evaluation.metrics, *rows_by_speaker(evaluation.speakers)],
        history=_history(card) if part == VALIDATION else [],
    )  # fmt: skip


def _measured(evaluation: CardEvaluation, probabilities: np.ndarray) -> Metrics:
    """All measures of the answers; which of them are by one speaker, the card says in sums alone."""
    truth = np.array([SEXES.index(sex) for sex in evaluation.answers["sex"]], dtype=np.intp)
    found = measure(truth, probabilities.argmax(axis=1), probabilities)
    return replace(found, groups=len(evaluation.speakers), grouped_interval=_grouped(evaluation.speakers))


def _grouped(speakers: pd.DataFrame) -> Interval | None:
    """The interval that knows which clips are alike asks only how many of each speaker's were right."""
    clips, right = (speakers[name].to_numpy(dtype=np.intp) for name in ("clips", "right"))
    groups = np.repeat(np.arange(len(speakers)), clips)
    # Of a clip within its speaker's.
    place = np.arange(len(groups)) - np.repeat(np.cumsum(clips) - clips, clips)
    return by_groups(place < right[groups], groups)


def _sentence(card: Card, part: str) -> str:
    tested, learned = (describe_corpora(card.speakers[one]) for one in (part, "train"))
    return (
        f"Measured when the network was trained, on {tested}; none of these recordings need be here. "
        f"It had learned from {learned}. {SUMMARIES.get(part, '')}".strip()
    )


def _history(card: Card) -> list[MetricRow]:
    return [
        {"fold": f"seed {seed}", "epoch": epoch, "metric": what, "value": value}
        for seed, epoch, what, value in card.history
    ]


def card_parameters(card: Card) -> dict[str, object]:
    """What there is to know of the network and its training."""
    names = (
        "recipe", "speakers", "seeds", "over_seeds", "temperature", "seed", "parameters", "says", "device", "made",
    )  # fmt: skip
    return {name: card.content[name] for name in names} | {"weights": card.sha256, "origin": origin(card)}


def origin(card: Card) -> str:
    return SHIPPED if card.shipped else TRAINED
