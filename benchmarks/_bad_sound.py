"""Sound as bad as it can come: frames of any length and format with garbage among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import soxr
from _live import Person, Samples
from numpy.typing import NDArray

from models.vad import RATE_HZ

RATES_HZ = (8_000, 16_000, 22_050, 44_100, 48_000, 96_000)
GARBAGE = 0.1
GAP = 0.2
"""So many sentences, noises and silences have a gap after them in which nothing comes."""

Frame = tuple[NDArray[Any], int]
"""Samples, and how many a second."""


def stretches(people: Sequence[Person], rng: np.random.Generator) -> Iterator[Samples]:
    """Sentences, noise and silence without end, (samples,) at 16 kHz."""
    while True:
        kind = rng.choice(["voice", "noise", "silence"], p=[0.7, 0.15, 0.15])
        if kind == "voice":
            person = people[int(rng.integers(len(people)))]
            yield 10 ** rng.uniform(-1, 0.5) * person.clips[int(rng.integers(len(person.clips)))]
        else:
            loud = 10 ** rng.uniform(-3, 0) if kind == "noise" else 0.0
            yield loud * rng.standard_normal(round(rng.uniform(0.2, 3) * RATE_HZ)).astype(np.float32)


def packed(samples: Samples, kind: str, channels: int) -> NDArray[Any]:
    """Samples as another format would hold them; ``channels`` 0 is a single axis."""
    whole: NDArray[Any] = np.clip(samples, -1, 1)
    if kind in ("int16", "int32"):
        whole = (whole * (np.iinfo(kind).max - 128)).astype(kind)
    elif kind == "uint8":
        whole = np.rint(whole * 127 + 128).astype(np.uint8)
    else:
        whole = whole.astype(kind)
    return whole if channels == 0 else np.repeat(whole[:, None], channels, 1)


def garbage(rng: np.random.Generator) -> Frame:
    """A frame that no sound comes in, or that holds none."""
    noise = rng.standard_normal(int(rng.integers(1, 2_000)))
    broken = noise.copy()
    broken[:: int(rng.integers(1, 5))] = rng.choice([np.nan, np.inf, -np.inf, 1e300])
    found: list[Frame] = [
        (np.array(None), 48_000),
        (np.array([None, "x", 3.5], dtype=object), 48_000),
        (np.array(["a", "b"]), 48_000),
        (np.array(0.5), 48_000),
        (noise[:8].reshape(2, 2, -1), 48_000) if len(noise) >= 8 else (noise[None, None], 48_000),
        (np.zeros((len(noise), 0)), 48_000),
        (np.zeros(0, np.float32), 48_000),
        (noise.astype(complex), 48_000),
        (noise > 0, 48_000),
        (noise.astype(np.int64), 48_000),
        (noise, int(rng.choice([0, -1, 1, 3_999, 10**9]))),
        (broken, int(rng.choice(RATES_HZ))),
        (np.full(len(noise), 1e30, np.float32), 16_000),
    ]
    return found[rng.integers(len(found))]


def frames(people: Sequence[Person], seed: int) -> Iterator[tuple[Frame, float, float]]:
    """Frames without end, how many seconds of sound each is, none where it is garbage, and how long none comes then."""
    rng = np.random.default_rng(seed)
    for stretch in stretches(people, rng):
        rate_hz = int(rng.choice(RATES_HZ))
        kind = str(rng.choice(["int16", "int32", "uint8", "float16", "float32", "float64"]))
        sound = packed(soxr.resample(stretch, RATE_HZ, rate_hz), kind, int(rng.integers(0, 4)))
        longest, at = int(rng.choice([0.01, 0.02, 0.1, 1.5]) * rate_hz), 0
        while at < len(sound):
            if rng.random() < GARBAGE:
                yield garbage(rng), 0.0, 0.0
            piece = sound[at : at + int(rng.integers(1, longest + 1))]
            at += len(piece)
            gap_s = float(rng.uniform(0.05, 5)) if at == len(sound) and rng.random() < GAP else 0.0
            yield (piece, rate_hz), len(piece) / rate_hz, gap_s
