"""A small residual CNN over log-mel spectrograms of environmental sound.

Its last layer is not trained: each class has a fixed direction, a row of a Hadamard matrix (Hoffer, Hubara
and Soudry 2018, "Fix your classifier"; Pernici et al. 2021, "Regular polytope networks"). All rows are equally
far apart, and every network with the same classes is drawn to the same directions. So networks that were
trained on different folds put a class in the same place, and their embeddings can stand in one view.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.networks import seeded, with_weights

EMBEDDING = 128
"""Numbers of the penultimate layer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscCnnParameters:
    """Channels of the stages, the last of which is the embedding; ``blocks`` residual blocks in each."""

    n_mels: int = 64
    widths: tuple[int, ...] = (32, 64, 128, EMBEDDING)
    blocks: int = 1
    stem_width: int = 32
    dropout: float = 0.0
    scale: float = 4.0
    """How long a class's fixed direction is: what one unit of the embedding counts in the logits."""


def fixed_head(classes: int, dimension: int, scale: float) -> Tensor:
    """
    The directions of the classes: rows 1 to ``classes`` of a Hadamard matrix (Sylvester's construction).

    Returns
    -------
    Tensor
        float32 (classes, dimension). Rows are orthogonal to one another, ``scale`` long, and sum to zero,
        so that raising all numbers of an embedding favours no class.

    Raises
    ------
    ValueError
        The dimension is no power of two, or has no room for so many classes.
    """
    if dimension < 2 or dimension & (dimension - 1):
        raise ValueError(f"The embedding has {dimension} numbers; expected a power of two, such as 128.")
    if not 2 <= classes < dimension:
        raise ValueError(
            f"There are {classes} classes; expected 2 to {dimension - 1} with an embedding of {dimension} "
            "numbers. Choose a target with fewer classes."
        )
    matrix = torch.ones(1, 1)
    while len(matrix) < dimension:
        matrix = torch.cat([torch.cat([matrix, matrix], 1), torch.cat([matrix, -matrix], 1)])
    return matrix[1 : classes + 1] * (scale / dimension**0.5)


class Residual(nn.Module):
    """Two 3 x 3 convolutions beside a short cut (He et al. 2016); the first may halve both axes."""

    def __init__(self, inward: int, outward: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inward, outward, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outward)
        self.second = nn.Conv2d(outward, outward, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outward)
        self.short: nn.Module = nn.Identity()
        if stride > 1 or inward != outward:
            # Averaging first keeps what a strided 1 x 1 convolution would skip (He, T. et al. 2019).
            self.short = nn.Sequential(
                nn.AvgPool2d(stride, ceil_mode=True) if stride > 1 else nn.Identity(),
                nn.Conv2d(inward, outward, 1, bias=False),
                nn.BatchNorm2d(outward),
            )

    def forward(self, inputs: Tensor) -> Tensor:
        out = functional.relu(self.first_norm(self.first(inputs)))
        return functional.relu(self.second_norm(self.second(out)) + self.short(inputs))


class EscCnn(nn.Module):
    """
    Standardised log-mel (batch, n_mels, frames), of any number of frames -> logits (batch, classes).

    The embedding is the mean over frequency of the last stage, then the mean and the maximum over time
    added (Kong et al. 2020, PANNs): a class may be known by what lasts or by one short event.
    """

    def __init__(self, classes: int, parameters: EscCnnParameters | None = None) -> None:
        super().__init__()
        chosen = parameters or EscCnnParameters()
        self.settings = chosen
        self.stem = nn.Sequential(
            nn.Conv2d(1, chosen.stem_width, 5, 2, 2, bias=False), nn.BatchNorm2d(chosen.stem_width), nn.ReLU()
        )
        stages: list[nn.Module] = []
        inward = chosen.stem_width
        for number, width in enumerate(chosen.widths):
            for block in range(chosen.blocks):
                stages.append(Residual(inward, width, 2 if block == 0 and number > 0 else 1))
                inward = width
        self.stages = nn.Sequential(*stages)
        self.dropout = nn.Dropout(chosen.dropout)
        self.head: Tensor
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("head", fixed_head(classes, inward, chosen.scale), persistent=False)
        self.register_buffer("mean", torch.zeros(chosen.n_mels))
        self.register_buffer("deviation", torch.ones(()))
        for weight in self.parameters():
            if weight.ndim == 4:  # a quarter faster on a CPU
                weight.data = weight.data.to(memory_format=torch.channels_last)

    def standardised(self, decibels: Tensor) -> Tensor:
        """Log-mel in dB (..., n_mels, frames) as the network saw it: less each band's mean, over one deviation."""
        return (decibels - self.mean[:, None]) / self.deviation

    def embed(self, inputs: Tensor) -> Tensor:
        """Standardised log-mel (batch, n_mels, frames) -> embedding (batch, dimension), not negative."""
        # (batch, n_mels, frames) -> (batch, 1, n_mels, frames)
        features = inputs.unsqueeze(1).contiguous(memory_format=torch.channels_last)
        features = self.stages(self.stem(features)).mean(2)  # (batch, dimension, frames / 16)
        return 0.5 * (features.mean(2) + features.amax(2))

    def classify(self, embedding: Tensor) -> Tensor:
        """Embedding (batch, dimension) -> logits (batch, classes), linear and without a bias."""
        return functional.linear(self.dropout(embedding), self.head)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.classify(self.embed(inputs))


def made(classes: int, parameters: EscCnnParameters | None = None, seed: int = 0) -> EscCnn:
    """See :func:`models.networks.seeded`."""
    return seeded(lambda: EscCnn(classes, parameters), seed)


def restored(state: Mapping[str, Tensor], classes: int, parameters: EscCnnParameters) -> EscCnn:
    """See :func:`models.networks.with_weights`."""
    return with_weights(EscCnn(classes, parameters), state, parameters)
