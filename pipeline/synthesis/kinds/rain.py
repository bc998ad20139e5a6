"""Rain: drops near by over the wash of those far off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from pipeline.synthesis.signals.modal import LN_60_DB, burst, ring
from pipeline.synthesis.signals.noise import (
    Signal,
    add_at,
    coloured,
    convolved,
    from_db,
    log_uniform,
    poisson_times,
    slow_random,
    tilted,
)
from pipeline.synthesis.signals.recording import CLIP_SAMPLES, DURATION_S, RATE_HZ

_DROP_KINDS = 8


@dataclass(frozen=True, kw_only=True)
class Rain:
    """Thousands of small impacts that know nothing of each other, over the wash of those far off.

    A drop on a hard thing is a click in its modes. A drop in water leaves a bubble that sounds with
    Minnaert's frequency, about 3.26 m/s over its radius, and rises in pitch as it surfaces (van den
    Doel 2005, Physically based models for liquid sounds, equations 4 to 8).
    """

    category: ClassVar[str] = "rain"
    target: ClassVar[int] = 10
    esc10: ClassVar[bool] = True
    outdoors: ClassVar[bool] = True
    may_be_short: ClassVar[bool] = False

    drops_per_s: float
    surface_hz: float
    surface_t60_s: float
    bubbles_per_s: float
    wash_db: float
    wash_db_per_octave: float
    rumble_db: float
    unrest: float

    @classmethod
    def draw(cls, rng: Generator) -> Rain:
        return cls(
            drops_per_s=log_uniform(rng, 120, 5_000),
            surface_hz=log_uniform(rng, 900, 6_000),
            surface_t60_s=log_uniform(rng, 0.002, 0.012),
            bubbles_per_s=log_uniform(rng, 0.5, 25),
            wash_db=rng.uniform(-26, -10),
            wash_db_per_octave=rng.uniform(-4.5, 0.5),
            rumble_db=rng.uniform(-48, -20),
            unrest=rng.uniform(0.02, 0.25),
        )

    def render(self, rng: Generator) -> Signal:
        near = self._drops(rng)
        near /= np.abs(near).max()
        for start_s in poisson_times(rng, self.bubbles_per_s, DURATION_S):
            add_at(near, int(start_s * RATE_HZ), self._bubble(rng))
        wash = coloured(rng, CLIP_SAMPLES, RATE_HZ, tilted(self.wash_db_per_octave, 80, 16_000))
        rumble = coloured(rng, CLIP_SAMPLES, RATE_HZ, tilted(-6.0, 30, 400))
        gusts = np.exp(self.unrest * slow_random(rng, CLIP_SAMPLES, RATE_HZ, 0.8))
        return gusts * (near + from_db(self.wash_db) * wash) + from_db(self.rumble_db) * rumble

    def _drops(self, rng: Generator) -> Signal:
        out = np.zeros(CLIP_SAMPLES, dtype=np.float32)
        # A handful of drop kinds stands for the continuum: one convolution each, not one a drop.
        for _ in range(_DROP_KINDS):
            impacts = np.zeros(CLIP_SAMPLES, dtype=np.float32)
            count = rng.poisson(self.drops_per_s * DURATION_S / _DROP_KINDS)
            np.add.at(impacts, rng.integers(0, CLIP_SAMPLES, count), rng.lognormal(0.0, 0.8, count))
            centre_hz = self.surface_hz * np.exp(0.5 * rng.standard_normal())
            modes_hz = centre_hz * np.array([1.0, 1.7, 2.6, 3.9])
            knock = ring(modes_hz, [1.0, 0.8, 0.5, 0.3], self.surface_t60_s, 2_048, RATE_HZ)
            splash = burst(rng, 2_048, 0.0002, self.surface_t60_s, RATE_HZ)
            out += convolved(impacts, knock + 0.7 * splash)
        return out

    def _bubble(self, rng: Generator) -> Signal:
        f0_hz = 3.26 / (log_uniform(rng, 0.4, 2.2) * 1e-3)
        t60_s = 6.9 / (0.13 * f0_hz + 0.0072 * f0_hz**1.5) * 3.0
        t = np.arange(int(1.2 * t60_s * RATE_HZ)) / RATE_HZ
        phase = f0_hz * (t + 0.5 * rng.uniform(0.5, 4.0) * t**2)
        level = rng.uniform(0.05, 0.5) * np.minimum(1.0, t / 0.001)
        return (level * np.exp(-LN_60_DB * t / t60_s) * np.sin(2 * np.pi * phase)).astype(np.float32)
