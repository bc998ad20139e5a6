"""What others report of a collection: reference beside our own numbers, never mixed with them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

READER = "esc50"
SOURCE = "Piczak 2015, ACM Multimedia"
LINK = "https://doi.org/10.1145/2733373.2806390"
ESC10 = frozenset(
    {
        "chainsaw", "clock_tick", "crackling_fire", "crying_baby", "dog",
        "helicopter", "rain", "rooster", "sea_waves", "sneezing",
    }
)  # fmt: skip
ESC50_CLASSES = 50


@dataclass(frozen=True, slots=True)
class Reference:
    """A published accuracy (0 to 1) of a collection of ``clips`` clips."""

    what: str
    accuracy: float
    of: str
    clips: int
    source: str = SOURCE
    link: str = LINK


PAPER = {
    "ESC-10": (400, {"k-NN": 0.667, "SVM": 0.675, "Random forest": 0.727, "Human listeners": 0.957}),
    "ESC-50": (2_000, {"k-NN": 0.322, "SVM": 0.396, "Random forest": 0.443, "Human listeners": 0.813}),
}
"""Accuracies of the paper that brought the collection: five official folds, MFCC and zero crossings."""


def of(dataset: pd.Series, experiment: pd.Series) -> list[Reference]:
    """What there is to set beside an experiment; empty for other collections, targets and sets of classes."""
    if dataset["reader"] != READER or experiment["target"] != "label":
        return []
    classes = frozenset(experiment["classes"])
    name = "ESC-10" if classes == ESC10 else "ESC-50" if len(classes) == ESC50_CLASSES else None
    if name is None:
        return []
    clips, told = PAPER[name]
    return [Reference(what, accuracy, name, clips) for what, accuracy in told.items()]


def table(references: list[Reference]) -> pd.DataFrame:
    """As it is shown: one row a reference, accuracy in percent."""
    return pd.DataFrame(
        {
            "of": [one.of for one in references],
            "method": [one.what for one in references],
            "accuracy %": [100 * one.accuracy for one in references],
            "clips": [one.clips for one in references],
            "source": [one.source for one in references],
            "link": [one.link for one in references],
        }
    )


def sentence(references: list[Reference]) -> str:
    """All of them in a line, marked as what they are."""
    told = ", ".join(f"{one.what} {100 * one.accuracy:.1f}%" for one in references)
    first = references[0]
    return f"In print, not measured here, {first.of}: {told} ([{first.source}]({first.link}))."
