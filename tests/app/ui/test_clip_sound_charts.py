"""One clip as pictures: no peak is lost, and a tone lies where the axis says it does."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.ui import clip

# What Streamlit replaces by colours of its theme, wherever it stands in a figure.
PLACEHOLDERS = {f"#0000{number:02d}" for number in range(1, 21)}
RATES_HZ = [8_000, 16_000, 22_050, 44_100, 48_000]


def _tone(hz: float, rate_hz: int, duration_s: float = 1.0) -> NDArray[np.float32]:
    time_s = np.arange(int(duration_s * rate_hz)) / rate_hz
    return (0.5 * np.sin(2 * np.pi * hz * time_s)).astype(np.float32)


@given(st.integers(1, 200_000), st.floats(0, 1, exclude_max=True), st.sampled_from([-1.0, 1.0]))
def test_a_waveform_keeps_every_peak(length: int, where: float, peak: float) -> None:
    rate_hz, at = 16_000, int(where * length)
    samples = np.zeros(length, dtype=np.float32)
    samples[at] = peak
    table = clip.waveform_table(samples, rate_hz)
    assert len(table) <= clip.COLUMNS
    found = table[(table["lowest"] == peak) | (table["highest"] == peak)]
    assert len(found) == 1
    stretch_s = -(-length // len(table)) / rate_hz
    assert found["time_s"].iloc[0] == pytest.approx(at / rate_hz, abs=stretch_s + 1e-4)


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=3_000))
def test_a_waveform_spans_its_samples(values: list[float]) -> None:
    samples = np.array(values, dtype=np.float32)
    table = clip.waveform_table(samples, 8_000)
    assert (table["lowest"].min(), table["highest"].max()) == (samples.min(), samples.max())
    assert (table["lowest"] <= table["highest"]).all()
    assert table["time_s"].is_monotonic_increasing


def test_a_quiet_recording_fills_the_picture() -> None:
    figure = clip.waveform(_tone(440, 16_000) / 1_000, 16_000)
    low, high = figure.layout.yaxis.range
    assert -low == high == pytest.approx(0.0005, rel=0.1)
    assert figure.layout.xaxis.title.text == "time (s)"


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("hz", [300, 1_000, 3_000])
def test_a_tone_lies_where_the_axis_says(rate_hz: int, hz: int) -> None:
    figure = clip.log_mel(_tone(hz, rate_hz), rate_hz)
    heat, axis = figure.data[0], figure.layout.yaxis
    assert axis.title.text == "frequency (Hz)"
    loudest = int(np.asarray(heat.z).mean(axis=1).argmax())
    centres_hz = heat.customdata[:, 0].astype(float)
    width_hz = np.gradient(centres_hz)[loudest]
    assert centres_hz[loudest] == pytest.approx(hz, abs=width_hz)
    # The ticks are what a person reads: those of lower tones lie below the row, the others above.
    for place, text in zip(axis.tickvals, axis.ticktext, strict=True):
        tick_hz = float(text.replace(",", ""))
        assert tick_hz == hz or (place < loudest + 1 if tick_hz < hz else place > loudest - 1)


def test_one_kilohertz_lies_on_its_own_tick() -> None:
    figure = clip.log_mel(_tone(1_000, 44_100), 44_100)
    axis = figure.layout.yaxis
    loudest = int(np.asarray(figure.data[0].z).mean(axis=1).argmax())
    assert loudest == pytest.approx(axis.tickvals[axis.ticktext.index("1,000")], abs=1)


@pytest.mark.parametrize("duration_s", [0.2, 5.0, 60.0])
def test_time_runs_from_the_beginning_to_the_end(duration_s: float) -> None:
    heat = clip.log_mel(_tone(440, 16_000, duration_s), 16_000).data[0]
    assert heat.x[0] == 0
    assert heat.x[-1] == pytest.approx(duration_s, abs=0.06)
    # However long the clip, no more than a screen can show.
    assert len(heat.x) <= clip.MOST_FRAMES + 2


@pytest.mark.parametrize("rate_hz", [4_000, *RATES_HZ, 192_000])
def test_no_band_is_empty_at_any_rate(rate_hz: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # librosa warns of bands that fall between two bins
        clip.log_mel(_tone(500, rate_hz, 0.3), rate_hz)


def test_decibels_are_below_the_loudest() -> None:
    noise = np.random.default_rng(3).normal(scale=0.1, size=16_000).astype(np.float32)
    level_db = np.asarray(clip.log_mel(noise, 16_000).data[0].z)
    assert level_db.max() == 0
    assert level_db.min() >= -clip.RANGE_DB


def test_the_table_names_its_bands_and_frames() -> None:
    figure = clip.log_mel(_tone(1_000, 16_000), 16_000)
    table = clip.log_mel_table(figure)
    assert table.shape == (clip.N_MELS, len(figure.data[0].x) + 1)
    assert table["band_hz"].is_monotonic_increasing
    assert table.columns[1] == "0.000 s"


def test_no_colour_is_one_that_streamlit_replaces() -> None:
    figures = [
        clip.waveform(_tone(440, 8_000), 8_000),
        clip.log_mel(_tone(440, 8_000), 8_000),
    ]
    for figure in figures:
        colours = set(re.findall(r"#[0-9a-f]{6}", str(figure.data).lower()))
        assert not colours & PLACEHOLDERS
    assert len(clip.MAGMA) == len(set(clip.MAGMA)) >= 10
