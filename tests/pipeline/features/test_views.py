"""Every view against its reference, and a view of one's own: one entry, and nothing else is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.audio.decode import resample
from pipeline.features import VIEWS
from pipeline.features.spectra import SAMPLE_RATE_HZ, Spectra
from pipeline.features.view import TOLERANCE, View
from store.export import export
from store.reader import Reader

SR = SAMPLE_RATE_HZ

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


def _assert_equal(name: str, y: NDArray[np.float32]) -> None:
    view = VIEWS[name]
    if view.reference is None:
        pytest.skip(f"nobody else computes {name}")
    ours, theirs = view.compute(Spectra(y)), view.reference(y)
    floors = np.array([{**TOLERANCE, **view.tolerance}[unit] for unit in view.units])
    excess = np.abs(ours - theirs) - 1e-4 * np.abs(theirs) - floors
    wrong = [
        f"{view.columns[i]}: {ours[i]} for {theirs[i]}"
        for i in np.flatnonzero((excess > 0) | (np.isnan(ours) != np.isnan(theirs)))
    ]
    assert not wrong, wrong


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
    assert set(view.units) <= TOLERANCE.keys() | view.tolerance.keys()
    assert view.may_be_nan <= set(view.columns)
    for samples in (SIGNALS["voice"], SIGNALS["tone in silence"], SIGNALS["shortest"]):
        vector = view.compute(Spectra(samples.astype(np.float32)))
        assert vector.dtype == np.float32 and vector.shape == (len(view.columns),)
        optional = [column in view.may_be_nan for column in view.columns]
        assert np.isfinite(vector[~np.array(optional)]).all()
        np.testing.assert_array_equal(vector, view.compute(Spectra(samples.astype(np.float32))))


def test_a_new_view_is_one_entry(
    builder: Any, esc50: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = View(
        name="loudest",
        version=1,
        title="Loudest sample",
        columns=("peak",),
        units=("1",),
        parameters={},
        source="numpy.max",
        compute=lambda spectra: np.abs(spectra.samples).max(keepdims=True),
    )
    builder(f"esc50={esc50.root}")
    monkeypatch.setitem(VIEWS, "loudest", toy)
    builder.views = (*builder.views, "loudest")
    assert builder().vectors_computed == len(esc50.categories)
    with Reader(builder.store.current().path) as reader:
        assert reader.view("loudest")["title"] == "Loudest sample"
        values = reader.matrix("esc50", "loudest").values
        files = export(reader, tmp_path / "out", "csv", views=["loudest"])
    assert values.shape == (6, 1) and (values > 0.2).all()
    assert any("view=loudest" in str(file) for file in files)
    assert builder().status == "unchanged"

    monkeypatch.delitem(VIEWS, "loudest")
    builder.views = builder.views[:-1]
    builder()
    with Reader(builder.store.current().path) as reader:
        assert "loudest" not in set(reader.views()["view"])
