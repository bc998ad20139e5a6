"""Blocks are measured and mixed down as the whole would be, and never more is held than there is room for."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.audio import intake
from pipeline.audio.decode import AudioError, Recording, resample
from pipeline.audio.intake import Intake
from pipeline.audio.measure import measure
from pipeline.audio.recording import Samples, block_samples, frame_samples

rng = np.random.default_rng(6)


def _taken(samples: Samples, rate_hz: int, size: int, limit_s: float = 60.0) -> Recording:
    taker = Intake(rate_hz, 1 if samples.ndim == 1 else samples.shape[1], limit_s=limit_s)
    for start in range(0, len(samples), size):
        taker.add(samples[start : start + size])
    return taker.recording("WAV PCM_16")


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_blocks_give_the_facts_of_the_whole(channels: int) -> None:
    samples = rng.normal(scale=0.3, size=(100_123, channels)).astype(np.float32)
    samples = samples[:, 0] if channels == 1 else samples
    whole = _taken(samples, 16_000, len(samples))
    pieces = _taken(samples, 16_000, 10 * frame_samples(16_000))
    np.testing.assert_array_equal(whole.samples, pieces.samples)
    assert measure(whole) == measure(pieces)


def test_a_block_is_whole_frames() -> None:
    for rate_hz, channels in ((8_000, 1), (44_100, 2), (384_000, 8), (48_000, 1_024)):
        assert block_samples(rate_hz, channels) % frame_samples(rate_hz) == 0
        assert block_samples(rate_hz, channels) > 0


def test_a_long_recording_of_a_high_rate_is_held_at_48_khz(monkeypatch: pytest.MonkeyPatch) -> None:
    rate_hz = 192_000
    time_s = np.arange(6 * rate_hz) / rate_hz
    samples = (0.3 * np.sin(2 * np.pi * 1_000 * time_s) + 0.1 * np.sin(2 * np.pi * 70_000 * time_s)).astype(
        np.float32
    )
    expected = resample(samples, rate_hz, 48_000)
    monkeypatch.setattr(intake, "MAX_HELD", 2 * rate_hz)
    held = _taken(samples, rate_hz, 40 * frame_samples(rate_hz))
    assert held.sample_rate_hz == 48_000 and held.levels.rate_hz == rate_hz
    assert len(held.samples) == pytest.approx(len(expected), abs=2)
    np.testing.assert_allclose(held.samples[500:280_000], expected[500:280_000], atol=1e-5)
    facts = measure(held)
    assert (facts.duration_s, facts.sample_rate_hz) == (6.0, rate_hz)
    assert facts.bandwidth_hz == pytest.approx(70_000, rel=0.02)  # above what is held


def test_reading_ends_at_the_limit() -> None:
    with pytest.raises(AudioError, match="more than 1 min"):
        _taken(np.ones(8_000 * 90, dtype=np.float32), 8_000, 8_000, limit_s=60.0)


def test_more_values_than_can_be_read_in_time_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MAX_VALUES", 10_000)
    with pytest.raises(AudioError, match="more than 10,000 values in 2 channels"):
        _taken(np.ones((8_000, 2), dtype=np.float32), 8_000, 800)
