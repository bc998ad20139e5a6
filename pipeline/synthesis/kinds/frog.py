"""A frog: croaks made of pulses, answered across the pond."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from pipeline.synthesis.signals.modal import ring
from pipeline.synthesis.signals.noise import (
    Signal,
    add_at,
    coloured,
    from_db,
    log_uniform,
    over,
    steady_times,
    tilted,
)
from pipeline.synthesis.signals.recording import CLIP_SAMPLES, DURATION_S, RATE_HZ


@dataclass(frozen=True, kw_only=True)
class Frog:
    """Calls of sound pulses, two spectral bands each, that grow towards the end of the call.

    Tree frogs' calls: pulses at some tens a second, bands near 1 and 2 kHz (Gerhardt and Huber 2002,
    Acoustic Communication in Insects and Anurans, chapter 2); larger frogs call lower.
    """

    category: ClassVar[str] = "frog"
    target: ClassVar[int] = 4
    esc10: ClassVar[bool] = False
    outdoors: ClassVar[bool] = True
    may_be_short: ClassVar[bool] = True

    carrier_hz: float
    upper_ratio: float
    upper_db: float
    pulse_rate_hz: float
    pulses: int
    call_period_s: float
    ringing_s: float
    neighbours: int
    pond_db: float

    @classmethod
    def draw(cls, rng: Generator) -> Frog:
        carrier_hz = log_uniform(rng, 500, 1_500)
        pulses = int(rng.integers(5, 15))
        pulse_rate_hz = rng.uniform(26, 58)
        return cls(
            carrier_hz=carrier_hz,
            upper_ratio=rng.uniform(1.9, 2.5),
            upper_db=rng.uniform(-12, 4),
            pulse_rate_hz=pulse_rate_hz,
            pulses=pulses,
            call_period_s=pulses / pulse_rate_hz + log_uniform(rng, 0.12, 1.3),
            ringing_s=log_uniform(rng, 0.012, 0.04),
            neighbours=int(rng.integers(0, 4)),
            pond_db=rng.uniform(-48, -26),
        )

    def render(self, rng: Generator) -> Signal:
        out = np.zeros(CLIP_SAMPLES, dtype=np.float32)
        for singer in range(1 + self.neighbours):
            loudness = 1.0 if singer == 0 else rng.uniform(0.03, 0.25)
            size = 1.0 if singer == 0 else rng.uniform(0.9, 1.12)
            period_s = self.call_period_s * (1.0 if singer == 0 else rng.uniform(0.8, 1.5))
            for start_s in steady_times(rng, period_s, DURATION_S, 0.12):
                add_at(out, int(start_s * RATE_HZ), loudness * self._call(rng, size))
        pond = coloured(rng, CLIP_SAMPLES, RATE_HZ, tilted(-3.0, 60, 9_000))
        return over(out, pond, self.pond_db)

    def _call(self, rng: Generator, size: float) -> Signal:
        rate_hz = self.pulse_rate_hz * rng.uniform(0.94, 1.06)
        call = np.zeros(int((self.pulses / rate_hz + 4 * self.ringing_s) * RATE_HZ), dtype=np.float32)
        carriers_hz = np.array([1.0, self.upper_ratio]) * self.carrier_hz * size
        for pulse in range(self.pulses):
            progress = (pulse + 1) / self.pulses
            grain = ring(
                # The throat fills: the call rises a little in pitch.
                carriers_hz * (0.96 + 0.06 * progress),
                [1.0, from_db(self.upper_db)],
                self.ringing_s * 2.0,
                int(4 * self.ringing_s * RATE_HZ),
                RATE_HZ,
            )
            attack = np.minimum(1.0, np.arange(grain.size) / (0.0025 * RATE_HZ)).astype(np.float32)
            level = (0.25 + 0.75 * progress) * rng.uniform(0.85, 1.0)
            add_at(call, int(pulse / rate_hz * RATE_HZ), grain * attack * np.float32(level))
        return call
