"""How good a voice model is on speakers it has never met, and how far that holds: by person, place and condition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.gender import VoiceModel, VoiceModelError
from pipeline.classify.metrics import Metrics, measure
from pipeline.experiments.rows import Row, metric
from pipeline.train.by_speaker import speaker_rows
from pipeline.train.conditions import CLEAN, Condition
from pipeline.train.corpora import SEXES
from pipeline.train.errors import TrainError
from pipeline.train.gender_sounds import decoded

CONDITION, DIALECT, SEX = "condition", "dialect", "class"
"""Kinds of ``experiment_metrics``."""
Tell = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """
    What a model told of clips in each condition.

    ``told`` has a row for each clip and condition: clip_id, dataset, speaker, sex, dialect, condition, predicted,
    probability (of what was predicted), logit (male less female, before calibration), right, and one column for
    each class with its probability.
    """

    told: pd.DataFrame

    @cached_property
    def clean(self) -> pd.DataFrame:
        return self.of(CLEAN)

    def of(self, condition: str) -> pd.DataFrame:
        return self.told[self.told["condition"] == condition].reset_index(drop=True)

    @cached_property
    def metrics(self) -> Metrics:
        """Of clean whole clips, clips of one speaker known to be alike."""
        return measured(self.clean)

    def rows(self) -> list[Row]:
        """Everything as rows of ``experiment_metrics``: by condition, class, dialect, and speaker."""
        clean, names = self.clean, self.told["condition"].unique()
        dialects = sorted(clean["dialect"].dropna().unique())
        by_condition = [row for name in names for row in _rows(CONDITION, name, self.of(name))]
        by_dialect = [
            row for name in dialects for row in _rows(DIALECT, name, clean[clean["dialect"] == name])
        ]
        return by_condition + by_dialect + _class_rows(self.metrics) + speaker_rows(clean)


def evaluate(
    model: VoiceModel, clips: pd.DataFrame, conditions: Sequence[Condition], tell: Tell | None = None
) -> Evaluation:
    """
    Let a model tell clips, as they are and as each condition leaves them.

    Parameters
    ----------
    clips : DataFrame
        The columns of :data:`pipeline.train.corpora.COLUMNS`.
    conditions : sequence of Condition
        The first is meant to be clean whole clips.
    tell : callable, optional
        Is told how many clips are done, of how many.

    Raises
    ------
    TrainError
        There is no clip, or one cannot be opened or listened to.
    """
    if clips.empty:
        raise TrainError("There is no clip to test on; expected speakers that were not learned from.")
    probabilities = np.empty((len(clips), len(conditions), len(SEXES)), dtype=np.float32)
    logits = np.empty_like(probabilities)
    for row, (clip_id, path) in enumerate(zip(clips["clip_id"], clips["path"], strict=True)):
        samples = decoded(path)
        try:
            told = model.tell([one.of(clip_id, samples) for one in conditions])
        except VoiceModelError as error:
            raise TrainError(f"{path}: {error}") from error
        probabilities[row], logits[row] = told.probabilities, told.logits
        if tell:
            tell(row + 1, len(clips))
    frames = [_frame(clips, one.name, probabilities[:, i], logits[:, i]) for i, one in enumerate(conditions)]
    return Evaluation(pd.concat(frames, ignore_index=True))


def _frame(
    clips: pd.DataFrame, condition: str, probabilities: NDArray[np.float32], logits: NDArray[np.float32]
) -> pd.DataFrame:
    found = clips[["clip_id", "dataset", "speaker", "sex", "dialect"]].reset_index(drop=True)
    predicted = np.array(SEXES, dtype=object)[probabilities.argmax(1)]
    return found.assign(
        condition=condition,
        predicted=predicted,
        probability=probabilities.max(1),
        logit=logits[:, 1] - logits[:, 0],
        right=predicted == found["sex"].to_numpy(),
        **{sex: probabilities[:, place] for place, sex in enumerate(SEXES)},
    )


def measured(told: pd.DataFrame) -> Metrics:
    """All measures of some rows of :attr:`Evaluation.told`."""
    codes = [
        np.array([SEXES.index(sex) for sex in told[column]], dtype=np.intp) for column in ("sex", "predicted")
    ]
    groups = np.unique(told["speaker"].astype(str), return_inverse=True)[1].astype(np.intp)
    return measure(codes[0], codes[1], told[list(SEXES)].to_numpy(dtype=np.float64), groups=groups)


def _rows(kind: str, name: str, told: pd.DataFrame) -> list[Row]:
    found = measured(told)
    values = {
        "clips": found.clips, "errors": int((~told["right"]).sum()), "accuracy": found.accuracy,
        "accuracy_low": found.interval.low, "accuracy_high": found.interval.high,
        "balanced_accuracy": found.balanced_accuracy, "macro_f1": found.macro_f1,
        "log_loss": found.log_loss, "ece": found.ece,
    }  # fmt: skip
    return [metric(kind, name, what, value) for what, value in values.items()]


def _class_rows(found: Metrics) -> list[Row]:
    return [
        metric(SEX, sex, what, getattr(found, what)[place])
        for place, sex in enumerate(SEXES)
        for what in ("precision", "recall", "f1", "support")
    ]
