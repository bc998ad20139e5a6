"""ECAPA-TDNN for use: without batch norms, which no longer learn, and with values that lie frame by frame in memory.

Nothing here can be trained: values are overwritten where no one needs them any more.

**Norms.** They come after the ReLU, so each can only go into what follows it. Where that is a convolution over several
frames, or a sum, a factor and a shift for each channel stay in the norm's place.

**Memory.** The channels of a frame lie side by side. So oneDNN's convolutions need not lay them out anew, and they are
what is fast: for a clip that is alone torch would choose a matrix product, which MKL slows down on a CPU that is not
Intel's. Shapes stay (batch, channels, frames).
"""

from __future__ import annotations

import copy
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.ecapa.network import (
    SCALE,
    AttentivePooling,
    Block,
    EcapaTdnn,
    Layer,
    Norm,
    Res2,
    factor_and_shift,
    mean_over_time,
    means_and_deviations,
)


class FramesMajor(nn.Module):
    """A convolution over time; what comes out lies frame by frame, and what goes in is laid so."""

    def __init__(self, weight: Tensor, bias: Tensor | None, dilation: int = 1) -> None:
        """``weight`` (outward, inward, kernel), ``bias`` (outward,); as many frames come out as go in."""
        super().__init__()
        # An image one pixel high: (outward, inward, 1, kernel).
        image = weight.detach().unsqueeze(2).clone(memory_format=torch.channels_last)
        self.weight = nn.Parameter(image, requires_grad=False)
        self.bias = None if bias is None else nn.Parameter(bias.detach().clone(), requires_grad=False)
        self.dilation, self.padding = [1, dilation], [0, dilation * (weight.shape[2] - 1) // 2]

    @classmethod
    def of(cls, convolution: nn.Conv1d) -> FramesMajor:
        return cls(convolution.weight, convolution.bias, convolution.dilation[0])

    def forward(self, values: Tensor) -> Tensor:
        image = values.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        if image.device.type == "cpu" and torch.backends.mkldnn.is_available():
            out = torch.mkldnn_convolution(
                image, self.weight, self.bias, self.padding, [1, 1], self.dilation, 1
            )
        else:
            out = functional.conv2d(image, self.weight, self.bias, 1, self.padding, self.dilation)
        return out.squeeze(2)


AT_ONCE = 4
"""Clips that a CPU pools together: what is known of their frames stays in its cache. Of 3 s each, 7 MB a pass."""


class Cut(nn.Module):
    """ReLU and what is left of a batch norm that no longer learns: a factor and a shift for each channel."""

    def __init__(self, norm: nn.BatchNorm1d) -> None:
        super().__init__()
        factor, shift = factor_and_shift(norm)
        self.factor: Tensor
        self.shift: Tensor
        self.register_buffer("factor", factor[:, None])
        self.register_buffer("shift", shift[:, None])

    def forward(self, values: Tensor, mask: Tensor | None = None) -> Tensor:
        """Values (batch, channels, frames), which are overwritten; zero in filled frames."""
        return masked_(torch.addcmul(self.shift, values.relu_(), self.factor, out=values), mask)


class FoldedLayer(nn.Module):
    """As ``Layer``."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.convolution, self.cut = FramesMajor.of(layer.convolution), Cut(layer.norm)

    def forward(self, values: Tensor, mask: Tensor | None = None) -> Tensor:
        out: Tensor = self.cut(self.convolution(values), mask)
        return out


class FoldedRes2(nn.Module):
    """As ``Res2``; each group's result is written over what the group held."""

    def __init__(self, res2: Res2) -> None:
        super().__init__()
        self.layers = nn.ModuleList(FoldedLayer(cast(Layer, layer)) for layer in res2.layers)

    def forward(self, values: Tensor, mask: Tensor | None = None) -> Tensor:
        _, *groups = values.chunk(SCALE, 1)
        before: Tensor | None = None
        for layer, group in zip(self.layers, groups, strict=True):
            before = layer(group if before is None else group + before, mask)
            group.copy_(before)
        return values


class FoldedBlock(nn.Module):
    """As ``Block``; its last norm is part of the excitation: one pass less over all frames."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.first, self.res2 = FoldedLayer(block.first), FoldedRes2(block.res2)
        self.last, self.excitation = FramesMajor.of(block.last.convolution), block.excitation
        factor, shift = factor_and_shift(block.last.norm)
        self.factor: Tensor
        self.shift: Tensor
        self.register_buffer("factor", factor[:, None])
        self.register_buffer("shift", shift[:, None])
        follow(self.excitation.down, factor, shift)

    def forward(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        values = masked_(self.last(self.res2(self.first(inputs, mask), mask)).relu_(), mask)
        weights = self.excitation(mean_over_time(values, mask))  # (batch, width, 1)
        out = torch.addcmul(inputs, values, weights * self.factor, out=values)
        return masked_(out.add_(weights * self.shift), mask)


class FoldedPooling(nn.Module):
    """As ``AttentivePooling``."""

    def __init__(self, pooling: AttentivePooling) -> None:
        super().__init__()
        whole = pooling.hidden.convolution
        own, common = whole.weight.split([pooling.weights.out_channels, 2 * pooling.weights.out_channels], 1)
        self.own, self.common = FramesMajor(own, whole.bias), FramesMajor(common, None)
        self.cut, self.weights = Cut(pooling.hidden.norm), FramesMajor.of(pooling.weights)

    def forward(self, values: Tensor, mask: Tensor | None = None) -> Tensor:
        """(batch, channels, frames), filled frames zero -> (batch, 2 * channels, 1): means, then deviations."""
        step = AT_ONCE if values.device.type == "cpu" else len(values)
        clips = values.split(step)
        masks = [None] * len(clips) if mask is None else mask.split(step)
        return torch.cat([self._pooled(clip, sound) for clip, sound in zip(clips, masks, strict=True)])

    def _pooled(self, values: Tensor, mask: Tensor | None) -> Tensor:
        mean = mean_over_time(values, mask)
        square = mean_over_time(masked_((values - mean).square_(), mask), mask)
        context = self.common(means_and_deviations(mean, square))  # (1, bottleneck, 1)
        scores = self.weights(self.cut(self.own(values).add_(context)).tanh_())
        if mask is not None:
            scores.masked_fill_(~mask, -torch.inf)
        # Over the axis that is in the middle in memory: over the last one, all would be laid out anew.
        weights = torch.softmax(scores.transpose(1, 2), 1).transpose(1, 2)
        mean = (weights * values).sum(2, keepdim=True)
        square = (values - mean).square_().mul_(weights).sum(2, keepdim=True)
        return means_and_deviations(mean, square)


def masked_(values: Tensor, mask: Tensor | None) -> Tensor:
    """The values (batch, channels, frames) themselves, set to zero in filled frames."""
    return values if mask is None else values.mul_(mask)


def follow(after: nn.Conv1d | nn.Linear, factor: Tensor, shift: Tensor) -> None:
    """Let a layer without reach in time take ``x`` where it took ``factor * x + shift``."""
    weight = after.weight.detach().flatten(1)  # (outward, inward)
    bias = cast(Tensor, after.bias).detach() + functional.linear(shift, weight)
    after.weight.data = (weight * factor).reshape(after.weight.shape)
    cast(Tensor, after.bias).data = bias


def fold_batch_norm(network: EcapaTdnn) -> EcapaTdnn:
    """
    A copy that gives the same logits, faster, and can no longer be trained.

    Raises
    ------
    ValueError
        The network is in training mode: its norms have no fixed factors yet.
    """
    if network.training:
        raise ValueError("The network is in training mode; expected .eval() before its norms are folded.")
    folded = copy.deepcopy(network).requires_grad_(False)
    folded.stem = FoldedLayer(cast(Layer, folded.stem))
    folded.blocks = nn.ModuleList(FoldedBlock(cast(Block, block)) for block in folded.blocks)
    folded.aggregation = FramesMajor.of(cast(nn.Conv1d, folded.aggregation))
    folded.pooling = FoldedPooling(cast(AttentivePooling, folded.pooling))
    factor, shift = factor_and_shift(cast(Norm, folded.pooled_norm))
    follow(folded.embedding, factor, shift)
    factor, shift = factor_and_shift(cast(Norm, folded.embedding_norm))
    folded.embedding.weight.mul_(factor[:, None])
    folded.embedding.bias.mul_(factor).add_(shift)
    folded.pooled_norm = folded.embedding_norm = nn.Identity()
    return folded
