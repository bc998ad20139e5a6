"""ECAPA-TDNN for use: batch norms, which no longer learn, go into the weights beside them.

As the norms come after the ReLU, each can only go into what follows it. Where that is a convolution over several
frames, or a sum, a factor and a shift for each channel stay in the norm's place.
"""

from __future__ import annotations

import copy
from typing import cast

from torch import nn

from models.ecapa.frames_major import FramesMajor
from models.ecapa.inference import FoldedBlock, FoldedLayer, FoldedPooling, follow
from models.ecapa.layers import Block, Layer, Norm, factor_and_shift
from models.ecapa.network import AttentivePooling, EcapaTdnn


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
