"""A round trip through Opus, as a browser sends a voice: 48 kHz, frames of 20 ms, a few kbit/s (RFC 6716)."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from pipeline.audio.decode import resample
from pipeline.train.errors import TrainError

Samples = NDArray[np.float32]

OPUS_HZ = 48_000
FRAME = 960
"""Samples of 20 ms."""


def opus_round_trip(samples: Samples, sample_rate_hz: int, bit_rate: int) -> Samples:
    """
    Mono samples (samples,) as they come out of Opus at this rate, equally many and in step with those that went in.

    Raises
    ------
    TrainError
        This PyAV was built without an encoder for Opus.
    """
    heard = resample(samples, sample_rate_hz, OPUS_HZ)
    came = resample(_decoded(_encoded(heard, bit_rate)), OPUS_HZ, sample_rate_hz)
    return np.pad(came[: len(samples)], (0, max(len(samples) - len(came), 0)))


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
