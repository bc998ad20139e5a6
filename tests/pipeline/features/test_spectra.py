"""The shared transform, the statistics and the deltas, each against its reference."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.features.contrast import EDGES_HZ, bands
from pipeline.features.mfcc import delta
from pipeline.features.spectra import SAMPLE_RATE_HZ, Spectra, power_to_db
from pipeline.features.view import STATISTICS, View, statistic_columns, statistic_units, summarise

rng = np.random.default_rng(3)


@given(length=st.integers(2_048, 20_000))
def test_power_is_that_of_librosa(length: int) -> None:
    samples = np.random.default_rng(length).normal(size=length).astype(np.float32)
    expected = np.abs(librosa.stft(samples, pad_mode="constant")) ** 2
    np.testing.assert_allclose(Spectra(samples).power, expected, rtol=1e-5, atol=1e-12)


def test_a_tone_is_where_it_belongs() -> None:
    tone = np.sin(2 * np.pi * 1_000 * np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ).astype(np.float32)
    power = Spectra(tone).power_by_frame
    assert power.dtype == np.float32 and power.shape == (44, 1025)
    assert np.argmax(power[20]) * SAMPLE_RATE_HZ / 2048 == pytest.approx(1_000, abs=6)


def test_mel_is_that_of_librosa() -> None:
    samples = rng.normal(size=9_000).astype(np.float32)
    expected = librosa.power_to_db(librosa.feature.melspectrogram(y=samples, sr=SAMPLE_RATE_HZ))
    np.testing.assert_allclose(Spectra(samples).mel_db, expected, atol=1e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_decibels_are_those_of_librosa(dtype: type) -> None:
    power = (10 ** rng.uniform(-14, 3, size=(20, 30))).astype(dtype)
    np.testing.assert_allclose(power_to_db(power), librosa.power_to_db(power), atol=1e-4)
    np.testing.assert_allclose(power_to_db(np.zeros((2, 3))), -100)


@given(frames=st.integers(9, 60), order=st.sampled_from([1, 2]))
def test_delta_is_that_of_librosa(frames: int, order: int) -> None:
    series = np.random.default_rng(frames).normal(size=(4, frames)).astype(np.float32)
    np.testing.assert_allclose(delta(series, order), librosa.feature.delta(series, order=order), atol=1e-6)


def test_delta_of_a_ramp_and_of_a_parabola() -> None:
    frames = np.arange(30, dtype=np.float32)[np.newaxis]
    np.testing.assert_allclose(delta(3 * frames, 1), 3, rtol=1e-5)
    np.testing.assert_allclose(delta(frames**2, 2), 2, rtol=1e-3)


@given(frames=st.integers(1, 300))
def test_statistics_are_those_of_numpy(frames: int) -> None:
    series = 100 + np.random.default_rng(frames).normal(size=(3, frames)).astype(np.float32)
    found = summarise(series).reshape(3, len(STATISTICS))
    np.testing.assert_allclose(found[:, 0], series.mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(found[:, 1], series.std(axis=1), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found[:, 2:].T, np.percentile(series, [10, 50, 90], axis=1), rtol=1e-6)


def test_columns_follow_the_statistics() -> None:
    assert statistic_columns(["a", "b"])[:6] == ("a_mean", "a_std", "a_p10", "a_p50", "a_p90", "b_mean")
    assert statistic_units(["Hz", "dB"]) == ("Hz",) * 5 + ("dB",) * 5


def test_contrast_bands_cover_every_bin_but_the_dropped_ones() -> None:
    assert EDGES_HZ == (0, 200, 400, 800, 1_600, 3_200, 6_400, 11_025)
    assert bands()[0].start == 0 and bands()[-1].stop == 1_025
    assert all(
        left.stop in (right.start, right.start + 1) for left, right in zip(bands(), bands()[1:], strict=False)
    )


def test_the_key_of_a_view_follows_what_is_computed() -> None:
    def view(**changes: object) -> View:
        described = {
            "name": "a",
            "version": 1,
            "title": "A",
            "columns": ("x", "y"),
            "units": ("1", "1"),
            "parameters": {"n": 1},
            "source": "",
            "compute": lambda _: np.zeros(2, dtype=np.float32),
        }
        return View(**(described | changes))  # type: ignore[arg-type]

    same = [view(), view(title="B"), view(notes="n"), view(units=("Hz", "1")), view(source="s")]
    assert len({one.key for one in same}) == 1
    changed = [view(name="b"), view(version=2), view(columns=("x", "z")), view(parameters={"n": 2})]
    assert len({one.key for one in [*same, *changed]}) == 5
