"""The network's shapes, its fixed head, and that a seed gives the same one."""

from __future__ import annotations

import pytest
import torch

from models.esc_cnn import EMBEDDING, EscCnnParameters, fixed_head, made, restored

SMALL = EscCnnParameters(n_mels=32, widths=(8, 16), stem_width=4, scale=2.0)


@pytest.mark.parametrize("frames", [1, 17, 128])
def test_shapes_whatever_the_length(frames: int) -> None:
    network = made(10).eval()
    values = torch.randn(3, 64, frames)
    assert network.embed(values).shape == (3, EMBEDDING)
    assert network(values).shape == (3, 10)


def test_the_directions_of_the_classes_are_equally_far_apart_and_learn_nothing() -> None:
    head = fixed_head(10, 128, scale=4.0)
    torch.testing.assert_close(head @ head.T, 16 * torch.eye(10))
    torch.testing.assert_close(head.sum(1), torch.zeros(10))
    network = made(10)
    assert not any(parameter.shape == head.shape for parameter in network.parameters())
    assert torch.equal(network.head, made(10, seed=1).head)


def test_the_logits_of_a_mean_are_the_mean_of_the_logits() -> None:
    network = made(5, SMALL).eval()
    embedding = torch.rand(6, 16)
    torch.testing.assert_close(network.classify(embedding.mean(0)), network.classify(embedding).mean(0))


@pytest.mark.parametrize(
    ("classes", "dimension", "message"),
    [(16, 16, "fewer classes"), (1, 16, "expected 2 to 15"), (3, 24, "power of two")],
)
def test_a_head_that_has_no_room_is_refused(classes: int, dimension: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fixed_head(classes, dimension, 1.0)


def test_a_seed_gives_the_same_network_and_leaves_torch_alone() -> None:
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    first, second, other = made(5, SMALL, 3), made(5, SMALL, 3), made(5, SMALL, 4)
    assert torch.equal(torch.rand(1), expected)
    assert torch.equal(first.stem[0].weight, second.stem[0].weight)
    assert not torch.equal(first.stem[0].weight, other.stem[0].weight)


def test_weights_come_back_and_others_are_refused() -> None:
    network = made(5, SMALL, 3).eval()
    network.mean.fill_(-40.0)
    network.deviation.fill_(20.0)
    again = restored(network.state_dict(), 5, SMALL)
    decibels = torch.full((2, 32, 20), -20.0)
    torch.testing.assert_close(again.standardised(decibels), torch.ones(2, 32, 20))
    assert torch.equal(again(again.standardised(decibels)), network(network.standardised(decibels)))
    with pytest.raises(ValueError, match="do not fit"):
        restored(network.state_dict(), 5, EscCnnParameters(n_mels=32))
