"""ECAPA-TDNN: a clip of speech of any length -> an embedding of 192 numbers -> the logits of its classes.

Desplanques, Thienpondt and Demuynck (2020), "ECAPA-TDNN: Emphasized Channel Attention, Propagation and Aggregation
in TDNN Based Speaker Verification", Interspeech, arXiv:2005.07143, figures 1 and 2, table 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.ecapa.layers import SCALE, Block, Layer, Norm, frames_mask, joined, masked, mean_over_time
from models.networks import seeded, with_weights

DILATIONS = (2, 3, 4)
LEAST_VARIANCE = 1e-6
"""A band in which nothing moves has no deviation; the slope of its square root would be infinite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EcapaParameters:
    """``width`` is the paper's C, 512 or 1,024 there; a multiple of 8. The others are the paper's own."""

    width: int = 512
    n_mels: int = 80
    aggregated: int = 1536
    bottleneck: int = 128
    embedding: int = 192

    def __post_init__(self) -> None:
        if self.width < SCALE or self.width % SCALE:
            raise ValueError(
                f"The width is {self.width}; expected a multiple of {SCALE}, such as 128 or 512."
            )


def means_and_deviations(mean: Tensor, square: Tensor) -> Tensor:
    """Means and variances, both (batch, channels, 1) -> (batch, 2 * channels, 1)."""
    return torch.cat([mean, square.clamp(min=LEAST_VARIANCE).sqrt()], 1)


class AttentivePooling(nn.Module):
    """
    Mean and deviation over time, each frame of each channel with a weight of its own (paper, section 3.1).

    The weights are found by what the frame holds and, as its context, by the mean and deviation of the clip.
    """

    def __init__(self, channels: int, bottleneck: int) -> None:
        super().__init__()
        self.hidden = Layer(3 * channels, bottleneck)
        self.weights = nn.Conv1d(bottleneck, channels, 1)

    def forward(self, values: Tensor, mask: Tensor | None = None) -> Tensor:
        """(batch, channels, frames), filled frames zero -> (batch, 2 * channels, 1): means, then deviations."""
        if mask is None:
            square, mean = torch.var_mean(values, 2, correction=0, keepdim=True)
        else:
            mean = mean_over_time(values, mask)
            square = mean_over_time(masked((values - mean) ** 2, mask), mask)
        hidden = self._hidden(values, means_and_deviations(mean, square), mask)
        scores = self.weights(torch.tanh(hidden))
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf)
        weights = torch.softmax(scores, 2)  # (batch, channels, frames)
        mean = (weights * values).sum(2, keepdim=True)
        square = (weights * (values - mean) ** 2).sum(2, keepdim=True)
        return means_and_deviations(mean, square)

    def _hidden(self, values: Tensor, context: Tensor, mask: Tensor | None) -> Tensor:
        """As ``self.hidden`` of each frame with the context appended, whose part is found once a clip."""
        convolution = self.hidden.convolution
        own, common = convolution.weight.split([values.shape[1], context.shape[1]], 1)
        told = functional.conv1d(values, own, convolution.bias) + functional.conv1d(context, common)
        return self.hidden.norm.over(functional.relu(told), mask)


class EcapaTdnn(nn.Module):
    """
    Features (batch, n_mels, frames) -> logits (batch, classes).

    ``lengths`` (batch,) counts the frames of each clip that are sound; the rest of the row fills up the batch and is
    not felt, in use or in training.
    """

    def __init__(self, classes: int, parameters: EcapaParameters | None = None) -> None:
        super().__init__()
        chosen = parameters or EcapaParameters()
        self.settings = chosen
        self.stem: nn.Module = Layer(chosen.n_mels, chosen.width, 5)
        self.blocks = nn.ModuleList(Block(chosen.width, step, chosen.bottleneck) for step in DILATIONS)
        self.aggregation: nn.Module = nn.Conv1d(len(DILATIONS) * chosen.width, chosen.aggregated, 1)
        self.pooling: nn.Module = AttentivePooling(chosen.aggregated, chosen.bottleneck)
        self.pooled_norm: nn.Module = Norm(2 * chosen.aggregated)
        self.embedding = nn.Linear(2 * chosen.aggregated, chosen.embedding)
        self.embedding_norm: nn.Module = Norm(chosen.embedding)
        self.head = nn.Linear(chosen.embedding, classes)

    def embed(self, features: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Features (batch, n_mels, frames) -> embeddings (batch, embedding)."""
        mask = frames_mask(lengths, features.shape[2])
        came_before = self.stem(masked(features, mask), mask)
        blocks = []
        for block in self.blocks:
            blocks.append(block(came_before, mask))
            came_before = came_before + blocks[-1]
        frames = masked(functional.relu(self.aggregation(joined(blocks))), mask)
        pooled = self.pooled_norm(self.pooling(frames, mask)[:, :, 0])  # (batch, 2 * aggregated)
        embedding: Tensor = self.embedding_norm(self.embedding(pooled))
        return embedding

    def classify(self, embedding: Tensor) -> Tensor:
        """Embeddings (batch, embedding) -> logits (batch, classes)."""
        logits: Tensor = self.head(embedding)
        return logits

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> Tensor:
        return self.classify(self.embed(features, lengths))


def made(classes: int, parameters: EcapaParameters | None = None, seed: int = 0) -> EcapaTdnn:
    """See :func:`models.networks.seeded`."""
    return seeded(lambda: EcapaTdnn(classes, parameters), seed)


def restored(state: Mapping[str, Tensor], classes: int, parameters: EcapaParameters) -> EcapaTdnn:
    """See :func:`models.networks.with_weights`."""
    return with_weights(EcapaTdnn(classes, parameters), state, parameters)
