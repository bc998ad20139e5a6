"""Stretches cut from mel power spectrograms, and their augmentation.

Every batch is new, and none of it costs a Fourier transform. Sounds add up in power (their phases being unrelated), so
mixing, gain, equalising and noise work on the power of the bands, before the logarithm; masks work after it. All random
numbers are drawn on the CPU from one generator, so a seed gives the same batches on any device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional

from pipeline.train.sound import uniform

TINY = 1e-12
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


def even_crops(power: Tensor, frames: int, max_crops: int) -> Tensor:
    """
    Up to ``max_crops`` stretches, evenly spread over all ways to have them -> (count, n_mels, frames).

    A sound of just this length gives one.
    """
    count = places(power.shape[1], frames)
    chosen = torch.linspace(0, count - 1, min(max_crops, count)).round().long().tolist()
    return torch.stack([crop(power, place, frames) for place in chosen])


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """How strong each step is; 0 leaves it out."""

    mix: float = 0.5
    """Share of the examples that are mixed with another one."""
    stretch: float = 0.15
    """Time runs up to this share faster or slower."""
    shift_bands: float = 3.0
    """Up or down by at most so many mel bands, as if the pitch were another."""
    gain_db: float = 8.0
    equalise_db: float = 6.0
    equaliser_points: int = 5
    noise: float = 0.5
    """Share of the examples that get noise, its level 10 to 40 dB below the mean power."""
    masks: int = 2
    """Stripes masked along each axis, as SpecAugment does."""
    mask_bands: int = 10
    """The widest stripe along frequency, in bands."""
    mask_frames: int = 20
    """The widest stripe along time, in frames."""


def warped(power: Tensor, stretch: float, shift_bands: float, generator: Generator) -> Tensor:
    """Stretch time and shift the bands of (batch, n_mels, frames); what moves in repeats the edge."""
    batch, n_mels, _ = power.shape
    rate = 1 + stretch * uniform(generator, batch, low=-1, high=1)
    shift = 2 * shift_bands / n_mels * uniform(generator, batch, low=-1, high=1)
    zero, one = torch.zeros(batch), torch.ones(batch)
    # Where each point of the result is read, in coordinates from -1 to 1: x is time, y is frequency.
    theta = torch.stack([torch.stack([rate, zero, zero], 1), torch.stack([zero, one, shift], 1)], 1)
    grid = functional.affine_grid(theta, [batch, 1, *power.shape[1:]], align_corners=False).to(power.device)
    out = functional.grid_sample(power.unsqueeze(1), grid, padding_mode="border", align_corners=False)
    return out.squeeze(1)


def equalised(power: Tensor, gain_db: float, by_db: float, points: int, generator: Generator) -> Tensor:
    """Multiply by a gain and a smooth random curve over the bands, both even in dB."""
    batch, n_mels, _ = power.shape
    curve = functional.interpolate(
        by_db * uniform(generator, batch, 1, points, low=-1, high=1),
        n_mels,
        mode="linear",
        align_corners=True,
    )
    level = gain_db * uniform(generator, batch, 1, 1, low=-1, high=1)
    factor = 10 ** ((curve + level) / 10)  # (batch, 1, n_mels)
    return power * factor.transpose(1, 2).to(power.device)


def mixed(power: Tensor, targets: Tensor, share: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """
    Between-class learning (Tokozume, Ushiku and Harada 2018, eq. 2), with other examples of the batch.

    The ratio r is even in 0 to 1 and is what the ear hears of the first: the louder sound is turned down,
    ``p = 1 / (1 + 10^((G1 - G2) / 20) (1 - r) / r)``, and the powers of ``p`` and ``1 - p`` are kept at one.

    Parameters
    ----------
    power : Tensor
        (batch, n_mels, frames).
    targets : Tensor
        (batch, classes), rows that sum to 1; so do those that come back.
    """
    batch = len(power)
    other = torch.randperm(batch, generator=generator)
    ratio = uniform(generator, batch).clamp(1e-3, 1 - 1e-3)
    apart = (uniform(generator, batch) < share).float()
    ratio = (1 - apart + apart * ratio).clamp(max=1 - 1e-6).to(power.device)
    level = power.mean((1, 2)).clamp(min=TINY).sqrt()  # amplitude
    other = other.to(power.device)
    p = 1 / (1 + level / level[other] * (1 - ratio) / ratio)
    first, second = p**2 / (p**2 + (1 - p) ** 2), (1 - p) ** 2 / (p**2 + (1 - p) ** 2)
    sound = first[:, None, None] * power + second[:, None, None] * power[other]
    return sound, ratio[:, None] * targets + (1 - ratio[:, None]) * targets[other]


def noisy(power: Tensor, share: float, generator: Generator) -> Tensor:
    """Add noise of a random slope over the bands, 10 to 40 dB below each example's mean power."""
    batch, n_mels, frames = power.shape
    below_db = uniform(generator, batch, 1, 1, low=10, high=40)
    slope_db = uniform(generator, batch, 1, 1, low=-20, high=20)
    shape = 10 ** (slope_db * torch.linspace(-0.5, 0.5, n_mels)[None, :, None] / 10)
    shape = shape / shape.mean(1, keepdim=True)
    # The power of a noise in one band and frame is exponentially distributed.
    grain = -torch.log(uniform(generator, batch, n_mels, frames).clamp(min=TINY))
    chosen = (uniform(generator, batch, 1, 1) < share).float()
    level = power.mean((1, 2), keepdim=True)
    return power + level * (chosen * 10 ** (-below_db / 10) * shape * grain).to(power.device)


def masked(values: Tensor, masks: int, bands: int, frames: int, generator: Generator) -> Tensor:
    """SpecAugment (Park et al. 2019) without its warping: stripes of standardised values become 0, the mean."""
    for axis, widest in ((1, bands), (2, frames)):
        length = values.shape[axis]
        for _ in range(masks):
            width = uniform(generator, len(values), 1, high=min(widest, length)).round()
            start = (uniform(generator, len(values), 1) * (length - width + 1)).floor()
            place = torch.arange(length)[None]
            inside = ((place >= start) & (place < start + width)).to(values.device)  # (batch, length)
            values = values.masked_fill(inside.unsqueeze(3 - axis), 0.0)
    return values
