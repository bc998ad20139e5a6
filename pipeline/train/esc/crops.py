"""Stretches of equal length cut from spectrograms of any length."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

SILENCE = 1e-9
"""Power around a sound that is shorter than a stretch: -90 dB, about one step of 16 bits."""


def places(length: int, frames: int) -> int:
    """In how many ways a sound of ``length`` frames can lie in, or be cut to, ``frames``."""
    return abs(length - frames) + 1


def crop(power: Tensor, place: int, frames: int) -> Tensor:
    """
    ``frames`` columns of (n_mels, length), the ``place``-th way to have them.

    A long sound is cut, beginning with its frame ``place``; a short one lies whole in silence, ``place``
    frames after the beginning. It is not repeated: a bark that is would tick like a clock.
    """
    length = power.shape[1]
    if length >= frames:
        return power[:, place : place + frames]
    out = torch.full((len(power), frames), SILENCE)
    out[:, place : place + length] = power
    return out


def random_crops(powers: Sequence[Tensor], frames: int, generator: Generator) -> Tensor:
    """One stretch of each at random (a shift in time) -> (len(powers), n_mels, frames)."""
    shares = torch.rand(len(powers), generator=generator).tolist()
    return torch.stack(
        [
            crop(power, int(share * places(power.shape[1], frames)), frames)
            for power, share in zip(powers, shares, strict=True)
        ]
    )


def even_crops(power: Tensor, frames: int, most: int) -> Tensor:
    """
    Up to ``most`` stretches, evenly spread over all ways to have them -> (count, n_mels, frames).

    A sound of just this length gives one.
    """
    ways = places(power.shape[1], frames)
    chosen = torch.linspace(0, ways - 1, min(most, ways)).round().long().tolist()
    return torch.stack([crop(power, place, frames) for place in chosen])
