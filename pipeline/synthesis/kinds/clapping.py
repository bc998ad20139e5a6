"""Clapping, from one pair of hands to a hall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from pipeline.synthesis.signals.modal import burst, ring
from pipeline.synthesis.signals.noise import (
    Signal,
    add_at,
    band,
    coloured,
    convolved,
    filtered,
    from_db,
    log_uniform,
    over,
    steady_times,
    tilted,
)
from pipeline.synthesis.signals.recording import CLIP_SAMPLES, DURATION_S, RATE_HZ


@dataclass(frozen=True, kw_only=True)
class Clapping:
    """From one pair of hands to a hall: noise bursts in the cavity between the palms.

    A clap's spectrum has one or two broad peaks between some hundred Hz and 2.5 kHz, by the hands'
    posture; applause runs at 3 to 5 claps a second (Repp 1987, The sound of two hands clapping).
    """

    category: ClassVar[str] = "clapping"
    target: ClassVar[int] = 22
    esc10: ClassVar[bool] = False
    outdoors: ClassVar[bool] = False
    may_be_short: ClassVar[bool] = True

    people: int
    clap_s: float
    cavity_hz: float
    cavity_t60_s: float
    slap_db: float
    depth: float
    ambience_db: float

    @classmethod
    def draw(cls, rng: Generator) -> Clapping:
        return cls(
            people=max(1, round(log_uniform(rng, 0.8, 30))),
            clap_s=1.0 / rng.uniform(2.2, 5.0),
            cavity_hz=log_uniform(rng, 650, 2_000),
            cavity_t60_s=log_uniform(rng, 0.006, 0.02),
            slap_db=rng.uniform(-12, 4),
            depth=rng.uniform(0.3, 1.2),
            ambience_db=rng.uniform(-60, -34),
        )

    def render(self, rng: Generator) -> Signal:
        out = np.zeros(CLIP_SAMPLES, dtype=np.float32)
        for person in range(self.people):
            nearness = 1.0 if person == 0 else float(np.exp(-self.depth * abs(rng.standard_normal())))
            hands_hz = self.cavity_hz * (1.0 if person == 0 else rng.uniform(0.7, 1.5))
            # Few clap long on one shape of hands: four claps, taken in turn, are enough variety.
            claps = [self._clap(rng, hands_hz) for _ in range(4)]
            period_s = self.clap_s * (1.0 if person == 0 else rng.uniform(0.8, 1.3))
            for start_s in steady_times(rng, period_s, DURATION_S, 0.05):
                level = np.float32(nearness * rng.uniform(0.6, 1.0))
                add_at(out, int(start_s * RATE_HZ), level * claps[int(rng.integers(4))])
        ambience = coloured(rng, CLIP_SAMPLES, RATE_HZ, tilted(-4.0, 50, 7_000))
        return over(out, ambience, self.ambience_db)

    def _clap(self, rng: Generator, hands_hz: float) -> Signal:
        n = RATE_HZ // 15
        modes_hz = hands_hz * np.array([1.0, 2.3]) * rng.uniform(0.93, 1.07, 2)
        push = burst(rng, n, 0.0003, self.cavity_t60_s, RATE_HZ)
        cavity = convolved(push, ring(modes_hz, [1.0, 0.4], self.cavity_t60_s, n, RATE_HZ))
        slap = filtered(burst(rng, n, 0.0001, 0.007, RATE_HZ), RATE_HZ, band(1_500, 12_000, 1))
        return cavity / np.abs(cavity).max() + from_db(self.slap_db) * slap / np.abs(slap).max()
