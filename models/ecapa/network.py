"""ECAPA-TDNN: a clip of speech of any length -> an embedding of 192 numbers -> the logits of its classes.

Desplanques, Thienpondt and Demuynck (2020), "ECAPA-TDNN: Emphasized Channel Attention, Propagation and Aggregation
in TDNN Based Speaker Verification", Interspeech, arXiv:2005.07143, figures 1 and 2, table 1.

Each part takes ``mask``: which frames are sound and which only fill up the batch. Filled frames are zero wherever a
convolution or a mean could reach them, as the frames beyond either end of a clip that is alone are. So it makes no
difference what a clip is batched with. ``None`` stands for no filled frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.networks import seeded, with_weights

SCALE = 8
"""Into how many groups of channels a Res2 convolution is split (Gao et al. 2019)."""


def frames_mask(lengths: Tensor | None, frames: int) -> Tensor | None:
    """bool (batch, 1, frames), True where frames are sound; ``lengths`` (batch,) counts them. None if all are."""
    if lengths is None or bool((lengths >= frames).all()):
        return None
    return (torch.arange(frames, device=lengths.device) < lengths[:, None]).unsqueeze(1)


def masked(values: Tensor, mask: Tensor | None) -> Tensor:
    """Values (batch, channels, frames), zero in filled frames."""
    return values if mask is None else values * mask


def joined(parts: Sequence[Tensor]) -> Tensor:
    """Channels of several values (batch, channels, frames) behind one another; how they lie in memory stays."""
    # `cat` knows the two ways to lie from images, (batch, channels, height, width), alone.
    return torch.cat([part.unsqueeze(2) for part in parts], 1).squeeze(2)


def mean_over_time(values: Tensor, mask: Tensor | None) -> Tensor:
    """(batch, channels, frames), filled frames zero -> (batch, channels, 1), the mean of those that are sound."""
    if mask is None:
        return values.mean(2, keepdim=True)
    return values.sum(2, keepdim=True) / mask.sum(2, keepdim=True)


class Norm(nn.BatchNorm1d):
    """Batch normalisation whose statistics come from sound alone, also while it learns."""

    def over(self, values: Tensor, mask: Tensor | None) -> Tensor:
        """(batch, channels, frames) -> the same shape, zero in filled frames."""
        if mask is None:
            return cast(Tensor, self(values))
        if not self.training:
            return masked(self(values), mask)
        sound = mask[:, 0]  # (batch, frames)
        columns = values.transpose(1, 2)  # (batch, frames, channels)
        out = torch.zeros_like(columns)
        out[sound] = self(columns[sound])
        return out.transpose(1, 2)


def factor_and_shift(norm: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    """A batch norm in use is ``factor * x + shift``, both (channels,)."""
    mean, variance = cast(Tensor, norm.running_mean), cast(Tensor, norm.running_var)
    factor = norm.weight.detach() / torch.sqrt(variance + norm.eps)
    return factor, norm.bias.detach() - mean * factor


class Layer(nn.Module):
    """Convolution, ReLU, batch norm, in this order; as many frames come out as go in."""

    def __init__(self, inward: int, outward: int, kernel: int = 1, dilation: int = 1) -> None:
        super().__init__()
        padding = dilation * (kernel - 1) // 2
        self.convolution = nn.Conv1d(inward, outward, kernel, dilation=dilation, padding=padding)
        self.norm = Norm(outward)

    def forward(self, values: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.norm.over(functional.relu(self.convolution(values)), mask)


class Res2(nn.Module):
    """Groups of channels, each convolved after the result of the one before is added (Gao et al. 2019, eq. 1)."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        group = width // SCALE
        self.layers = nn.ModuleList(Layer(group, group, 3, dilation) for _ in range(SCALE - 1))

    def forward(self, values: Tensor, mask: Tensor | None = None) -> Tensor:
        first, *rest = values.chunk(SCALE, 1)
        out = [first]
        for number, (layer, group) in enumerate(zip(self.layers, rest, strict=True)):
            out.append(layer(group if number == 0 else group + out[-1], mask))
        return joined(out)


class SqueezeExcitation(nn.Module):
    """A weight for each channel, by the means of all over the clip (paper, equations 1 and 2)."""

    def __init__(self, width: int, bottleneck: int) -> None:
        super().__init__()
        self.down = nn.Conv1d(width, bottleneck, 1)
        self.up = nn.Conv1d(bottleneck, width, 1)

    def forward(self, mean: Tensor) -> Tensor:
        """Means (batch, width, 1) -> weights of the same shape, from 0 to 1."""
        return torch.sigmoid(self.up(functional.relu(self.down(mean))))


class Block(nn.Module):
    """An SE-Res2Block (paper, figure 1): 1 x 1, Res2, 1 x 1, squeeze and excitation, and what came in added."""

    def __init__(self, width: int, dilation: int, bottleneck: int) -> None:
        super().__init__()
        self.first = Layer(width, width)
        self.res2 = Res2(width, dilation)
        self.last = Layer(width, width)
        self.excitation = SqueezeExcitation(width, bottleneck)

    def forward(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        values = self.last(self.res2(self.first(inputs, mask), mask), mask)
        return torch.addcmul(inputs, values, self.excitation(mean_over_time(values, mask)))


DILATIONS = (2, 3, 4)
MIN_VARIANCE = 1e-6
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
    return torch.cat([mean, square.clamp(min=MIN_VARIANCE).sqrt()], 1)


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
        mixed = functional.conv1d(values, own, convolution.bias) + functional.conv1d(context, common)
        return self.hidden.norm.over(functional.relu(mixed), mask)


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
