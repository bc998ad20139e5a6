"""Train the voice network with several seeds, calibrate each, and choose one: all by speakers kept for validation."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor
from torch.nn import functional

from models.ecapa.network import EcapaTdnn, made
from models.gender import VoiceModel, embed_and_classify
from models.gender_format import SEXES
from models.voice_card import NETWORK
from pipeline.train.checkpoint import Row
from pipeline.train.layout import digest, plain
from pipeline.train.loop import VALIDATION_LOSS, EpochEnd, Keeping, OnEpochEnd, Stopping, best_epoch, fit
from pipeline.train.voice.problem import GenderProblem, VoiceSet, validation_metrics
from pipeline.train.voice.recipe import VERSION, GenderRecipe

LIMITS = (0.25, 10.0)
"""Where all is classified correctly, the log loss falls for ever with the temperature: it ends here."""


@dataclass(frozen=True, eq=False)
class SeedResult:
    """One network, its temperature, and how it did on the validation speakers."""

    seed: int
    network: EcapaTdnn
    temperature: float
    validation: dict[str, float]
    """Names and values of :func:`pipeline.train.voice.problem.validation_metrics`, the loss after calibration."""
    history: list[Row]
    best_epoch: int
    seconds: float

    @property
    def model(self) -> VoiceModel:
        return VoiceModel(self.network.cpu(), SEXES, self.temperature)


def training_key(recipe: GenderRecipe, train: VoiceSet, validation: VoiceSet) -> str:
    """Names a training: what it is made with and what it is made of, so that nothing else is gone on from."""
    parts = [_contents(part) for part in (train, validation)]
    return digest([NETWORK, VERSION, plain(recipe.parameters()), parts])


def _contents(part: VoiceSet) -> list[object]:
    """The clips of a part with what is known of their speakers, and their sounds and the noises by their samples."""
    rows = part.clips[["clip_id", "dataset", "speaker", "sex"]].astype(str)
    clips = [
        [*row, _hash(voice)] for row, voice in zip(rows.itertuples(index=False), part.voices, strict=True)
    ]
    return [clips, [_hash(noise) for noise in part.noises.clips]]


def _hash(samples: Tensor) -> str:
    return hashlib.sha256(samples.numpy().tobytes()).hexdigest()


def train_seeds(
    train: VoiceSet,
    validation: VoiceSet,
    recipe: GenderRecipe,
    seeds: Sequence[int],
    *,
    device: torch.device,
    checkpoints: Path | None = None,
    on_epoch_end: OnEpochEnd | None = None,
) -> list[SeedResult]:
    """
    A network for each seed, on the same speakers.

    Parameters
    ----------
    checkpoints : Path, optional
        A folder in which each keeps how far it is; the same call after a kill goes on from there.
    on_epoch_end : callable, optional
        Is called after each epoch.
    """
    key = training_key(recipe, train, validation)
    return [_train(train, validation, recipe, seed, device, checkpoints, key, on_epoch_end) for seed in seeds]


def _train(
    train: VoiceSet,
    validation: VoiceSet,
    recipe: GenderRecipe,
    seed: int,
    device: torch.device,
    checkpoints: Path | None,
    key: str,
    on_epoch_end: OnEpochEnd | None,
) -> SeedResult:
    problem = GenderProblem(train, validation, recipe, seed)
    keeping = Keeping(checkpoints / f"seed-{seed}.checkpoint", f"{key}/{seed}", 2) if checkpoints else None

    def report(epoch: int, rows: list[Row]) -> None:
        if on_epoch_end:
            on_epoch_end(EpochEnd(f"seed {seed}", 1, 1, epoch, recipe.schedule.epochs, rows))

    fitted = fit(
        made(len(SEXES), recipe.network, seed), problem, recipe.schedule, seed=seed, device=device,
        keeping=keeping, on_epoch_end=report, stopping=Stopping(recipe.patience),
    )  # fmt: skip
    network = cast(EcapaTdnn, fitted.network)
    temperature, validated = fit_temperature(network, problem.watched, problem.watched_codes)
    best = best_epoch(fitted.history, VALIDATION_LOSS) or recipe.schedule.epochs
    return SeedResult(seed, network, temperature, validated, fitted.history, best, fitted.seconds)


def fit_temperature(
    network: EcapaTdnn, features: Sequence[Tensor], codes: Tensor
) -> tuple[float, dict[str, float]]:
    """The temperature for clips that were not learned from, and the measures of these with it."""
    logits = embed_and_classify(network, features)[1]
    temperature = best_temperature(logits, codes)
    metrics = validation_metrics(logits, codes)
    metrics[VALIDATION_LOSS] = float(functional.cross_entropy(logits / temperature, codes))
    return temperature, metrics


def best_temperature(logits: Tensor, codes: Tensor) -> float:
    """
    What to divide logits by for the lowest log loss (Guo et al. 2017, section 4.2).

    Parameters
    ----------
    logits : Tensor
        (n, classes) of clips that were not learned from.
    codes : Tensor
        Whole numbers (n,), the true classes.
    """
    fixed = logits.detach().double()

    def loss(log_temperature: float) -> float:
        return float(functional.cross_entropy(fixed / math.exp(log_temperature), codes))

    bounds = tuple(math.log(limit) for limit in LIMITS)
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-4})
    return math.exp(float(found.x))


def best_seed(results: Sequence[SeedResult]) -> SeedResult:
    """The network with the lowest calibrated log loss on validation; no test is looked at."""
    return min(results, key=lambda result: (result.validation[VALIDATION_LOSS], result.seed))


def spread_over_seeds(results: Sequence[SeedResult]) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation over the seeds of each validation measure."""
    names = results[0].validation
    values = {name: [result.validation[name] for result in results] for name in names}
    return {name: (float(np.mean(found)), float(np.std(found))) for name, found in values.items()}
