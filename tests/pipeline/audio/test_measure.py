"""The facts of signals whose facts are known."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
from numpy.typing import NDArray

from pipeline.audio.decode import Recording, resample
from pipeline.audio.intake import Intake
from pipeline.audio.measure import bandwidth_hz, measure

RATE_HZ = 44_100
TIME_S = np.arange(2 * RATE_HZ) / RATE_HZ
SINE = 0.5 * np.sin(2 * np.pi * 1_000 * TIME_S)
NOISE = 0.1 * np.random.default_rng(2).normal(size=len(TIME_S))


def _recording(samples: NDArray, rate_hz: int = RATE_HZ) -> Recording:
    intake = Intake(rate_hz, 1 if samples.ndim == 1 else samples.shape[1], limit_s=60.0)
    intake.add(np.asarray(samples, dtype=np.float32))
    return intake.recording("WAV PCM_16")


def test_a_sine() -> None:
    facts = measure(_recording(SINE))
    assert (facts.duration_s, facts.sample_rate_hz, facts.channels) == (2.0, RATE_HZ, 1)
    assert facts.codec == "WAV PCM_16"
    assert facts.peak_dbfs == pytest.approx(-6.02, abs=0.01)
    assert facts.rms_dbfs == pytest.approx(-9.03, abs=0.01)
    assert facts.silence_share == facts.digital_silence_share == facts.clipped_share == 0
    assert facts.dc_offset == pytest.approx(0, abs=1e-6)
    assert facts.bandwidth_hz == pytest.approx(1_000, abs=400)


def test_silence_and_digital_silence_are_told_apart() -> None:
    quarter = len(SINE) // 4
    samples = SINE.copy()
    samples[:quarter] = 0
    samples[quarter : 2 * quarter] = 1e-4 * np.sign(SINE[quarter : 2 * quarter] + 1e-9)  # -80 dBFS
    facts = measure(_recording(samples))
    assert facts.silence_share == pytest.approx(0.5, abs=0.02)
    assert facts.digital_silence_share == pytest.approx(0.25, abs=0.02)


def test_clipping_counts_samples() -> None:
    samples = SINE.copy()
    samples[:882] = 1.0
    samples[882:1_764] = -1.0
    assert measure(_recording(samples)).clipped_share == pytest.approx(1_764 / len(samples))
    assert measure(_recording(SINE)).clipped_share == 0


def test_offset() -> None:
    assert measure(_recording(SINE + 0.25)).dc_offset == pytest.approx(0.25, abs=1e-4)


def test_channels_count_together() -> None:
    facts = measure(_recording(np.stack([SINE, np.zeros_like(SINE)], axis=1)))
    assert facts.channels == 2 and facts.duration_s == 2.0
    assert facts.peak_dbfs == pytest.approx(-6.02, abs=0.01)
    assert facts.rms_dbfs == pytest.approx(-12.04, abs=0.01)
    assert facts.digital_silence_share == 0


@pytest.mark.parametrize("cutoff_hz", [4_000, 8_000, 16_000])
def test_bandwidth_finds_a_low_pass(cutoff_hz: int) -> None:
    sos = scipy.signal.cheby2(16, 100, cutoff_hz, fs=RATE_HZ, output="sos")
    filtered = scipy.signal.sosfilt(sos, NOISE)
    sixteen_bits = np.rint(filtered * 32_768) / 32_768
    assert bandwidth_hz(sixteen_bits.astype(np.float32), RATE_HZ) == pytest.approx(cutoff_hz, rel=0.05)


@pytest.mark.parametrize("gain", [1.0, 0.1, 0.001])
def test_bandwidth_finds_an_earlier_rate_at_any_level(gain: float) -> None:
    telephone = resample((gain * NOISE).astype(np.float32), 8_000, RATE_HZ)
    sixteen_bits = (np.rint(telephone * 32_768) / 32_768).astype(np.float32)
    assert bandwidth_hz(sixteen_bits, RATE_HZ) == pytest.approx(4_000, rel=0.05)


def test_bandwidth_of_noise_is_half_the_rate() -> None:
    assert bandwidth_hz(NOISE.astype(np.float32), RATE_HZ) == pytest.approx(RATE_HZ / 2)
    assert bandwidth_hz(NOISE[:900].astype(np.float32), 4_000) == pytest.approx(2_000, rel=0.01)


def test_bandwidth_of_a_short_sound_in_silence() -> None:
    samples = np.zeros(5 * RATE_HZ, dtype=np.float32)
    samples[RATE_HZ : RATE_HZ + 9_000] = NOISE[:9_000]
    assert bandwidth_hz(samples, RATE_HZ) > 21_000
