"""A helicopter that comes or goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipeline.synthesis.signals.noise import (
    Signal,
    coloured,
    convolved,
    from_db,
    log_uniform,
    slow_random,
    tilted,
)
from pipeline.synthesis.signals.recording import CLIP_SAMPLES, RATE_HZ


@dataclass(frozen=True, kw_only=True)
class Helicopter:
    """Thumps at the blade-passing rate, rotor noise that swells with them, tail rotor and turbine.

    Two to five blades at five to seven turns a second pass 10 to 30 times a second; the tail rotor
    turns about five times as fast (Leishman 2006, Principles of Helicopter Aerodynamics, chapters 1
    and 8). Distance takes the treble away.
    """

    category: ClassVar[str] = "helicopter"
    target: ClassVar[int] = 40
    esc10: ClassVar[bool] = True
    outdoors: ClassVar[bool] = True
    may_be_short: ClassVar[bool] = False

    blade_pass_hz: float
    slap_s: float
    slap_db: float
    swell: float
    noise_high_hz: float
    tail_ratio: float
    tail_db: float
    turbine_hz: float
    turbine_db: float
    approach_db: float

    @classmethod
    def draw(cls, rng: Generator) -> Helicopter:
        return cls(
            blade_pass_hz=log_uniform(rng, 10.5, 24),
            slap_s=log_uniform(rng, 0.003, 0.012),
            slap_db=rng.uniform(-4, 12),
            swell=rng.uniform(0.5, 0.95),
            noise_high_hz=log_uniform(rng, 350, 3_500),
            tail_ratio=rng.uniform(4.0, 6.0),
            tail_db=rng.uniform(-24, -4),
            turbine_hz=log_uniform(rng, 2_000, 7_500),
            turbine_db=rng.uniform(-60, -26),
            approach_db=rng.uniform(-12, 12),
        )

    def render(self, rng: Generator) -> Signal:
        n = CLIP_SAMPLES
        turns = np.cumsum(self.blade_pass_hz * (1.0 + 0.006 * slow_random(rng, n, RATE_HZ, 0.6))) / RATE_HZ
        # A raised cosine to a power: the blade's noise comes and goes once a passage.
        passage = (0.5 + 0.5 * np.cos(2 * np.pi * turns)) ** 3
        noise = coloured(rng, n, RATE_HZ, tilted(-3.5, 55, self.noise_high_hz))
        sound = noise * (1.0 - self.swell + self.swell * 1.8 * passage)
        sound += from_db(self.slap_db) * self._slaps(rng, turns)
        tail = sum(np.sin(2 * np.pi * self.tail_ratio * k * turns + k) / k for k in range(1, 9))
        whine = np.sin(2 * np.pi * self.turbine_hz * turns / self.blade_pass_hz)
        sound += from_db(self.tail_db) * tail + from_db(self.turbine_db) * whine
        drift_db = self.approach_db * np.linspace(-0.5, 0.5, n) + 1.5 * slow_random(rng, n, RATE_HZ, 0.7)
        return (sound * 10.0 ** (drift_db / 20.0)).astype(np.float32)

    def _slaps(self, rng: Generator, turns: NDArray[np.float64]) -> Signal:
        passages = np.flatnonzero(np.diff(np.floor(turns)))
        train = np.zeros(CLIP_SAMPLES, dtype=np.float32)
        train[passages] = rng.uniform(0.7, 1.0, passages.size)
        t = np.arange(int(6 * self.slap_s * RATE_HZ)) / RATE_HZ - 3 * self.slap_s
        # The pressure of a passing blade: up, then down, without a mean.
        pulse = -t / self.slap_s * np.exp(0.5 - 0.5 * (t / self.slap_s) ** 2)
        return convolved(train, pulse.astype(np.float32))
