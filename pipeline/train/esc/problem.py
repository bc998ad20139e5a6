"""Learning classes of clips from their mel power: recordings, batches, the loss, and what a network says of a clip."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn
from torch.nn import functional

from models.esc_cnn import EscCnn
from models.frontend import LogMel, LogMelParameters
from pipeline.audio.decode import resample
from pipeline.runtime import stop
from pipeline.train.esc import augment
from pipeline.train.esc.augment import even_crops, random_crops
from pipeline.train.esc.recipe import EscRecipe
from pipeline.train.layout import TrainError
from pipeline.train.loop import TEST_ACCURACY, TEST_LOSS
from pipeline.train.sound import ProgressCallback, Samples, read_recording, trimmed

Codes = NDArray[np.intp]


def mel_power(samples: Samples, sample_rate_hz: int, frontend: LogMel) -> Tensor:
    """Power (n_mels, frames) of mono samples at any rate, without their padding."""
    wanted_hz = frontend.settings.sample_rate_hz
    with torch.no_grad():
        return frontend.power(torch.from_numpy(resample(trimmed(samples), sample_rate_hz, wanted_hz)))


def read_mel_powers(
    clips: pd.DataFrame, root: Path, frontend: LogMel, on_progress: ProgressCallback | None = None
) -> list[Tensor]:
    """
    The mel power of each clip, float32 (n_mels, frames), in the order of ``clips``.

    Parameters
    ----------
    clips : DataFrame
        Columns ``relative_path`` (below ``root``) and ``content_hash``, as ``Reader.clips`` gives them.

    Raises
    ------
    TrainError
        A recording cannot be opened, or is another one than when the store was built.
    """
    powers = []
    for path, known in zip(clips["relative_path"], clips["content_hash"], strict=True):
        stop.check()
        content, samples, rate_hz = read_recording(
            root / path, "Build again, so that the store knows what is there."
        )
        if hashlib.sha256(content).hexdigest() != known:
            raise TrainError(
                f"{root / path} has changed since the store was built; expected the recording of that time. "
                "Run `python -m pipeline build` and train again."
            )
        powers.append(mel_power(samples, rate_hz, frontend))
        if on_progress:
            on_progress(len(powers), len(clips))
    return powers


def decibels(power: Tensor, frontend: LogMelParameters) -> Tensor:
    """Power of the bands in dB, as ``LogMel`` has it, not below the front end's floor."""
    return 10.0 * torch.log10(power.clamp(min=frontend.floor))


def statistics(powers: Sequence[Tensor], frontend: LogMelParameters) -> tuple[Tensor, Tensor]:
    """Mean of each band (n_mels,) and the standard deviation of all values (), in dB, over all frames."""
    values = torch.cat([decibels(power, frontend) for power in powers], 1)
    return values.mean(1), values.std().clamp(min=1.0)


def embed_and_classify(
    network: EscCnn, powers: Sequence[Tensor], recipe: EscRecipe, device: torch.device
) -> tuple[Tensor, Tensor]:
    """
    Embedding (n, dimension) and logits (n, classes) of clips: the mean over stretches of each.

    As the last layer is linear, the logits are those of the mean embedding.
    """
    embeddings = []
    with torch.inference_mode():
        for power in powers:
            stretches = even_crops(power, recipe.crop_frames, recipe.test_crops).to(device)
            values = network.standardised(decibels(stretches, recipe.frontend))
            embeddings.append(network.embed(values).mean(0))
        embedding = torch.stack(embeddings)
        return embedding.cpu(), network.classify(embedding).cpu()


class EscProblem:
    """
    What :func:`pipeline.train.loop.fit` learns. ``watched`` are clips and codes to measure now and then.

    Nothing is ever chosen by what is measured on them: they only give the learning curve.
    """

    def __init__(
        self,
        powers: Sequence[Tensor],
        codes: Codes,
        classes: int,
        recipe: EscRecipe,
        seed: int,
        watched: tuple[Sequence[Tensor], Codes] | None = None,
    ) -> None:
        self.powers, self.recipe, self.seed, self.watched = powers, recipe, seed, watched
        self.targets = functional.one_hot(torch.as_tensor(codes, dtype=torch.long), classes).float()
        self.mean, self.deviation = statistics(powers, recipe.frontend)

    @property
    def steps(self) -> int:
        return max(len(self.powers) // self.recipe.batch, 1)

    def batches(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Standardised log-mel (batch, n_mels, frames) and targets (batch, classes) that sum to 1."""
        generator = Generator().manual_seed((self.seed << 20) + epoch)
        order = torch.randperm(len(self.powers), generator=generator)
        for step in range(self.steps):
            yield self._batch(order[step * self.recipe.batch :][: self.recipe.batch], generator)

    def _batch(self, chosen: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        how = self.recipe.augmentation
        power = random_crops([self.powers[i] for i in chosen.tolist()], self.recipe.crop_frames, generator)
        power = augment.warped(power, how.stretch, how.shift_bands, generator)
        power = augment.equalised(power, how.gain_db, how.equalise_db, how.equaliser_points, generator)
        power, targets = augment.mixed(power, self.targets[chosen], how.mix, generator)
        power = augment.noisy(power, how.noise, generator)
        values = (decibels(power, self.recipe.frontend) - self.mean[:, None]) / self.deviation
        return augment.masked(values, how.masks, how.mask_bands, how.mask_frames, generator), targets

    def loss(self, network: nn.Module, inputs: Tensor, targets: Tensor) -> tuple[Tensor, float]:
        """Cross-entropy against mixed targets; correct is what names the louder of a mixture."""
        logits = network(inputs)
        right = (logits.argmax(1) == targets.argmax(1)).float().mean()
        return functional.cross_entropy(logits, targets), float(right)

    def measured(self, network: nn.Module, epoch: int) -> dict[str, float]:
        last = epoch == self.recipe.schedule.epochs
        if self.watched is None or (epoch % self.recipe.watch_every and not last):
            return {}
        powers, codes = self.watched
        net = cast(EscCnn, network)
        logits = embed_and_classify(net, powers, self.recipe, net.head.device)[1]
        truth = torch.as_tensor(codes, dtype=torch.long)
        return {
            TEST_LOSS: float(functional.cross_entropy(logits, truth)),
            TEST_ACCURACY: float((logits.argmax(1) == truth).float().mean()),
        }
