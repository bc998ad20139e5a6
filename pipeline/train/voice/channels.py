"""What lies between a mouth and a recording: the room, the microphone and the line as filters, and Opus.

Filters are lengths of samples or gains over the bins of a Fourier transform, for a batch at once, drawn from one
generator on the CPU, so a seed gives the same batches on any device.
"""

from __future__ import annotations

import io
import math
from fractions import Fraction

import av
import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional

from pipeline.audio.decode import resample
from pipeline.train.layout import TrainError
from pipeline.train.sound import Samples, uniform

TELEPHONE_HZ = (300.0, 3_400.0)
"""The band of a telephone line (ITU-T G.712)."""
EDGE_OCTAVES = 0.25
"""Within a quarter of an octave a band's gain falls from all to next to nothing."""
STOPPED_DB = -50.0
OPUS_HZ = 48_000
FRAME = 960
"""Samples of 20 ms."""


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
    tail_level = 10 ** (-direct_to_reverberant_db / 20)
    tail = tail * (tail_level / tail.norm(dim=1))[:, None]
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
    """The frequencies (bins,) at which gains are needed for samples and a response of these lengths."""
    return torch.fft.rfftfreq(transform_size(samples, response, sample_rate_hz), 1 / sample_rate_hz)


def opus_round_trip(samples: Samples, sample_rate_hz: int, bit_rate: int) -> Samples:
    """
    Mono samples (samples,) as they come out of Opus at this rate, equally many and in step with those that went in.

    Raises
    ------
    TrainError
        This PyAV was built without an encoder for Opus.
    """
    sent = resample(samples, sample_rate_hz, OPUS_HZ)
    received = resample(_decoded(_encoded(sent, bit_rate)), OPUS_HZ, sample_rate_hz)
    return np.pad(received[: len(samples)], (0, max(len(samples) - len(received), 0)))


def _encoded(samples: Samples, bit_rate: int) -> io.BytesIO:
    if "libopus" not in av.codecs_available:
        raise TrainError(
            "This PyAV has no encoder for Opus; expected libopus. Run `make setup`, which installs one that has."
        )
    content = io.BytesIO()
    with av.open(content, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=OPUS_HZ, layout="mono", options={"application": "voip"})
        stream.bit_rate = bit_rate
        # What fills up the last frame is cut off again by the caller.
        padded = np.pad(samples, (0, -len(samples) % FRAME + FRAME))
        for start in range(0, len(padded), FRAME):
            block = padded[None, start : start + FRAME]
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="flt", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = OPUS_HZ, start, Fraction(1, OPUS_HZ)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    content.seek(0)
    return content


def _decoded(content: io.BytesIO) -> Samples:
    with av.open(content, "r") as container:
        stream = container.streams.audio[0]
        mono = av.AudioResampler(format="flt", layout="mono", rate=OPUS_HZ)
        blocks = [
            block.to_ndarray()[0] for frame in container.decode(stream) for block in mono.resample(frame)
        ]
    return np.concatenate(blocks).astype(np.float32, copy=False)
