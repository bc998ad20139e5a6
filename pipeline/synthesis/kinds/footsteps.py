"""Footsteps on wood, stone or gravel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.random import Generator

from pipeline.synthesis.signals.modal import burst, contact, ring
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
    poisson_times,
    steady_times,
    tilted,
)
from pipeline.synthesis.signals.recording import CLIP_SAMPLES, DURATION_S, RATE_HZ

_GRAIN = RATE_HZ * 2 // 5

Surface = Literal["wood", "stone", "gravel"]


@dataclass(frozen=True, kw_only=True)
class Footsteps:
    """Heel, then ball of the foot, on a floor that rings, clicks or crunches.

    Walking takes 1.5 to 2.4 steps a second; the two blows of a step lie about 0.1 s apart (Li, Logan
    and Pastore 1991, Perception of acoustic source characteristics: Walking sounds).
    """

    category: ClassVar[str] = "footsteps"
    target: ClassVar[int] = 25
    esc10: ClassVar[bool] = False
    outdoors: ClassVar[bool] = False
    may_be_short: ClassVar[bool] = True

    surface: Surface
    step_s: float
    heel_to_ball_s: float
    floor_hz: float
    heel_contact_s: float
    grit_hz: float
    ball_db: float
    limp: float
    ambience_db: float

    @classmethod
    def draw(cls, rng: Generator) -> Footsteps:
        surfaces: tuple[Surface, ...] = ("wood", "stone", "gravel")
        return cls(
            surface=surfaces[int(rng.integers(3))],
            step_s=1.0 / rng.uniform(1.5, 2.4),
            heel_to_ball_s=rng.uniform(0.07, 0.15),
            floor_hz=log_uniform(rng, 70, 260),
            heel_contact_s=log_uniform(rng, 0.0006, 0.004),
            grit_hz=log_uniform(rng, 1_200, 5_000),
            ball_db=rng.uniform(-14, -3),
            limp=rng.uniform(0.0, 0.3),
            ambience_db=rng.uniform(-60, -34),
        )

    def render(self, rng: Generator) -> Signal:
        out = np.zeros(CLIP_SAMPLES, dtype=np.float32)
        for step, start_s in enumerate(steady_times(rng, self.step_s, DURATION_S, 0.03)):
            weight = (1.0 - self.limp * (step % 2)) * rng.uniform(0.75, 1.0)
            start = int(start_s * RATE_HZ)
            ball = start + int(self.heel_to_ball_s * rng.uniform(0.85, 1.15) * RATE_HZ)
            add_at(out, start, np.float32(weight) * self._blow(rng, 1.0))
            add_at(out, ball, np.float32(weight * from_db(self.ball_db)) * self._blow(rng, 2.2))
        ambience = coloured(rng, CLIP_SAMPLES, RATE_HZ, tilted(-5.0, 40, 6_000))
        return over(out, ambience, self.ambience_db)

    def _blow(self, rng: Generator, softness: float) -> Signal:
        modes_hz = self.floor_hz * np.array([1.0, 1.62, 2.4, 3.7, 5.3]) * rng.uniform(0.97, 1.03, 5)
        floor = ring(modes_hz, rng.uniform(0.4, 1.0, 5), 14.0 / modes_hz, _GRAIN, RATE_HZ)
        force = contact(self.heel_contact_s * softness, RATE_HZ)
        scrape = filtered(burst(rng, _GRAIN, 0.001, 0.05, RATE_HZ), RATE_HZ, band(500, self.grit_hz, 1))
        if self.surface == "wood":
            return convolved(floor, force) + 0.08 * scrape
        if self.surface == "stone":
            modes_hz = self.grit_hz * np.array([0.4, 0.71, 1.0, 1.55])
            click = ring(modes_hz, rng.uniform(0.4, 1.0, 4), 0.018, _GRAIN, RATE_HZ)
            return convolved(0.25 * floor + click, force) + 0.12 * scrape
        return 0.12 * convolved(floor, force) + self._crunch(rng)

    def _crunch(self, rng: Generator) -> Signal:
        out = np.zeros(_GRAIN, dtype=np.float32)
        for start_s in poisson_times(rng, 380.0, 0.16):
            stone_hz = self.grit_hz * log_uniform(rng, 0.6, 1.8)
            grain = burst(rng, 260, 0.0004, 0.006, RATE_HZ)
            grain = grain * 0.4 + ring(stone_hz, 0.8, 0.006, 260, RATE_HZ)
            # The load comes on and leaves: most stones shift in the middle of the blow.
            load = np.sin(np.pi * min(1.0, start_s / 0.16)) * rng.lognormal(-1.6, 0.7)
            add_at(out, int(start_s * RATE_HZ), grain * np.float32(load))
        return out
