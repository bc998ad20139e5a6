"""How good a voice model is on speakers it has never met, and how far that holds: by person, place and condition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from models.gender import VoiceModel, VoiceModelError
from pipeline.classify.metrics import MetricRow, Metrics, class_rows
from pipeline.train.errors import TrainError
from pipeline.train.esc.scored import CONDITION, answered, dialect_rows, measured, rows_of
from pipeline.train.voice.by_speaker import speaker_rows
from pipeline.train.voice.conditions import CLEAN, Condition
from pipeline.train.voice.sounds import decoded
from pipeline.train.voice.speakers import SEXES

Tell = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """
    What a model told of clips in each condition.

    ``told`` has a row for each clip and condition: what :func:`pipeline.train.esc.scored.answered` tells, and the
    condition.
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

    def rows(self) -> list[MetricRow]:
        """Everything as rows of ``experiment_metrics``: by condition, class, dialect, and speaker."""
        clean, names = self.clean, self.told["condition"].unique()
        by_condition = [row for name in names for row in rows_of(CONDITION, name, self.of(name))]
        return by_condition + dialect_rows(clean) + class_rows(self.metrics, SEXES) + speaker_rows(clean)


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
    frames = [
        answered(clips, probabilities[:, i], logits[:, i]).assign(condition=one.name)
        for i, one in enumerate(conditions)
    ]
    return Evaluation(pd.concat(frames, ignore_index=True))
