"""How good a voice model is on speakers it has never met, and how far that holds outside a studio."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from zlib import crc32

import numpy as np
import pandas as pd
import torch
from torch import Generator

from models.gender import VoiceModel, VoiceModelError
from models.gender_format import SEXES
from pipeline.classify.metrics import MetricRow, Metrics, class_rows
from pipeline.train.layout import TrainError
from pipeline.train.sound import ProgressCallback, Samples
from pipeline.train.voice import channels
from pipeline.train.voice.augment import with_noise
from pipeline.train.voice.channels import opus_round_trip
from pipeline.train.voice.scores import (
    CONDITION,
    dialect_rows,
    measure_predictions,
    measured_rows,
    prediction_table,
    speaker_rows,
)
from pipeline.train.voice.sounds import RATE_HZ, Noises, decoded

CLEAN = "clean"
SNR_DB = (20, 10, 5, 0)
DURATIONS_S = (0.5, 1.0, 2.0, 3.0)
OPUS_BIT_RATE = 16_000
ROOM_RT60_S = 0.6
ROOM_DIRECT_TO_REVERBERANT_DB = 0.0


@dataclass(frozen=True)
class Condition:
    """A change to a clip's samples; ``change(samples, generator)`` draws what is random from the generator."""

    name: str
    change: Callable[[Samples, Generator], Samples]

    def of(self, clip_id: str, samples: Samples) -> Samples:
        """The clip so changed, the same every time: what is drawn depends on its name and the condition's."""
        seed = crc32(f"{self.name} {clip_id}".encode())
        return self.change(samples, Generator().manual_seed(seed))


def conditions(noises: Noises) -> list[Condition]:
    """All of them, clean whole clips first; those with noise only where there are sounds."""
    found = [Condition(CLEAN, lambda samples, _: samples)]
    if noises.clips:
        found += [Condition(f"noise {level} dB", _noisy(noises, float(level))) for level in SNR_DB]
    found += [Condition(f"{length:g} s", _middle(length)) for length in DURATIONS_S]
    found += [
        Condition(f"opus {OPUS_BIT_RATE // 1000} kbit/s", _coded),
        Condition("telephone", _called),
        Condition("room", _in_a_room),
    ]
    return found


def _noisy(noises: Noises, snr_db: float) -> Callable[[Samples, Generator], Samples]:
    def change(samples: Samples, generator: Generator) -> Samples:
        noise = noises.crops(1, len(samples), generator)
        return with_noise(torch.from_numpy(samples)[None], noise, torch.tensor([snr_db]))[0].numpy()

    return change


def _middle(duration_s: float) -> Callable[[Samples, Generator], Samples]:
    def change(samples: Samples, _: Generator) -> Samples:
        length = round(duration_s * RATE_HZ)
        start = max((len(samples) - length) // 2, 0)
        return samples[start : start + length]

    return change


def _coded(samples: Samples, _: Generator) -> Samples:
    return opus_round_trip(samples, RATE_HZ, OPUS_BIT_RATE)


def _called(samples: Samples, _: Generator) -> Samples:
    low_hz, high_hz = (torch.tensor([edge]) for edge in channels.TELEPHONE_HZ)
    gains = channels.band_gains(channels.bins_hz(len(samples), 0, RATE_HZ), low_hz, high_hz)
    return channels.filtered(torch.from_numpy(samples)[None], RATE_HZ, gains, None)[0].numpy()


def _in_a_room(samples: Samples, generator: Generator) -> Samples:
    rt60_s, ratio_db = torch.tensor([ROOM_RT60_S]), torch.tensor([ROOM_DIRECT_TO_REVERBERANT_DB])
    response = channels.room_responses(rt60_s, ratio_db, RATE_HZ, generator)
    return channels.filtered(torch.from_numpy(samples)[None], RATE_HZ, None, response)[0].numpy()


@dataclass(frozen=True, eq=False)
class Evaluation:
    """
    What a model predicted of clips in each condition.

    ``predictions`` has a row for each clip and condition: that of
    :func:`pipeline.train.voice.scores.prediction_table`, and the condition.
    """

    predictions: pd.DataFrame

    @cached_property
    def clean(self) -> pd.DataFrame:
        return self.of(CLEAN)

    def of(self, condition: str) -> pd.DataFrame:
        return self.predictions[self.predictions["condition"] == condition].reset_index(drop=True)

    @cached_property
    def metrics(self) -> Metrics:
        """Of clean whole clips, clips of one speaker known to be alike."""
        return measure_predictions(self.clean)

    def rows(self) -> list[MetricRow]:
        """Everything as rows of ``experiment_metrics``: by condition, class, dialect, and speaker."""
        clean, names = self.clean, self.predictions["condition"].unique()
        by_condition = [row for name in names for row in measured_rows(CONDITION, name, self.of(name))]
        return by_condition + dialect_rows(clean) + class_rows(self.metrics, SEXES) + speaker_rows(clean)


def evaluate(
    model: VoiceModel,
    clips: pd.DataFrame,
    conditions: Sequence[Condition],
    on_progress: ProgressCallback | None = None,
) -> Evaluation:
    """
    Let a model classify clips, as they are and as each condition leaves them.

    Parameters
    ----------
    clips : DataFrame
        The columns of :data:`pipeline.train.voice.data.COLUMNS`.
    conditions : sequence of Condition
        The first is meant to be clean whole clips.
    on_progress : callable, optional
        Is called with how many clips are done, of how many.

    Raises
    ------
    TrainError
        There is no clip, or one cannot be opened or classified.
    """
    if clips.empty:
        raise TrainError("There is no clip to test on; expected speakers that were not learned from.")
    probabilities = np.empty((len(clips), len(conditions), len(SEXES)), dtype=np.float32)
    logits = np.empty_like(probabilities)
    for row, (clip_id, path) in enumerate(zip(clips["clip_id"], clips["path"], strict=True)):
        samples = decoded(path)
        try:
            found = model.predict([one.of(clip_id, samples) for one in conditions])
        except VoiceModelError as error:
            raise TrainError(f"{path}: {error}") from error
        probabilities[row], logits[row] = found.probabilities, found.logits
        if on_progress:
            on_progress(row + 1, len(clips))
    frames = [
        prediction_table(clips, probabilities[:, i], logits[:, i]).assign(condition=one.name)
        for i, one in enumerate(conditions)
    ]
    return Evaluation(pd.concat(frames, ignore_index=True))
