"""Convolutions over time of values that lie frame by frame in memory, the channels of a frame side by side.

So oneDNN's convolutions need not lay them out anew, and they are what is fast: for a clip that is alone torch would
choose a matrix product, which MKL slows down on a CPU that is not Intel's. Shapes stay (batch, channels, frames).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


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
