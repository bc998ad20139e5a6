"""The parts of ECAPA-TDNN. Each takes ``mask``: which frames are sound and which only fill up the batch.

Filled frames are zero wherever a convolution or a mean could reach them, as the frames beyond either end of a clip
that is alone are. So it makes no difference what a clip is batched with. ``None`` stands for no filled frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

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
