"""The speakers of a dataset, divided by lot: whose clips are learned from and whose are kept apart."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import pandas as pd

from models.gender_format import SEXES
from pipeline.train.errors import TrainError


def require_both(name: str, clips: pd.DataFrame) -> None:
    """Raise ``TrainError`` where a dataset to learn from has one sex only."""
    sexes = sorted(set(clips["sex"]))
    if len(sexes) < len(SEXES):
        raise TrainError(
            f"To learn from, the dataset '{name}' has {' '.join(sexes) or 'no'} voices only; expected both sexes, "
            "else a network would tell the corpus and not the voice. Choose others by --train."
        )


def marked(clips: pd.DataFrame, validation_share: float, test_share: float, seed: int) -> pd.Series:
    """
    For each clip of one dataset ``train``, ``validation`` or ``test``; all clips of a speaker are alike.

    The shares are those of the speakers of each sex; at least one where any are wanted, and never all.
    """
    of_speaker: dict[str, str] = {}
    for sex in SEXES:
        speakers = sorted(set(clips["speaker"][clips["sex"] == sex]))
        # By name: who else is in the collection does not change how these are divided.
        generator = np.random.default_rng([seed, crc32(f"{clips['dataset'].iloc[0]} {sex}".encode())])
        order = [speakers[i] for i in generator.permutation(len(speakers))]
        apart = [min(_count(share, len(order)), len(order) - 1) for share in (validation_share, test_share)]
        of_speaker |= dict.fromkeys(order, "train") | dict.fromkeys(order[: apart[0]], "validation")
        of_speaker |= dict.fromkeys(order[apart[0] : min(sum(apart), len(order) - 1)], "test")
    return clips["speaker"].map(of_speaker)


def _count(share: float, speakers: int) -> int:
    """At least one wherever any are wanted."""
    return max(round(share * speakers), 1) if share > 0 else 0


def require_speakers(train: pd.DataFrame, validation: pd.DataFrame) -> None:
    """Raise ``TrainError`` where a sex has nobody to validate on, or fewer than two to learn from."""
    for sex in SEXES:
        there = [one["speaker"][one["sex"] == sex].nunique() for one in (train, validation)]
        if there[0] < 2 or there[1] < 1:
            raise TrainError(
                f"There are {sum(there)} {sex} speakers to learn from; expected at least 3, of whom one is kept "
                "apart for validation. Add a corpus by --dataset NAME=PATH."
            )
