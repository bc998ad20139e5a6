"""Birds that chirp, and others that answer from afar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipeline.synthesis.signals.noise import (
    Signal,
    add_at,
    coloured,
    from_db,
    log_uniform,
    over,
    slow_random,
    tilted,
)
from pipeline.synthesis.signals.recording import CLIP_SAMPLES, DURATION_S, RATE_HZ


@dataclass(frozen=True, kw_only=True)
class ChirpingBirds:
    """A song of a few frequency-swept whistles, repeated with small changes, answered from afar.

    Songbirds' syllables last 20 to 250 ms, lie between about 2 and 8 kHz and are nearly pure tones
    (Catchpole and Slater 2008, Bird Song, chapters 1 and 8).
    """

    category: ClassVar[str] = "chirping_birds"
    target: ClassVar[int] = 14
    esc10: ClassVar[bool] = False
    outdoors: ClassVar[bool] = True
    may_be_short: ClassVar[bool] = False

    start_hz: NDArray[np.float64]
    end_hz: NDArray[np.float64]
    arch: NDArray[np.float64]
    syllable_s: NDArray[np.float64]
    gap_s: NDArray[np.float64]
    repeats: int
    pause_s: float
    trill_hz: float
    trill_depth: float
    harmonic_db: float
    neighbours: int
    leaves_db: float

    @classmethod
    def draw(cls, rng: Generator) -> ChirpingBirds:
        count = int(rng.integers(1, 5))
        centre_hz = log_uniform(rng, 2_300, 5_600)
        return cls(
            start_hz=centre_hz * np.exp(rng.uniform(-0.35, 0.35, count)),
            end_hz=centre_hz * np.exp(rng.uniform(-0.35, 0.35, count)),
            arch=rng.uniform(-0.3, 0.3, count),
            syllable_s=np.exp(rng.uniform(np.log(0.03), np.log(0.22), count)),
            gap_s=rng.uniform(0.015, 0.12, count),
            repeats=int(rng.integers(1, 6)),
            pause_s=log_uniform(rng, 0.25, 1.6),
            trill_hz=rng.uniform(18, 60),
            trill_depth=float(rng.choice([0.0, 0.0, 0.03, 0.07])),
            harmonic_db=rng.uniform(-40, -14),
            neighbours=int(rng.integers(0, 4)),
            leaves_db=rng.uniform(-48, -18),
        )

    def render(self, rng: Generator) -> Signal:
        out = np.zeros(CLIP_SAMPLES, dtype=np.float32)
        for singer in range(1 + self.neighbours):
            loudness = 1.0 if singer == 0 else log_uniform(rng, 0.02, 0.3)
            pitch = 1.0 if singer == 0 else rng.uniform(0.75, 1.4)
            now_s = rng.uniform(-1.0, 0.4 if singer == 0 else 2.0)
            while now_s < DURATION_S:
                song = self._song(rng, pitch)
                add_at(out, int(now_s * RATE_HZ), np.float32(loudness) * song)
                now_s += song.size / RATE_HZ + self.pause_s * rng.uniform(0.6, 1.6)
        leaves = coloured(rng, CLIP_SAMPLES, RATE_HZ, tilted(-2.5, 60, 12_000))
        leaves *= np.exp(0.3 * slow_random(rng, CLIP_SAMPLES, RATE_HZ, 0.7))
        return over(out, leaves, self.leaves_db)

    def _song(self, rng: Generator, pitch: float) -> Signal:
        parts = []
        for _ in range(max(1, self.repeats + int(rng.integers(-1, 2)))):
            for index in range(self.start_hz.size):
                parts.append(self._syllable(rng, index, pitch))
                parts.append(np.zeros(int(self.gap_s[index] * RATE_HZ), dtype=np.float32))
        return np.concatenate(parts)

    def _syllable(self, rng: Generator, index: int, pitch: float) -> Signal:
        n = int(self.syllable_s[index] * rng.uniform(0.92, 1.08) * RATE_HZ)
        u = np.linspace(0.0, 1.0, n)
        start_hz, end_hz = pitch * self.start_hz[index], pitch * self.end_hz[index]
        path_hz = start_hz * (end_hz / start_hz) ** u * np.exp(self.arch[index] * np.sin(np.pi * u))
        path_hz *= rng.uniform(0.985, 1.015)
        path_hz *= 1.0 + self.trill_depth * np.sin(2 * np.pi * self.trill_hz * np.arange(n) / RATE_HZ)
        phase = 2 * np.pi * np.cumsum(path_hz) / RATE_HZ
        tone = np.sin(phase) + from_db(self.harmonic_db) * np.sin(2 * phase)
        return (rng.uniform(0.7, 1.0) * np.sin(np.pi * u) ** 0.8 * tone).astype(np.float32)
