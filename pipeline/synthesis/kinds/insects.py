"""Flying insects: wing beats, near and far by turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipeline.synthesis.signals.noise import (
    Signal,
    band,
    coloured,
    from_db,
    log_uniform,
    over,
    slow_random,
    tilted,
)
from pipeline.synthesis.signals.recording import CLIP_SAMPLES, RATE_HZ


@dataclass(frozen=True, kw_only=True)
class Insects:
    """Flies, bees or mosquitoes: a harmonic series on the wing-beat rate, near and far by turns.

    Wing beats: bumblebees about 130 Hz, house flies about 190 Hz, honey bees about 230 Hz, mosquitoes
    400 to 600 Hz (Sotavalta 1947, The flight-tone of insects).
    """

    category: ClassVar[str] = "insects"
    target: ClassVar[int] = 7
    esc10: ClassVar[bool] = False
    outdoors: ClassVar[bool] = True
    may_be_short: ClassVar[bool] = False

    wing_beat_hz: float
    slope: float
    body_hz: float
    body_db: float
    individuals: int
    nearness: float
    turn_hz: float
    rests: bool
    wind_db: float

    @classmethod
    def draw(cls, rng: Generator) -> Insects:
        return cls(
            wing_beat_hz=log_uniform(rng, 115, 520),
            slope=rng.uniform(0.7, 1.6),
            body_hz=log_uniform(rng, 700, 3_000),
            body_db=rng.uniform(0, 14),
            individuals=int(rng.choice([1, 1, 2, 3, 5])),
            nearness=rng.uniform(0.4, 1.1),
            turn_hz=log_uniform(rng, 0.3, 1.6),
            rests=bool(rng.random() < 0.3),
            wind_db=rng.uniform(-46, -20),
        )

    def render(self, rng: Generator) -> Signal:
        out = np.zeros(CLIP_SAMPLES, dtype=np.float32)
        for _ in range(self.individuals):
            out += self._flight(rng, self.wing_beat_hz * rng.uniform(0.92, 1.08))
        wind = coloured(rng, CLIP_SAMPLES, RATE_HZ, tilted(-4.0, 40, 8_000))
        return over(out, wind, self.wind_db)

    def _flight(self, rng: Generator, wing_beat_hz: float) -> Signal:
        n = CLIP_SAMPLES
        distance = np.exp(self.nearness * slow_random(rng, n, RATE_HZ, self.turn_hz))
        # Doppler: metres a second towards the ear over the speed of sound, exaggerated by no one.
        doppler = 1.0 - np.gradient(distance) * RATE_HZ / 343.0
        effort = 1.0 + 0.025 * slow_random(rng, n, RATE_HZ, 3.0)
        flutter = 1.0 + 0.006 * slow_random(rng, n, RATE_HZ, 40.0)
        phase = np.cumsum(wing_beat_hz * effort * flutter * doppler) / RATE_HZ
        table = self._wing_stroke(wing_beat_hz, rng)
        # One stroke moves the air twice: the rush is loudest in the downstroke.
        rush = coloured(rng, n, RATE_HZ, band(800, 6_000, 1)) * (1.0 + np.cos(2 * np.pi * phase))
        sound = np.interp(phase % 1.0, np.linspace(0, 1, table.size), table) + 0.05 * rush
        return (sound / (0.15 + distance) * self._aloft(rng, n)).astype(np.float32)

    def _wing_stroke(self, wing_beat_hz: float, rng: Generator) -> NDArray[np.float64]:
        k = np.arange(1, max(3, int(9_000 / wing_beat_hz)))
        # A bell curve over log frequency: the thorax and wings radiate best near one pitch.
        body = from_db(self.body_db) * np.exp(-2.0 * np.log2(k * wing_beat_hz / self.body_hz) ** 2)
        weights = k**-self.slope * (1.0 + body) * rng.uniform(0.5, 1.0, k.size)
        cycle = np.linspace(0.0, 1.0, 1_025)
        strokes = np.sin(2 * np.pi * (np.outer(k, cycle) + rng.uniform(0, 1, (k.size, 1))))
        stroke = (weights[:, None] * strokes).sum(axis=0)  # (harmonics, 1025) -> (1025,)
        return np.asarray(stroke / np.abs(stroke).max())

    def _aloft(self, rng: Generator, n: int) -> Signal:
        if not self.rests:
            return np.ones(n, dtype=np.float32)
        return (1.0 / (1.0 + np.exp(-12.0 * (slow_random(rng, n, RATE_HZ, 0.5) + 0.6)))).astype(np.float32)
