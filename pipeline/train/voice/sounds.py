"""Voices and noises in memory: decoded once, cut out of their silence, as 16 bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Generator, Tensor

from models.speech import SPEECH
from pipeline.audio.decode import resample
from pipeline.runtime import stop
from pipeline.train.sound import ProgressCallback, Samples, read_recording, trimmed
from pipeline.train.voice.channels import opus_round_trip

RATE_HZ = SPEECH.sample_rate_hz
BELOW_LOUDEST_DB = 35.0
"""Frames at either end that are so much softer than the loudest one hold no speech to learn from."""
MARGIN_S = 0.25
FRAME_S = 0.025
STEPS = 2**15 - 1
"""Of 16 bits, one way."""
NOISE_FOLDS = {"train": (1, 2, 3), "validation": (4,), "test": (5,)}
"""Folds of the corpus of sounds whose clips are the noise of each part: no sound is in two of them."""


@dataclass(frozen=True, eq=False)
class Noises:
    """Clips of sound, 16 bits (samples,) each, to be laid under voices."""

    clips: Sequence[Tensor]

    def crops(self, count: int, samples: int, generator: Generator) -> Tensor:
        """A stretch of each of ``count`` clips at random -> float32 (count, samples); short ones are repeated."""
        if not self.clips:
            return torch.zeros(count, samples)
        chosen = torch.randint(len(self.clips), (count,), generator=generator).tolist()
        return torch.stack([stretch(self.clips[number], samples, generator) for number in chosen])


def stretch(clip: Tensor, samples: int, generator: Generator) -> Tensor:
    """``samples`` of a clip of 16 bits at a random place -> float32 (samples,), full scale 1; repeated if short."""
    share = float(torch.rand((), generator=generator))
    if len(clip) < samples:
        start = int(share * len(clip))
        clip = torch.cat([clip[start:]] + [clip] * (samples // len(clip) + 1))[:samples]
    else:
        start = int(share * (len(clip) - samples + 1))
        clip = clip[start : start + samples]
    return clip.float() / STEPS


def decoded(path: str | Path) -> Samples:
    """Mono samples of a recording at 16 kHz.

    Raises
    ------
    TrainError
        It cannot be opened, or no use can be made of it.
    """
    stop.check()
    _, samples, rate_hz = read_recording(Path(path), "Mend or remove it and train again.")
    return resample(samples, rate_hz, RATE_HZ)


def trim_to_speech(samples: Samples) -> Samples:
    """Without what lies before and after speech, but for a quarter of a second."""
    frame = round(FRAME_S * RATE_HZ)
    count = len(samples) // frame
    if count < 2:
        return samples
    level = np.square(samples[: count * frame]).reshape(count, frame).mean(1)  # (count,) powers
    loud = np.flatnonzero(level > level.max() * 10 ** (-BELOW_LOUDEST_DB / 10))
    margin = round(MARGIN_S * RATE_HZ)
    return samples[max(loud[0] * frame - margin, 0) : (loud[-1] + 1) * frame + margin]


def as_int16(samples: Samples) -> Tensor:
    """float32, full scale 1 -> 16 bits, half the memory."""
    return torch.from_numpy(np.clip(np.rint(samples * STEPS), -STEPS, STEPS).astype(np.int16))


def read_voices(clips: pd.DataFrame, on_progress: ProgressCallback | None = None) -> list[Tensor]:
    """The speech of each clip, 16 bits (samples,), in the order of ``clips``, by its column ``path``.

    Raises
    ------
    TrainError
        A recording cannot be opened.
    """
    found = []
    for path in clips["path"]:
        found.append(as_int16(trim_to_speech(decoded(path))))
        if on_progress:
            on_progress(len(found), len(clips))
    return found


def read_noises(clips: pd.DataFrame, part: str) -> Noises:
    """The sounds that are the noise of ``part``, by the columns ``path`` and ``fold`` of a corpus of sounds."""
    chosen = clips["path"][clips["fold"].isin(NOISE_FOLDS[part])]
    return Noises([as_int16(trimmed(decoded(path))) for path in chosen])


def through_opus(
    voices: Sequence[Tensor], bit_rates: Sequence[int], on_progress: ProgressCallback | None = None
) -> list[Tensor]:
    """Each voice as it comes out of Opus, the bit rates taken in turn. Slow, so done once for all epochs."""
    found = []
    for number, voice in enumerate(voices):
        stop.check()
        samples = voice.numpy().astype(np.float32) / np.float32(STEPS)
        found.append(as_int16(opus_round_trip(samples, RATE_HZ, bit_rates[number % len(bit_rates)])))
        if on_progress:
            on_progress(len(found), len(voices))
    return found
