"""From collections to a shipped voice network: read, train the seeds, choose, write, test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch

from models.gender import StreamingVoiceModel, load
from pipeline.train.display import device_title
from pipeline.train.loop import OnEpochEnd
from pipeline.train.voice.card import VoiceTraining, write_card, write_weights
from pipeline.train.voice.data import Collected, Voices, divide_speakers
from pipeline.train.voice.evaluate import Evaluation, conditions, evaluate
from pipeline.train.voice.problem import VoiceSet
from pipeline.train.voice.recipe import GenderRecipe
from pipeline.train.voice.seeds import best_seed, train_seeds, training_key
from pipeline.train.voice.sounds import Noises, read_noises, read_voices, through_opus
from pipeline.train.voice.stream_threshold import fit_threshold

NamedProgress = Callable[[str, int, int], None]
"""What goes on, how much of it is done, and of how much."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What was trained, and how it did on those it was not trained on, by ``validation`` and ``test``."""

    trained: VoiceTraining
    evaluations: dict[str, Evaluation]
    weights: Path
    card: Path


def train_and_ship(
    collected: Collected,
    recipe: GenderRecipe,
    seeds: Sequence[int],
    place: Path,
    *,
    device: torch.device,
    test: bool = True,
    on_progress: NamedProgress | None = None,
    on_epoch_end: OnEpochEnd | None = None,
) -> Outcome:
    """
    Train, choose by validation, write weights and card into the folder ``place``.

    Parameters
    ----------
    test : bool
        Whether to meet the test speakers. False while a recipe is still being chosen.

    Raises
    ------
    TrainError
        The collections cannot be learned from, or a recording cannot be opened.
    """
    report = on_progress or (lambda what, done, total: None)
    voices = divide_speakers(
        collected.voices, train_on=recipe.train_on, validation_share=recipe.validation_share,
        test_share=recipe.test_share, seed=recipe.split_seed,
    )  # fmt: skip
    train, validation = _read(voices, collected.sounds, recipe, report)
    place.mkdir(parents=True, exist_ok=True)
    results = train_seeds(
        train, validation, recipe, seeds, device=device, checkpoints=place, on_epoch_end=on_epoch_end
    )
    key = training_key(recipe, train, validation)
    trained = VoiceTraining(
        recipe, key, results, best_seed(results), voices, collected.titles, device_title(device)
    )
    weights = write_weights(place, trained)
    evaluations = {
        "validation": _evaluated(weights, voices.validation, validation.noises, "validation", report)
    }
    stream = fit_threshold(
        StreamingVoiceModel(load(weights)), voices.validation, validation.noises,
        on_progress=lambda done, total: report("listening as a stream", done, total),
    )  # fmt: skip
    if test and not voices.test.empty:
        noises = read_noises(collected.sounds, "test")
        evaluations["test"] = _evaluated(weights, voices.test, noises, "test", report)
    return Outcome(trained, evaluations, weights, write_card(place, trained, evaluations, stream))


def _read(
    voices: Voices, sounds: pd.DataFrame, recipe: GenderRecipe, report: NamedProgress
) -> tuple[VoiceSet, VoiceSet]:
    found = read_voices(voices.train, lambda done, total: report("reading", done, total))
    coded = []
    if recipe.augmentation.opus > 0:
        rates = recipe.augmentation.opus_bit_rates
        coded = through_opus(found, rates, lambda done, total: report("Opus", done, total))
    kept_apart = read_voices(voices.validation, lambda done, total: report("reading validation", done, total))
    return (
        VoiceSet(voices.train, found, coded, read_noises(sounds, "train")),
        VoiceSet(voices.validation, kept_apart, [], read_noises(sounds, "validation")),
    )


def _evaluated(
    weights: Path, clips: pd.DataFrame, noises: Noises, part: str, report: NamedProgress
) -> Evaluation:
    # The file is read back: what is measured is what is shipped.
    model = load(weights)
    return evaluate(
        model, clips, conditions(noises), lambda done, total: report(f"listening: {part}", done, total)
    )
