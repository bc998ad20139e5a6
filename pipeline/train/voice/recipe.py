"""The recipe of the voice network: every number that makes it what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from models.ecapa.network import EcapaParameters
from pipeline.train.loop import Schedule
from pipeline.train.voice.augment import SpeechAugmentation

Precision = Literal["float32", "bfloat16"]
VERSION = 1
"""Raise it when a network would come out otherwise for a reason that no number of its recipe shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenderRecipe:
    """How one network is made. What was chosen, was chosen on validation speakers, never on a test."""

    network: EcapaParameters = field(default_factory=lambda: EcapaParameters(width=128))
    augmentation: SpeechAugmentation = field(default_factory=SpeechAugmentation)
    schedule: Schedule = field(
        default_factory=lambda: Schedule(
            epochs=60, learning_rate=1e-3, warmup_epochs=2, weight_decay=0.05, average=0.98
        )
    )
    batch: int = 32
    steps: int = 32
    """Batches an epoch: what an epoch is, is a matter of taste where crops are drawn with replacement."""
    precision: Precision = "bfloat16"
    """Of the network's products while it learns; weights, steps and all that is measured are float32. Where the
    processor has bfloat16 a step takes half as long."""
    crop_s: tuple[float, float] = (0.5, 3.0)
    """All crops of a batch are of one length, drawn between these."""
    smoothing: float = 0.05
    """Of the labels (Szegedy et al. 2016)."""
    patience: int = 15
    """Epochs without a lower validation loss until a training ends."""
    validation_share: float = 0.2
    test_share: float = 0.0
    split_seed: int = 0
    """Divides the speakers; the same for all networks, so that they can be compared."""
    train_on: tuple[str, ...] = ()

    def parameters(self) -> Mapping[str, object]:
        """All numbers as JSON knows them."""
        return asdict(self)


def quick(recipe: GenderRecipe) -> GenderRecipe:
    """A small network in a few epochs: to see that all works, not to be believed."""
    small = replace(recipe.network, width=32, aggregated=192, bottleneck=32)
    plain = replace(recipe.augmentation, opus=0.0, room=0.2, masks=0)
    short = replace(recipe.schedule, epochs=8, learning_rate=3e-3, warmup_epochs=1, average=0.9)
    return replace(
        recipe,
        network=small,
        augmentation=plain,
        schedule=short,
        precision="float32",  # every processor is fast at that
        steps=16,
        batch=16,
        crop_s=(0.5, 1.5),
        patience=8,
    )
