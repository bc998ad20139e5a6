"""ECAPA-TDNN: the paper's size, blind to padding, the same with its norms folded."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from models.ecapa.inference import fold_batch_norm
from models.ecapa.network import (
    AttentivePooling,
    Block,
    EcapaParameters,
    EcapaTdnn,
    Layer,
    Norm,
    Res2,
    made,
    restored,
)

SMALL = EcapaParameters(width=16, n_mels=12, aggregated=24, bottleneck=8, embedding=10)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def lively(seed: int = 0, parameters: EcapaParameters = SMALL) -> EcapaTdnn:
    """A network whose norms have statistics, factors and shifts of their own, of either sign."""
    network = made(2, parameters, seed)
    generator = torch.Generator().manual_seed(seed)
    for norm in [part for part in network.modules() if isinstance(part, Norm)]:
        norm.running_mean = torch.randn(norm.num_features, generator=generator) * 0.3
        norm.running_var = torch.rand(norm.num_features, generator=generator) + 0.5
        norm.weight.data = torch.randn(norm.num_features, generator=generator)
        norm.bias.data = torch.randn(norm.num_features, generator=generator) * 0.5
    return network.eval()


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_512_channels_have_the_papers_6_19_million_parameters_before_the_head() -> None:
    network = EcapaTdnn(2, EcapaParameters(width=512))
    count = sum(one.numel() for name, one in network.named_parameters() if not name.startswith("head"))
    assert round(count / 1e6, 2) == 6.19
    assert network.embedding.out_features == 192 and network.embedding.in_features == 2 * 1536


def test_a_layer_convolves_then_cuts_then_normalises() -> None:
    layer = Layer(1, 1).eval()
    layer.convolution.weight.data.fill_(1.0)
    layer.convolution.bias.data.zero_()  # type: ignore[union-attr]
    layer.norm.bias.data.fill_(-3.0)  # type: ignore[union-attr]
    # ReLU after the norm would leave nothing below zero.
    told = layer(torch.tensor([[[-2.0, 0.0, 2.0]]])).flatten()
    assert told.tolist() == pytest.approx([-3.0, -3.0, -1.0], abs=1e-4)


def test_res2_adds_each_groups_result_to_the_next() -> None:
    res2 = Res2(8, dilation=2).eval()
    for layer in res2.layers:
        convolution = layer.convolution  # type: ignore[union-attr]
        convolution.weight.data = torch.tensor([[[0.0, 1.0, 0.0]]])  # passes a frame on as it is
        convolution.bias.data.zero_()
    told = res2(torch.arange(1.0, 9.0).reshape(1, 8, 1).expand(1, 8, 5))
    # The first is left alone; the second has nothing to add; then sums run up.
    assert told[0, :, 2].tolist() == pytest.approx([1, 2, 5, 9, 14, 20, 27, 35], rel=1e-3)


def test_each_block_is_fed_with_the_sum_of_what_came_before() -> None:
    network, seen = lively(), []
    network.stem.register_forward_hook(lambda _, __, out: seen.append(("stem", out)))
    for block in network.blocks:
        block.register_forward_hook(lambda _, inputs, out: seen.append((inputs[0], out)))
    network(noise(1, 12, 30))
    (_, stem), (first_in, first), (second_in, second), (third_in, _) = seen
    assert torch.equal(first_in, stem)
    assert torch.allclose(second_in, stem + first, atol=1e-6)
    assert torch.allclose(third_in, stem + first + second, atol=1e-6)
    dilations = [block.res2.layers[0].convolution.dilation for block in network.blocks]
    assert dilations == [(2,), (3,), (4,)]


def test_equal_frames_pool_to_themselves_without_deviation() -> None:
    pooling = AttentivePooling(6, 4).eval()
    frame = noise(1, 6, 1)
    told = pooling(frame.expand(1, 6, 9))[0, :, 0]
    assert torch.allclose(told[:6], frame[0, :, 0], atol=1e-6)
    assert torch.allclose(told[6:], torch.full((6,), 1e-3), atol=1e-6)


@pytest.mark.parametrize("folded", [False, True])
@pytest.mark.parametrize("parameters", [SMALL, EcapaParameters(width=64)])
def test_logits_do_not_change_with_padding(folded: bool, parameters: EcapaParameters) -> None:
    network = lively(3, parameters)
    network = fold_batch_norm(network) if folded else network
    clips = [noise(parameters.n_mels, frames, seed=frames) for frames in (51, 7, 100, 1)]
    batch = torch.full(
        (4, parameters.n_mels, 130), 37.0
    )  # what fills the batch is loud, to be felt if it can
    for row, clip in enumerate(clips):
        batch[row, :, : clip.shape[1]] = clip
    with torch.inference_mode():
        together = network(batch, torch.tensor([51, 7, 100, 1]))
        alone = torch.cat([network(clip[None]) for clip in clips])
    assert torch.allclose(together, alone, atol=1e-5)
    assert not torch.allclose(network(batch), alone, atol=1e-2)  # unmasked, it is felt


def test_padding_is_not_felt_in_training_either() -> None:
    short, long = made(2, SMALL).train(), made(2, SMALL).train()
    clips, lengths = noise(4, 12, 20), torch.tensor([20, 11, 16, 20])
    clips = clips * (torch.arange(20) < lengths[:, None])[:, None]
    one = short(clips, lengths)
    other = long(torch.cat([clips, torch.full((4, 12, 15), 9.0)], 2), lengths)
    assert torch.allclose(one, other, atol=1e-5)
    for old, new in zip(short.state_dict().values(), long.state_dict().values(), strict=True):
        assert torch.allclose(old.float(), new.float(), atol=1e-5)


@pytest.mark.parametrize("lengths", [None, [40, 23, 9]])
def test_folded_norms_give_the_same(lengths: list[int] | None) -> None:
    network = lively(5)
    folded = fold_batch_norm(network)
    told = None if lengths is None else torch.tensor(lengths)
    features = noise(3, 12, 40)
    assert torch.allclose(folded(features, told), network(features, told), atol=1e-5)
    assert not [part for part in folded.modules() if isinstance(part, nn.BatchNorm1d)]
    assert [
        part for part in network.modules() if isinstance(part, nn.BatchNorm1d)
    ]  # the first is left as it was


def test_a_network_that_still_learns_is_not_folded() -> None:
    with pytest.raises(ValueError, match="training mode"):
        fold_batch_norm(made(2, SMALL))


def test_every_weight_learns() -> None:
    network = made(2, SMALL).train()
    network(noise(6, 12, 30)).square().sum().backward()
    idle = [name for name, one in network.named_parameters() if one.grad is None or not one.grad.any()]
    assert idle == ["pooling.weights.bias"] or not idle  # a shift of all scores changes no softmax


def test_a_still_clip_has_finite_slopes() -> None:
    network = made(2, SMALL).train()
    network(torch.zeros(3, 12, 20)).sum().backward()
    assert all(bool(torch.isfinite(one.grad).all()) for one in network.parameters() if one.grad is not None)


def test_the_same_seed_the_same_weights_and_back_from_them() -> None:
    first, second, third = (made(2, SMALL, seed) for seed in (1, 1, 2))
    assert torch.equal(first.embedding.weight, second.embedding.weight)
    assert not torch.equal(first.embedding.weight, third.embedding.weight)
    again = restored(lively().state_dict(), 2, SMALL)
    assert torch.equal(again(noise(1, 12, 9)), lively()(noise(1, 12, 9)))
    with pytest.raises(ValueError, match="do not fit"):
        restored(first.state_dict(), 3, SMALL)


@pytest.mark.parametrize("width", [0, 4, 100])
def test_a_width_that_does_not_split_is_refused(width: int) -> None:
    with pytest.raises(ValueError, match="multiple of 8"):
        EcapaParameters(width=width)


def test_a_block_adds_what_came_in() -> None:
    block = Block(8, 2, 4).eval()
    block.last.convolution.weight.data.zero_()
    block.last.convolution.bias.data.fill_(-1.0)  # type: ignore[union-attr]
    inputs = noise(2, 8, 12)
    assert torch.allclose(block(inputs), inputs, atol=1e-6)


def test_the_context_is_as_if_appended_to_each_frame() -> None:
    pooling = lively(4).pooling
    values, context = noise(2, 24, 11), noise(2, 48, 1)
    appended = pooling.hidden(torch.cat([values, context.expand(-1, -1, 11)], 1))
    assert torch.allclose(pooling._hidden(values, context, None), appended, atol=1e-5)
