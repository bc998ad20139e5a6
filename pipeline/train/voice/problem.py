"""Learning voices: batches that favour no sex and no corpus, and what is measured on speakers kept apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn
from torch.nn import functional
from torch.utils.data import WeightedRandomSampler

from models.ecapa.network import EcapaTdnn
from models.gender import embed_and_classify
from models.gender_format import SEXES
from models.speech import SPEECH, SpeechFeatures
from pipeline.train.loop import VALIDATION_ACCURACY, VALIDATION_LOSS
from pipeline.train.voice import augment
from pipeline.train.voice.recipe import GenderRecipe
from pipeline.train.voice.sounds import RATE_HZ, Noises, stretch

Codes = NDArray[np.intp]
HARD_S = 1.0
"""Besides whole clips, one second of each, degraded, is validated on: whole clean clips are soon all correct."""


@dataclass(frozen=True, eq=False)
class VoiceSet:
    """Clips of one part in memory: their rows, their sound, and that sound through Opus where there is such."""

    clips: pd.DataFrame
    voices: Sequence[Tensor]
    through_opus: Sequence[Tensor]
    noises: Noises

    @property
    def codes(self) -> Codes:
        """(n,) positions in ``SEXES``."""
        return np.array([SEXES.index(sex) for sex in self.clips["sex"]], dtype=np.intp)


def balanced_weights(clips: pd.DataFrame) -> NDArray[np.float64]:
    """A weight for each clip, so that each sex in each corpus is drawn equally often, and each speaker of these."""
    clips = clips.reset_index(drop=True)
    of_speaker = clips.groupby("speaker")["speaker"].transform("size")
    speakers = clips.groupby(["dataset", "sex"])["speaker"].transform("nunique")
    cells = clips.groupby(["dataset", "sex"]).ngroups
    return np.array(1.0 / (of_speaker * speakers * cells), dtype=np.float64)


class GenderProblem:
    """What :func:`pipeline.train.loop.fit` learns; an epoch's batches follow from the seed and its number alone."""

    def __init__(self, train: VoiceSet, validation: VoiceSet, recipe: GenderRecipe, seed: int) -> None:
        self.train, self.recipe, self.seed = train, recipe, seed
        self.codes = torch.as_tensor(train.codes)
        self.weights = torch.as_tensor(balanced_weights(train.clips))
        self.features = SpeechFeatures()
        self.watched = validation_features(validation, recipe, self.features)
        self.watched_codes = torch.as_tensor(np.tile(validation.codes, 2))

    @property
    def steps(self) -> int:
        return self.recipe.steps

    def batches(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Features (batch, n_mels, frames), all of a batch of one length, and codes (batch,)."""
        generator = Generator().manual_seed((self.seed << 20) + epoch)
        batch = self.recipe.batch
        sampler = WeightedRandomSampler(self.weights.tolist(), self.steps * batch, generator=generator)
        order = torch.tensor(list(sampler))
        for step in range(self.steps):
            chosen = order[step * batch : (step + 1) * batch]
            yield self._features(chosen.tolist(), generator), self.codes[chosen]

    def _features(self, chosen: Sequence[int], generator: Generator) -> Tensor:
        how = self.recipe.augmentation
        low_s, high_s = self.recipe.crop_s
        length_s = low_s + (high_s - low_s) * float(torch.rand((), generator=generator))
        length = round(length_s * RATE_HZ)
        samples = torch.stack([self._crop(number, length, generator) for number in chosen])
        noise = self.train.noises.crops(len(chosen), length, generator)
        with torch.no_grad():
            samples = augment.augmented(samples, noise, how, RATE_HZ, generator)
            power = self.features.frontend.power(samples)
            factors = augment.random_factors(len(chosen), how.vocal_tract, generator)
            features = self.features.centred(augment.vocal_tracts(power, factors, SPEECH))
            return augment.striped(features, how.masks, how.mask_bands, how.mask_frames, generator)

    def _crop(self, number: int, length: int, generator: Generator) -> Tensor:
        how = self.recipe.augmentation
        coded = float(torch.rand((), generator=generator)) < how.opus and bool(self.train.through_opus)
        voice = (self.train.through_opus if coded else self.train.voices)[number]
        # As much as the fastest pace needs: that leaves the least.
        samples = stretch(voice, int(length * max(how.speeds)) + 64, generator)
        samples = augment.at_a_speed(samples, how.speeds, RATE_HZ, generator)[:length]
        return samples.flip(0) if float(torch.rand((), generator=generator)) < how.backwards else samples

    def loss(self, network: nn.Module, inputs: Tensor, targets: Tensor) -> tuple[Tensor, float]:
        """Cross-entropy against smoothed labels."""
        mixed = self.recipe.precision == "bfloat16"
        with torch.autocast(inputs.device.type, torch.bfloat16, enabled=mixed):
            logits = network(inputs).float()
        right = (logits.argmax(1) == targets).float().mean()
        return functional.cross_entropy(logits, targets, label_smoothing=self.recipe.smoothing), float(right)

    def measured(self, network: nn.Module, epoch: int) -> dict[str, float]:
        """Log loss and accuracy on validation: whole clips, and a degraded second of each."""
        return validation_metrics(
            embed_and_classify(cast(EcapaTdnn, network), self.watched)[1], self.watched_codes
        )


def validation_metrics(logits: Tensor, codes: Tensor) -> dict[str, float]:
    """Of whole clips and degraded seconds, in this order: both together, and the accuracies of each."""
    right = (logits.argmax(1) == codes).float()
    half = len(right) // 2
    return {
        VALIDATION_LOSS: float(functional.cross_entropy(logits, codes)),
        VALIDATION_ACCURACY: float(right.mean()),
        f"{VALIDATION_ACCURACY}_whole": float(right[:half].mean()),
        f"{VALIDATION_ACCURACY}_degraded": float(right[half:].mean()),
    }


def validation_features(validation: VoiceSet, recipe: GenderRecipe, features: SpeechFeatures) -> list[Tensor]:
    """Features of all clips whole, then of a second of each, degraded in a way that no seed of a training changes."""
    generator = Generator().manual_seed(recipe.split_seed)
    how = replace(
        recipe.augmentation, vocal_tract=0.0, masks=0, noise=1.0 if validation.noises.clips else 0.0
    )
    length = round(HARD_S * RATE_HZ)
    found = []
    with torch.no_grad():
        for voice in validation.voices:
            whole = stretch(voice, len(voice), generator)
            found.append(features(whole[None])[0])
        for voice in validation.voices:
            samples = stretch(voice, length, generator)[None]
            noise = validation.noises.crops(1, length, generator)
            found.append(features(augment.augmented(samples, noise, how, RATE_HZ, generator))[0])
    return found
