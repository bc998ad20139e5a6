"""The parts for use: equal to those that learn, laid frame by frame, with oneDNN and without."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from models.ecapa.inference import FoldedLayer, FoldedPooling, FoldedRes2, FramesMajor
from models.ecapa.network import AttentivePooling, Layer, Norm, Res2


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def learned(part: nn.Module) -> nn.Module:
    """The part with norms that have statistics, factors and shifts."""
    for number, norm in enumerate(one for one in part.modules() if isinstance(one, Norm)):
        norm.running_mean = noise(norm.num_features, seed=number)
        norm.running_var = noise(norm.num_features, seed=number).abs() + 0.5
        norm.weight.data, norm.bias.data = noise(norm.num_features), noise(norm.num_features, seed=9)
    return part.eval().requires_grad_(False)


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("lengths", [None, [20, 13, 1, 7, 20, 19]])
def test_each_part_of_more_clips_than_are_pooled_together_is_as_the_one_that_learned(
    lengths: list[int] | None,
) -> None:
    mask = None if lengths is None else (torch.arange(20) < torch.tensor(lengths)[:, None])[:, None]
    given = noise(6, 16, 20) if mask is None else noise(6, 16, 20) * mask
    for part, folded in (
        (learned(Layer(16, 8, 3, 2)), FoldedLayer),
        (learned(Res2(16, 3)), FoldedRes2),
        (learned(AttentivePooling(16, 8)), FoldedPooling),
    ):
        expected = part(given.clone(), mask)
        assert torch.allclose(folded(part)(given.clone(), mask), expected, atol=1e-5), folded


def test_what_is_given_to_a_layer_stays_as_it_is() -> None:
    given = noise(1, 8, 9)
    before = given.clone()
    FoldedLayer(learned(Layer(8, 8)))(given)  # type: ignore[arg-type]
    FoldedPooling(learned(AttentivePooling(8, 8)))(given)  # type: ignore[arg-type]
    assert torch.equal(given, before)


def test_parts_for_use_keep_no_way_back() -> None:
    folded = FoldedRes2(learned(Res2(16, 2)))  # type: ignore[arg-type]
    assert not [one for one in folded.parameters() if one.requires_grad]
    assert not [one for one in folded.modules() if isinstance(one, nn.BatchNorm1d)]


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
