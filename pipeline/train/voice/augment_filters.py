"""What lies between a mouth and a recording, as filters: the room, the microphone, the line.

All are lengths of samples or gains over the bins of a Fourier transform, for a batch at once, drawn from one generator
on the CPU, so a seed gives the same batches on any device.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional

from pipeline.train.esc.augment import uniform

TELEPHONE_HZ = (300.0, 3_400.0)
"""The band of a telephone line (ITU-T G.712)."""
EDGE_OCTAVES = 0.25
"""Within a quarter of an octave a band's gain falls from all to next to nothing."""
STOPPED_DB = -50.0


def room_responses(
    rt60_s: Tensor, direct_to_reverberant_db: Tensor, sample_rate_hz: int, generator: Generator
) -> Tensor:
    """
    Impulse responses of made-up rooms: the direct sound, then noise that dies away (Polack 1988).

    Parameters
    ----------
    rt60_s : Tensor
        (batch,): after so many seconds the reverberation is 60 dB down.
    direct_to_reverberant_db : Tensor
        (batch,): how much stronger the direct sound is than all reverberation together.

    Returns
    -------
    Tensor
        float32 (batch, samples), the direct sound at sample 0, energy 1.
    """
    samples = max(int(float(rt60_s.max()) * sample_rate_hz), 2)
    time_s = torch.arange(samples) / sample_rate_hz
    # 60 dB down is a thousandth of the amplitude.
    decay = torch.exp(-math.log(1_000) * time_s / rt60_s[:, None])
    tail = torch.randn(len(rt60_s), samples, generator=generator) * decay
    tail[:, 0] = 0.0
    wanted = 10 ** (-direct_to_reverberant_db / 20)
    tail = tail * (wanted / tail.norm(dim=1))[:, None]
    response = tail + functional.one_hot(torch.zeros(1, dtype=torch.long), samples)
    return response / response.norm(dim=1, keepdim=True)


def random_curves(
    batch: int, bins_hz: Tensor, strength_db: float, points: int, generator: Generator
) -> Tensor:
    """Gains (batch, bins), smooth over octaves from 60 Hz up, their dB even between plus and minus the strength."""
    knots = strength_db * uniform(generator, batch, points, low=-1, high=1)
    octaves = torch.log2(bins_hz.clamp(min=60.0) / 60.0)
    place = octaves / octaves[-1] * (points - 1)
    left = place.floor().long().clamp(max=points - 2)
    share = place - left
    decibels = knots[:, left] * (1 - share) + knots[:, left + 1] * share
    return 10 ** (decibels / 20)


def band_gains(bins_hz: Tensor, low_hz: Tensor, high_hz: Tensor) -> Tensor:
    """Gains (batch, bins) that let pass what lies between; ``low_hz`` and ``high_hz`` (batch,). 0 Hz is no edge."""
    octave = torch.log2(bins_hz.clamp(min=1.0))[None]
    rising = (octave - torch.log2(low_hz.clamp(min=1e-3))[:, None]) / EDGE_OCTAVES
    falling = (torch.log2(high_hz)[:, None] - octave) / EDGE_OCTAVES
    outside = torch.minimum(rising, falling).clamp(-1.0, 0.0)  # 0 within the band, -1 beyond its edge
    return 10 ** (STOPPED_DB * outside.abs() / 20)


def filtered(samples: Tensor, sample_rate_hz: int, gains: Tensor | None, responses: Tensor | None) -> Tensor:
    """
    Samples (batch, samples) through gains and a room, no longer than they were.

    ``gains`` (batch, bins) belong to the bins of :func:`bins_hz` for these samples and responses; they have no phase,
    so nothing moves in time.
    """
    length = samples.shape[1]
    size = transform_size(length, 0 if responses is None else responses.shape[1], sample_rate_hz)
    spectrum = torch.fft.rfft(samples, size)
    if gains is not None:
        spectrum = spectrum * gains
    if responses is not None:
        spectrum = spectrum * torch.fft.rfft(responses, size)
    return torch.fft.irfft(spectrum, size)[:, :length]


def transform_size(samples: int, response: int, sample_rate_hz: int) -> int:
    """A fast length with room for the reverberation, and for 50 ms of what a filter without phase rings ahead."""
    needed = samples + response + sample_rate_hz // 20
    step = 2 ** max(needed.bit_length() - 4, 0)
    return math.ceil(needed / step) * step


def bins_hz(samples: int, response: int, sample_rate_hz: int) -> Tensor:
    """The frequencies (bins,) at which gains are wanted for samples and a response of these lengths."""
    return torch.fft.rfftfreq(transform_size(samples, response, sample_rate_hz), 1 / sample_rate_hz)
