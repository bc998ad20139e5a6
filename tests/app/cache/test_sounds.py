"""A preview is the recording itself, only smaller."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.cache.sounds import PREVIEW_RATE_HZ, data_url, to_mp3

HEAD = "data:audio/mp3;base64,"


def _decode(url: str) -> tuple[NDArray[np.float32], int]:
    assert url.startswith(HEAD)
    return soundfile.read(io.BytesIO(base64.b64decode(url.removeprefix(HEAD))), dtype="float32")


def _level_db(samples: NDArray[np.float32]) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64))))


@settings(max_examples=20)
@given(
    rate_hz=st.sampled_from([4_000, 8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000]),
    duration_s=st.floats(0.2, 4),
    hz=st.floats(100, 1_500),
    amplitude=st.floats(0.01, 1),
)
def test_a_preview_has_the_length_the_level_and_the_pitch(
    rate_hz: int, duration_s: float, hz: float, amplitude: float
) -> None:
    time_s = np.arange(int(duration_s * rate_hz)) / rate_hz
    samples = (amplitude * np.sin(2 * np.pi * hz * time_s)).astype(np.float32)
    heard, heard_hz = _decode(data_url(to_mp3(samples, rate_hz)))
    assert heard_hz == PREVIEW_RATE_HZ
    # The codec works in frames of 26 ms, and pads the first and the last.
    assert len(heard) / heard_hz == pytest.approx(len(samples) / rate_hz, abs=0.06)
    assert _level_db(heard) == pytest.approx(_level_db(samples), abs=1)
    peak_hz = np.abs(np.fft.rfft(heard)).argmax() * heard_hz / len(heard)
    assert peak_hz == pytest.approx(hz, abs=2 * heard_hz / len(heard))


def test_too_loud_samples_are_clipped_and_not_wrapped() -> None:
    samples = np.full(PREVIEW_RATE_HZ, 3.0, dtype=np.float32) * np.sin(np.arange(PREVIEW_RATE_HZ) / 20)
    heard, _ = _decode(data_url(to_mp3(samples.astype(np.float32), PREVIEW_RATE_HZ)))
    middle = heard[2_000:-2_000]
    assert np.corrcoef(middle, np.sign(samples[2_000:-2_000]))[0, 1] > 0.9


def test_a_row_stays_small() -> None:
    noise = np.random.default_rng(5).normal(scale=0.2, size=5 * 44_100).astype(np.float32)
    assert len(data_url(to_mp3(noise, 44_100))) < 5 * 12_000
