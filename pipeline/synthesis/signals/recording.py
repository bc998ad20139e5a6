"""The way from a source to a file: the room, the microphone's band, hiss, level and length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from pipeline.synthesis.signals.modal import burst
from pipeline.synthesis.signals.noise import (
    Signal,
    band,
    coloured,
    convolved,
    filtered,
    from_db,
    log_uniform,
    tilted,
)

RATE_HZ = 44_100
CLIP_SAMPLES = 220_500
"""Five seconds, as in ESC-50."""
DURATION_S = CLIP_SAMPLES / RATE_HZ
_FADE_SAMPLES = RATE_HZ // 100


@dataclass(frozen=True, kw_only=True)
class Recording:
    """How one source was recorded; all takes of a source share it."""

    rt60_s: float
    wet_db: float
    low_cut_hz: float
    high_cut_hz: float
    hiss_db: float
    """RMS of the recorder's noise, relative to the sound's peak."""
    hiss_db_per_octave: float
    peak_dbfs: float
    length_s: float
    """Shorter than five seconds: the rest is digital silence, as ESC-50 pads short recordings."""

    @classmethod
    def draw(cls, rng: Generator, *, outdoors: bool, may_be_short: bool) -> Recording:
        short = may_be_short and rng.random() < 0.4
        return cls(
            rt60_s=log_uniform(rng, 0.15, 1.2),
            wet_db=rng.uniform(-34, -16) if outdoors else rng.uniform(-22, -4),
            low_cut_hz=log_uniform(rng, 20, 120),
            high_cut_hz=log_uniform(rng, 5_000, 21_000),
            hiss_db=rng.uniform(-76, -38),
            hiss_db_per_octave=rng.uniform(-5, 0),
            peak_dbfs=-1.0 - 19.0 * rng.beta(1.0, 2.2),
            length_s=float(rng.uniform(1.6, 4.4)) if short else DURATION_S,
        )

    def apply(self, dry: Signal, room: Generator, take: Generator) -> Signal:
        """The dry sound as this recorder hears it, shape ``(220500,)``, within [-1, 1].

        ``room`` is seeded by the source, so that its takes share one room; ``take`` by the take.
        """
        recorded = filtered(self._in_room(dry, room), RATE_HZ, band(self.low_cut_hz, self.high_cut_hz, 3))
        peak = max(float(np.abs(recorded).max()), 1e-9)
        colour = tilted(self.hiss_db_per_octave, self.low_cut_hz, self.high_cut_hz)
        recorded = recorded / peak + from_db(self.hiss_db) * coloured(take, dry.size, RATE_HZ, colour)
        return self._cut(recorded, from_db(self.peak_dbfs + take.uniform(-0.8, 0.8)))

    def _in_room(self, dry: Signal, room: Generator) -> Signal:
        tail = burst(room, int(self.rt60_s * RATE_HZ), 0.012, self.rt60_s, RATE_HZ)
        # Air and walls swallow the treble first: a room is darker than what sounds in it.
        tail = filtered(tail, RATE_HZ, band(80, 3_500, 1))
        tail /= np.sqrt(np.sum(tail**2))
        return dry + from_db(self.wet_db) * convolved(dry, tail)

    def _cut(self, recorded: Signal, peak: float) -> Signal:
        n = min(CLIP_SAMPLES, int(self.length_s * RATE_HZ))
        fade = np.sin(np.linspace(0.0, np.pi / 2, _FADE_SAMPLES, dtype=np.float32)) ** 2
        clip = np.zeros(CLIP_SAMPLES, dtype=np.float32)
        clip[:n] = recorded[:n] - recorded[:n].mean()
        clip[:_FADE_SAMPLES] *= fade
        clip[n - _FADE_SAMPLES : n] *= fade[::-1]
        return clip * np.float32(min(peak, 0.985) / max(float(np.abs(clip).max()), 1e-9))
