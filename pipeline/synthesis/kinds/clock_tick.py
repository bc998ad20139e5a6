"""A clock that ticks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipeline.synthesis.signals.modal import burst, ring
from pipeline.synthesis.signals.noise import Signal, add_at, coloured, from_db, log_uniform, over, tilted
from pipeline.synthesis.signals.recording import CLIP_SAMPLES, DURATION_S, RATE_HZ


@dataclass(frozen=True, kw_only=True)
class ClockTick:
    """An escapement: each beat is a few metal impacts within 15 ms that ring plate and case.

    The unlocking, impulse and drop of a lever escapement are heard as separate clicks some
    milliseconds apart; tick and tock differ because the two pallets do. Wall clocks beat once a
    second, pendulum clocks one to two times, alarm clocks up to five.
    """

    category: ClassVar[str] = "clock_tick"
    target: ClassVar[int] = 38
    esc10: ClassVar[bool] = True
    outdoors: ClassVar[bool] = False
    may_be_short: ClassVar[bool] = False

    beats_per_s: float
    modes_hz: NDArray[np.float64]
    modes_t60_s: NDArray[np.float64]
    tick: NDArray[np.float64]
    tock: NDArray[np.float64]
    case_hz: float
    case_db: float
    clicks_s: NDArray[np.float64]
    clicks_gain: NDArray[np.float64]
    room_db: float

    @classmethod
    def draw(cls, rng: Generator) -> ClockTick:
        count = int(rng.integers(5, 9))
        clicks = int(rng.integers(1, 4))
        tick = rng.uniform(0.1, 1.0, count)
        tock = tick * np.exp(rng.uniform(0.0, 0.8) * rng.standard_normal(count))
        return cls(
            beats_per_s=float(rng.choice([1.0, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0])),
            modes_hz=np.exp(rng.uniform(np.log(1_400), np.log(9_500), count)),
            modes_t60_s=np.exp(rng.uniform(np.log(0.008), np.log(0.07), count)),
            tick=tick,
            tock=tock * rng.uniform(0.6, 1.0),
            case_hz=log_uniform(rng, 180, 900),
            case_db=rng.uniform(-22, 0),
            clicks_s=np.sort(rng.uniform(0.0, 0.016, clicks)),
            clicks_gain=rng.uniform(0.25, 1.0, clicks),
            room_db=rng.uniform(-62, -30),
        )

    def render(self, rng: Generator) -> Signal:
        out = np.zeros(CLIP_SAMPLES, dtype=np.float32)
        # The escapement is a clock: the beats keep time to a millisecond, whatever the take.
        starts_s = np.arange(rng.uniform(0.0, 1.0), DURATION_S * self.beats_per_s) / self.beats_per_s
        for beat, start_s in enumerate(starts_s):
            click = self._click(rng, self.tick if beat % 2 == 0 else self.tock)
            for delay_s, gain in zip(self.clicks_s, self.clicks_gain, strict=True):
                at_s = start_s + delay_s + 0.0005 * rng.standard_normal()
                add_at(out, int(at_s * RATE_HZ), np.float32(gain) * click)
        room = coloured(rng, CLIP_SAMPLES, RATE_HZ, tilted(-4.0, 40, 7_000))
        return over(out, room, self.room_db)

    def _click(self, rng: Generator, gains: NDArray[np.float64]) -> Signal:
        n = RATE_HZ // 8
        metal = ring(self.modes_hz, gains * rng.uniform(0.85, 1.15, gains.size), self.modes_t60_s, n, RATE_HZ)
        case_hz = self.case_hz * np.array([1.0, 1.8, 2.9])
        case = ring(case_hz, [1.0, 0.6, 0.4], 18.0 / case_hz, n, RATE_HZ)
        strike = burst(rng, n, 0.0001, 0.004, RATE_HZ)
        return metal + 2.0 * from_db(self.case_db) * case + 0.3 * strike
