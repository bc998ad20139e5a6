"""Loudness by the standard's own calibration, and clips that come out equally loud."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyloudnorm import Meter

from app.cache import sounds
from app.cache.sounds import MOST_BOOST_DB, PEAK_DBFS, TARGET_LUFS

RATES = st.sampled_from([4_000, 8_000, 16_000, 22_050, 44_100, 48_000, 96_000])


def _sine(rate_hz: int, level_dbfs: float, hz: float = 997, duration_s: float = 2) -> NDArray[np.float32]:
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    return (10 ** (level_dbfs / 20) * np.sin(2 * np.pi * hz * time_s)).astype(np.float32)


@settings(max_examples=25)
@given(RATES, st.floats(-60, 0))
def test_a_sine_of_997_hz_is_3_lu_below_its_level(rate_hz: int, level_dbfs: float) -> None:
    # BS.1770, annex 1: a 997 Hz sine of 0 dB FS in one channel reads -3.01 LKFS.
    assert sounds.lufs(_sine(rate_hz, level_dbfs), rate_hz) == pytest.approx(level_dbfs - 3.01, abs=0.02)


def test_the_low_counts_less_and_the_high_more() -> None:
    low, middle, high = (sounds.lufs(_sine(48_000, -20, hz), 48_000) for hz in (40, 997, 6_000))
    assert low < middle - 4 and high > middle + 2


def test_it_is_pyloudnorm_at_48_khz() -> None:
    noise = np.random.default_rng(1).normal(scale=0.05, size=3 * 48_000).astype(np.float32)
    noise[48_000:96_000] *= 0.01  # a pause, for the gate
    theirs = Meter(48_000, filter_class="DeMan").integrated_loudness(noise.astype(np.float64))
    assert sounds.lufs(noise, 48_000) == theirs
    assert theirs > Meter(48_000, filter_class="DeMan", overlap=0.0).integrated_loudness(noise[48_000:96_000])


@given(st.integers(0, 9_000), RATES)
def test_a_clip_shorter_than_a_block_has_a_loudness_or_is_silent(length: int, rate_hz: int) -> None:
    found = sounds.lufs(_sine(rate_hz, -20)[:length], rate_hz)
    assert found == -math.inf or -60 < found < 0


def test_a_short_clip_is_as_loud_as_a_long_one_of_the_same_level() -> None:
    short, long = (sounds.lufs(_sine(22_050, -20, duration_s=one), 22_050) for one in (0.2, 2))
    assert short == pytest.approx(long, abs=0.3)


@pytest.mark.parametrize("level_dbfs", [-math.inf, -90])
@pytest.mark.parametrize("duration_s", [0, 0.1, 2])
def test_silence_stays_silence_and_is_told(level_dbfs: float, duration_s: float) -> None:
    samples = _sine(16_000, level_dbfs, duration_s=duration_s)
    found = sounds.gain(samples, 16_000)
    assert (found.gain_db, found.note) == (0.0, "silent")
    assert np.array_equal(sounds.equalised(samples, 16_000), samples)


@settings(max_examples=25)
@given(RATES, st.floats(-45, 0), st.floats(60, 1_500), st.floats(0.05, 3))
def test_two_clips_come_out_equally_loud(
    rate_hz: int, level_dbfs: float, hz: float, duration_s: float
) -> None:
    samples = _sine(rate_hz, level_dbfs, hz, duration_s)
    found = sounds.gain(samples, rate_hz)
    after = sounds.equalised(samples, rate_hz)
    if not found.note:
        assert sounds.lufs(after, rate_hz) == pytest.approx(TARGET_LUFS, abs=0.1)
    assert sounds.true_peak_dbfs(after, rate_hz) <= PEAK_DBFS + 0.01
    assert found.gain_db <= MOST_BOOST_DB


def test_a_click_keeps_its_peak_and_a_whisper_its_noise() -> None:
    click = np.zeros(48_000, dtype=np.float32)
    click[24_000] = 0.9
    found = sounds.gain(click, 48_000)
    assert "its peaks allow no more" in found.note
    assert sounds.true_peak_dbfs(sounds.equalised(click, 48_000), 48_000) == pytest.approx(PEAK_DBFS, abs=0.1)
    whisper = sounds.gain(_sine(48_000, -62), 48_000)
    assert whisper.gain_db == MOST_BOOST_DB
    assert whisper.note == "12.0 LU below the others: boosted by 30 dB at most"


def test_a_peak_between_two_samples_counts() -> None:
    # A quarter of the rate, sampled 45 degrees beside its peaks: the samples reach 3 dB less than the curve.
    samples = np.sin(np.pi / 2 * np.arange(4_800) + np.pi / 4).astype(np.float32)
    samples *= np.hanning(4_800).astype(np.float32)
    assert np.abs(samples).max() < 0.71
    assert sounds.true_peak_dbfs(samples, 48_000) == pytest.approx(0, abs=0.1)


def test_a_recording_is_heard_at_equal_loudness(tmp_path: Path) -> None:
    file = tmp_path / "loud.wav"
    soundfile.write(file, _sine(44_100, -6), 44_100)
    heard = sounds.normalised_preview(file)
    assert heard.url is not None and heard.url.startswith("data:audio/mp3;base64,")
    assert heard.lufs == pytest.approx(-9.01, abs=0.05)
    assert heard.gain_db == pytest.approx(-13.99, abs=0.05)
    assert heard.note == ""


def test_a_long_recording_is_cut_and_that_is_told(tmp_path: Path) -> None:
    file = tmp_path / "long.wav"
    soundfile.write(file, _sine(8_000, -20, duration_s=70), 8_000)
    heard = sounds.normalised_preview(file)
    assert heard.note == "only its first 60 s"
    assert heard.url is not None and len(heard.url) < 60 * 12_000


def test_a_recording_that_is_gone_has_no_sound_but_a_reason(tmp_path: Path) -> None:
    heard = sounds.normalised_preview(tmp_path / "gone.wav")
    assert heard.url is None and heard.note
