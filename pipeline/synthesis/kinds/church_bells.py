"""Church bells, one or a few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipeline.synthesis.signals.modal import burst, ring
from pipeline.synthesis.signals.noise import (
    Signal,
    add_at,
    band,
    coloured,
    filtered,
    from_db,
    log_uniform,
    over,
    tilted,
)
from pipeline.synthesis.signals.recording import CLIP_SAMPLES, DURATION_S, RATE_HZ

BELL_PARTIALS = np.array([0.5, 1.0, 1.183, 1.506, 2.0, 2.514, 2.662, 3.011, 4.166, 5.433, 6.796, 8.215])
"""A church bell's partials over its prime: hum, prime, tierce, quint, nominal and those above
(Fletcher and Rossing 1998, The Physics of Musical Instruments, table 21.1)."""
_BELL_LEVELS = np.array([0.5, 0.6, 0.8, 0.35, 1.0, 0.35, 0.35, 0.5, 0.4, 0.3, 0.2, 0.12])


@dataclass(frozen=True, kw_only=True)
class ChurchBells:
    """One to four bells; their partials are inharmonic, beat in pairs, and the hum lasts longest.

    The minor third (tierce) is what makes a bell a bell. No bell is quite round: each mode is a pair
    a fraction of a hertz apart, and warbles.
    """

    category: ClassVar[str] = "church_bells"
    target: ClassVar[int] = 46
    esc10: ClassVar[bool] = False
    outdoors: ClassVar[bool] = True
    may_be_short: ClassVar[bool] = False

    primes_hz: NDArray[np.float64]
    warble_hz: float
    hum_t60_s: float
    brightness: float
    stroke_s: float
    unevenness: float
    clank_db: float
    town_db: float

    @classmethod
    def draw(cls, rng: Generator) -> ChurchBells:
        bells = int(rng.choice([1, 1, 2, 3, 4]))
        steps = np.array([0, 2, 4, 7])[:bells] + 0.1 * rng.standard_normal(bells)
        return cls(
            primes_hz=log_uniform(rng, 170, 560) * 2.0 ** (steps / 12.0),
            warble_hz=log_uniform(rng, 0.2, 2.0),
            hum_t60_s=log_uniform(rng, 5, 18),
            brightness=rng.uniform(-0.7, 0.5),
            stroke_s=log_uniform(rng, 0.35, 1.0) if bells > 1 else log_uniform(rng, 0.8, 2.4),
            unevenness=rng.uniform(0.01, 0.12),
            clank_db=rng.uniform(-30, -12),
            town_db=rng.uniform(-50, -26),
        )

    def render(self, rng: Generator) -> Signal:
        out = np.zeros(CLIP_SAMPLES, dtype=np.float32)
        bells = [self._bell(rng, prime_hz) for prime_hz in self.primes_hz]
        # They were ringing before the recording began: the first strokes lie before its start.
        now_s, stroke = -4.0 + rng.uniform(0.0, self.stroke_s), int(rng.integers(len(bells)))
        while now_s < DURATION_S:
            sound = bells[len(bells) - 1 - stroke % len(bells)]
            add_at(out, int(now_s * RATE_HZ), np.float32(rng.uniform(0.6, 1.0)) * sound)
            now_s += self.stroke_s * (1.0 + self.unevenness * rng.standard_normal())
            stroke += 1
        town = coloured(rng, CLIP_SAMPLES, RATE_HZ, tilted(-5.0, 30, 5_000))
        return over(out, town, self.town_db)

    def _bell(self, rng: Generator, prime_hz: float) -> Signal:
        n = int(1.8 * CLIP_SAMPLES)
        # Every mode twice, the second a little higher: the pair beats.
        ratios = np.repeat(BELL_PARTIALS * (1.0 + 0.004 * rng.standard_normal(BELL_PARTIALS.size)), 2)
        split_hz = (
            np.tile([0.0, 1.0], BELL_PARTIALS.size) * self.warble_hz * rng.uniform(0.3, 1.5, ratios.size)
        )
        modes_hz = ratios * prime_hz + split_hz
        levels = np.repeat(_BELL_LEVELS * BELL_PARTIALS**self.brightness, 2)
        levels = levels * np.tile([1.0, 0.35], BELL_PARTIALS.size)
        tone = ring(modes_hz, levels, self.hum_t60_s * (0.5 / ratios) ** 0.9, n, RATE_HZ)
        clank = filtered(burst(rng, RATE_HZ // 4, 0.001, 0.08, RATE_HZ), RATE_HZ, band(1_200, 6_000, 1))
        tone[: clank.size] += np.float32(from_db(self.clank_db) * float(np.abs(tone).max())) * clank
        return tone
