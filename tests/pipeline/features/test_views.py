"""Every view against librosa, called from the samples with the same parameters."""

from __future__ import annotations

from collections.abc import Callable

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.audio.decode import resample
from pipeline.features import VIEWS
from pipeline.features.pitch import FMAX_HZ, FMIN_HZ
from pipeline.features.spectra import SAMPLE_RATE_HZ, Spectra

SR = 22_050
FLOORS = {"dB": 1e-3, "Hz": 1e-2, "semitones": 1e-4, "1": 1e-5}
"""Differences below these are no differences; MFCC, in hundreds, are given 1e-3."""

rng = np.random.default_rng(20)


def _seconds(duration_s: float) -> NDArray[np.float64]:
    return np.arange(int(duration_s * SR)) / SR


def _tone(frequency_hz: float, duration_s: float = 1.0) -> NDArray[np.float64]:
    return 0.5 * np.sin(2 * np.pi * frequency_hz * _seconds(duration_s))


def _voice(duration_s: float = 1.5) -> NDArray[np.float64]:
    """Harmonics of a gliding F0, breath noise and clicks, at 16 bits: much of what recordings hold."""
    time_s = _seconds(duration_s)
    phase = 2 * np.pi * (120 * time_s + 20 * time_s**2)
    voice = sum(np.sin(k * phase) / k for k in range(1, 20)) * 0.1 * (1 + np.sin(2 * np.pi * 3 * time_s))
    voice += 0.003 * rng.normal(size=len(time_s))
    voice[::9000] += 0.3
    return np.rint(np.clip(voice, -1, 1) * 32_767) / 32_768


SIGNALS: dict[str, NDArray[np.float64]] = {
    "tone": _tone(440),
    "high tone": _tone(9_000),
    "noise": 0.1 * rng.normal(size=SR),
    "faint noise": 1e-4 * rng.normal(size=SR),
    "chirp": librosa.chirp(fmin=60, fmax=10_000, sr=SR, duration=1.5),
    "click": np.eye(1, SR, 3_000)[0],
    "tone in silence": np.concatenate([np.zeros(8_000), _tone(300, 0.4), np.zeros(20_000)]),
    "offset": 0.2 + 0.1 * rng.normal(size=SR),
    "clipped": np.clip(3 * _tone(200), -1, 1),
    "voice": _voice(),
    "voice of 16 kHz": resample(_voice().astype(np.float32), 16_000, SR),
    "shortest": _voice(0.2),
}


def _statistics(series: NDArray) -> NDArray:
    parts = [series.mean(axis=1), series.std(axis=1), *np.percentile(series, [10, 50, 90], axis=1)]
    return np.stack(parts, axis=1).ravel()


def _mfcc(y: NDArray) -> NDArray:
    mfcc = librosa.feature.mfcc(y=y, sr=SR, n_mfcc=20)
    deltas = [librosa.feature.delta(mfcc, order=order) for order in (1, 2)]
    return _statistics(np.concatenate([mfcc, *deltas]))


def _spectral(y: NDArray) -> NDArray:
    feature = librosa.feature
    series = [
        feature.spectral_centroid(y=y, sr=SR),
        feature.spectral_bandwidth(y=y, sr=SR),
        feature.spectral_rolloff(y=y, sr=SR),
        feature.spectral_flatness(y=y),
        librosa.onset.onset_strength(y=y, sr=SR)[np.newaxis],
    ]
    return _statistics(np.concatenate(series))


def _mel(y: NDArray) -> NDArray:
    levels = librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=SR, n_mels=64))
    return np.stack([levels.mean(axis=1), levels.std(axis=1)], axis=1).ravel()


def _dynamics(y: NDArray) -> NDArray:
    def to_db(amplitude: NDArray) -> NDArray:
        return librosa.amplitude_to_db(np.asarray(amplitude), ref=1.0, top_db=None)

    rms = to_db(librosa.feature.rms(y=y))
    peak = to_db(np.abs(librosa.util.frame(np.pad(y, 1024), frame_length=2048, hop_length=512)).max(axis=0))
    series = np.concatenate([rms, peak[np.newaxis], librosa.feature.zero_crossing_rate(y)])
    crest = to_db(np.abs(y).max()) - to_db(np.sqrt(np.mean(y.astype(np.float64) ** 2)))
    return np.append(_statistics(series), [np.mean(rms < -60), crest])


def _pitch(y: NDArray) -> NDArray:
    f0, voiced, _ = librosa.pyin(y, fmin=FMIN_HZ, fmax=FMAX_HZ, sr=SR, hop_length=1024, resolution=0.25)
    f0 = f0[voiced]
    if not len(f0):
        return np.array([np.nan] * 4 + [0.0])
    return np.array([*np.percentile(f0, [50, 10, 90]), np.std(12 * np.log2(f0)), voiced.mean()])


REFERENCE: dict[str, Callable[[NDArray], NDArray]] = {
    "mfcc": _mfcc,
    "chroma": lambda y: _statistics(librosa.feature.chroma_stft(y=y, sr=SR, tuning=0.0)),
    "contrast": lambda y: _statistics(librosa.feature.spectral_contrast(y=y, sr=SR)),
    "spectral": _spectral,
    "mel": _mel,
    "dynamics": _dynamics,
    "pitch": _pitch,
}


def _assert_equal(name: str, y: NDArray[np.float32]) -> None:
    view = VIEWS[name]
    ours, theirs = view.compute(Spectra(y)), REFERENCE[name](y)
    floors = np.array([1e-3 if name == "mfcc" else FLOORS[unit] for unit in view.units])
    excess = np.abs(ours - theirs) - 1e-4 * np.abs(theirs) - floors
    wrong = [
        f"{view.columns[i]}: {ours[i]} for {theirs[i]}"
        for i in np.flatnonzero((excess > 0) | (np.isnan(ours) != np.isnan(theirs)))
    ]
    assert not wrong, wrong


def test_every_view_has_its_reference() -> None:
    assert set(REFERENCE) == set(VIEWS)
    assert SAMPLE_RATE_HZ == SR


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("name", VIEWS)
def test_equals_librosa(name: str, signal: str) -> None:
    _assert_equal(name, SIGNALS[signal].astype(np.float32))


@settings(max_examples=15, deadline=None)
@given(length=st.integers(4_410, 30_000), seed=st.integers(0, 99))
@pytest.mark.parametrize("name", [name for name in VIEWS if name != "pitch"])
def test_equals_librosa_at_every_length(name: str, length: int, seed: int) -> None:
    _assert_equal(name, (0.1 * np.random.default_rng(seed).normal(size=length)).astype(np.float32))


@pytest.mark.parametrize("name", VIEWS)
def test_contract(name: str) -> None:
    view = VIEWS[name]
    assert view.name == name
    assert len(view.columns) == len(set(view.columns)) == len(view.units)
    assert all(column.isidentifier() and column == column.lower() for column in view.columns)
    assert view.title and view.source
    assert set(view.units) <= set(FLOORS)
    assert view.may_be_nan <= set(view.columns)
    for samples in (SIGNALS["voice"], SIGNALS["tone in silence"], SIGNALS["shortest"]):
        vector = view.compute(Spectra(samples.astype(np.float32)))
        assert vector.dtype == np.float32 and vector.shape == (len(view.columns),)
        optional = [column in view.may_be_nan for column in view.columns]
        assert np.isfinite(vector[~np.array(optional)]).all()
        np.testing.assert_array_equal(vector, view.compute(Spectra(samples.astype(np.float32))))
