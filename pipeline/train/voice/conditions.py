"""What a voice model may meet outside a studio: noise, short clips, codecs, lines and rooms, each in one strength."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator

from pipeline.train.voice import augment_filters as filters
from pipeline.train.voice.augment import with_noise
from pipeline.train.voice.augment_opus import opus_round_trip
from pipeline.train.voice.sounds import RATE_HZ, Noises

Samples = NDArray[np.float32]

CLEAN = "clean"
SNR_DB = (20, 10, 5, 0)
DURATIONS_S = (0.5, 1.0, 2.0, 3.0)
OPUS_BIT_RATE = 16_000
ROOM_RT60_S = 0.6
ROOM_DIRECT_TO_REVERBERANT_DB = 0.0


@dataclass(frozen=True)
class Condition:
    """A change to a clip's samples; ``change(samples, generator)`` draws what is random from the generator."""

    name: str
    change: Callable[[Samples, Generator], Samples]

    def of(self, clip_id: str, samples: Samples) -> Samples:
        """The clip so changed, the same every time: what is drawn depends on its name and the condition's."""
        seed = crc32(f"{self.name} {clip_id}".encode())
        return self.change(samples, Generator().manual_seed(seed))


def conditions(noises: Noises) -> list[Condition]:
    """All of them, clean whole clips first; those with noise only where there are sounds."""
    found = [Condition(CLEAN, lambda samples, _: samples)]
    if noises.clips:
        found += [Condition(f"noise {level} dB", _noisy(noises, float(level))) for level in SNR_DB]
    found += [Condition(f"{length:g} s", _middle(length)) for length in DURATIONS_S]
    found += [
        Condition(f"opus {OPUS_BIT_RATE // 1000} kbit/s", _coded),
        Condition("telephone", _called),
        Condition("room", _in_a_room),
    ]
    return found


def _noisy(noises: Noises, snr_db: float) -> Callable[[Samples, Generator], Samples]:
    def change(samples: Samples, generator: Generator) -> Samples:
        noise = noises.crops(1, len(samples), generator)
        return with_noise(torch.from_numpy(samples)[None], noise, torch.tensor([snr_db]))[0].numpy()

    return change


def _middle(duration_s: float) -> Callable[[Samples, Generator], Samples]:
    def change(samples: Samples, _: Generator) -> Samples:
        length = round(duration_s * RATE_HZ)
        start = max((len(samples) - length) // 2, 0)
        return samples[start : start + length]

    return change


def _coded(samples: Samples, _: Generator) -> Samples:
    return opus_round_trip(samples, RATE_HZ, OPUS_BIT_RATE)


def _called(samples: Samples, _: Generator) -> Samples:
    low_hz, high_hz = (torch.tensor([edge]) for edge in filters.TELEPHONE_HZ)
    gains = filters.band_gains(filters.bins_hz(len(samples), 0, RATE_HZ), low_hz, high_hz)
    return filters.filtered(torch.from_numpy(samples)[None], RATE_HZ, gains, None)[0].numpy()


def _in_a_room(samples: Samples, generator: Generator) -> Samples:
    rt60_s, ratio_db = torch.tensor([ROOM_RT60_S]), torch.tensor([ROOM_DIRECT_TO_REVERBERANT_DB])
    response = filters.room_responses(rt60_s, ratio_db, RATE_HZ, generator)
    return filters.filtered(torch.from_numpy(samples)[None], RATE_HZ, None, response)[0].numpy()
