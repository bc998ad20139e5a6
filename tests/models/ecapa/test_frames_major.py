"""Convolutions of values that lie frame by frame: the same, with oneDNN and without."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from models.ecapa.frames_major import FramesMajor


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize(("kernel", "dilation"), [(1, 1), (5, 1), (3, 4)])
@pytest.mark.parametrize("windows", [1, 3])
def test_a_convolution_laid_frame_by_frame_is_the_same(kernel: int, dilation: int, windows: int) -> None:
    convolution = nn.Conv1d(12, 16, kernel, dilation=dilation, padding=dilation * (kernel - 1) // 2)
    given = noise(windows, 12, 21)
    out = FramesMajor.of(convolution)(given)
    assert torch.allclose(out, convolution(given), atol=1e-5)
    assert out.transpose(1, 2).is_contiguous()  # channels of a frame side by side
    again = FramesMajor.of(nn.Conv1d(16, 16, 1))(out)
    assert again.shape == out.shape and again.transpose(1, 2).is_contiguous()
