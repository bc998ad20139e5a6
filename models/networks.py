"""What every network here does: begin with the weights of a seed, and take up weights that were learned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)


def seeded(make: Callable[[], Network], seed: int) -> Network:
    """A network with the initial weights of ``seed``; torch's own random state stays as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


def with_weights(network: Network, state: Mapping[str, Tensor], parameters: object) -> Network:
    """The network with these weights, ready to use; ``parameters`` are those that it was made of.

    Raises
    ------
    ValueError
        The weights belong to a network of other parameters.
    """
    try:
        network.load_state_dict(dict(state))
    except RuntimeError as error:
        raise ValueError(f"The weights do not fit the network {parameters}: {error}") from error
    return network.eval()
