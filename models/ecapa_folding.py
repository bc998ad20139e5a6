"""ECAPA-TDNN for use: batch norms, which no longer learn, go into the weights beside them.

As the norms come after the ReLU, each can only go into what follows it. Where that is a convolution over several
frames, or a sum, a factor and a shift for each channel stay in the norm's place.
"""

from __future__ import annotations

import copy
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.ecapa_layers import Block, Layer, Norm, Shift, factor_and_shift, masked, mean_over_time
from models.ecapa_tdnn import EcapaTdnn


class FoldedBlock(nn.Module):
    """A block whose last norm is part of the excitation: one pass less over all frames."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.first, self.res2, self.excitation = block.first, block.res2, block.excitation
        self.last = block.last.convolution
        factor, shift = factor_and_shift(cast(Norm, block.last.norm))
        self.factor: Tensor
        self.shift: Tensor
        self.register_buffer("factor", factor[:, None])
        self.register_buffer("shift", shift[:, None])
        _follow(self.excitation.down, factor, shift)

    def forward(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        values = self.last(self.res2(self.first(inputs, mask), mask))
        values = masked(values.relu_(), mask)
        weights = self.excitation(mean_over_time(values, mask))  # (batch, width, 1)
        out = torch.addcmul(inputs, values, weights * self.factor)
        return masked(out.add_(weights * self.shift), mask)


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
    factor, shift = factor_and_shift(cast(Norm, folded.pooled_norm))
    _follow(folded.embedding, factor, shift)
    factor, shift = factor_and_shift(cast(Norm, folded.embedding_norm))
    folded.embedding.weight.mul_(factor[:, None])
    folded.embedding.bias.mul_(factor).add_(shift)
    folded.pooled_norm = folded.embedding_norm = nn.Identity()
    folded.blocks = nn.ModuleList(FoldedBlock(cast(Block, block)) for block in folded.blocks)
    for layer in [part for part in folded.modules() if isinstance(part, Layer)]:
        layer.norm = Shift(cast(Norm, layer.norm))
    return folded


def _follow(after: nn.Conv1d | nn.Linear, factor: Tensor, shift: Tensor) -> None:
    """Let a layer without reach in time take ``x`` where it took ``factor * x + shift``."""
    weight = after.weight.detach().flatten(1)  # (outward, inward)
    bias = cast(Tensor, after.bias).detach() + functional.linear(shift, weight)
    after.weight.data = (weight * factor).reshape(after.weight.shape)
    cast(Tensor, after.bias).data = bias
