"""A knock on a wooden door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipeline.synthesis.signals.modal import burst, contact, plate_modes_hz, ring
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
    tilted,
)
from pipeline.synthesis.signals.recording import CLIP_SAMPLES, DURATION_S, RATE_HZ


@dataclass(frozen=True, kw_only=True)
class DoorKnock:
    """Knuckles on a wooden panel: a soft blow of some milliseconds into heavily damped plate modes.

    A half-sine force of 1 to 4 ms excites little above its inverse, so the door booms and does not
    ring. A mode of loss factor eta falls by 60 dB in 2.2 / (eta f) seconds; a hung door loses more at
    its frame than in the wood (Fletcher and Rossing 1998, chapters 3 and 22).
    """

    category: ClassVar[str] = "door_wood_knock"
    target: ClassVar[int] = 30
    esc10: ClassVar[bool] = False
    outdoors: ClassVar[bool] = False
    may_be_short: ClassVar[bool] = True

    panel_hz: NDArray[np.float64]
    loss_factor: float
    contact_s: float
    knuckle_hz: float
    knuckle_db: float
    knocks: int
    period_s: float
    pause_s: float
    accent: float
    ambience_db: float

    @classmethod
    def draw(cls, rng: Generator) -> DoorKnock:
        return cls(
            panel_hz=plate_modes_hz(log_uniform(rng, 75, 240), rng.uniform(1.1, 2.6), 16, rng),
            loss_factor=log_uniform(rng, 0.08, 0.25),
            contact_s=log_uniform(rng, 0.0008, 0.0035),
            knuckle_hz=log_uniform(rng, 900, 3_000),
            knuckle_db=rng.uniform(-26, -8),
            knocks=int(rng.integers(2, 7)),
            period_s=rng.uniform(0.14, 0.42),
            pause_s=rng.uniform(0.7, 2.2),
            accent=rng.uniform(0.0, 0.5),
            ambience_db=rng.uniform(-62, -36),
        )

    def render(self, rng: Generator) -> Signal:
        out = np.zeros(CLIP_SAMPLES, dtype=np.float32)
        now_s = rng.uniform(0.02, 0.5)
        while now_s < DURATION_S - 0.3:
            for knock in range(max(2, self.knocks + int(rng.integers(-1, 2)))):
                weight = (1.0 - self.accent * (knock % 2)) * rng.uniform(0.7, 1.0)
                add_at(out, int(now_s * RATE_HZ), np.float32(weight) * self._knock(rng))
                now_s += self.period_s * rng.uniform(0.93, 1.07)
            now_s += self.pause_s * rng.uniform(0.8, 1.3)
        ambience = coloured(rng, CLIP_SAMPLES, RATE_HZ, tilted(-5.0, 40, 6_000))
        return over(out, ambience, self.ambience_db)

    def _knock(self, rng: Generator) -> Signal:
        n = RATE_HZ // 2
        # Where the knuckles meet the panel decides which modes they reach.
        reach = np.abs(np.sin(np.pi * rng.uniform(0.15, 0.5) * np.arange(1, self.panel_hz.size + 1)))
        t60_s = 2.2 / (self.loss_factor * self.panel_hz)
        panel = ring(self.panel_hz, reach / np.sqrt(self.panel_hz), t60_s, n, RATE_HZ)
        panel = convolved(panel, contact(self.contact_s * rng.uniform(0.85, 1.15), RATE_HZ))
        knuckle = filtered(burst(rng, n, 0.0002, 0.008, RATE_HZ), RATE_HZ, band(400, self.knuckle_hz, 1))
        bone = from_db(self.knuckle_db) * float(np.abs(panel).max()) / float(np.abs(knuckle).max())
        return panel + np.float32(bone) * knuckle
