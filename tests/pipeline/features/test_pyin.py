"""pYIN against librosa's: the same pitch, the same voicing, frame by frame."""

from __future__ import annotations

import subprocess
import sys

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.features import pyin as module
from pipeline.features.pitch import TRACKER
from pipeline.features.pyin import TINY, candidates, most_likely_states, normalised_difference, pyin

SR = TRACKER.sample_rate_hz
TIME_S = np.arange(SR) / SR


def _theirs(samples: NDArray[np.float32]) -> tuple[NDArray, NDArray]:
    f0_hz, voiced, _ = librosa.pyin(
        samples,
        fmin=TRACKER.fmin_hz,
        fmax=TRACKER.fmax_hz,
        sr=SR,
        frame_length=TRACKER.frame_length,
        hop_length=TRACKER.hop_length,
        resolution=TRACKER.resolution_semitones,
    )
    return f0_hz, voiced


def _assert_equal(samples: NDArray[np.floating]) -> None:
    samples = samples.astype(np.float32)
    f0_hz, voiced = pyin(samples, TRACKER)
    expected_hz, expected_voiced = _theirs(samples)
    np.testing.assert_array_equal(voiced, expected_voiced)
    np.testing.assert_allclose(f0_hz, expected_hz, rtol=1e-12)


def _periodic(period: int, length: int, seed: int = 0) -> NDArray[np.float64]:
    cycle = 0.3 * np.random.default_rng(seed).normal(size=period)
    return np.resize(cycle, length)


def _melody(frequencies_hz: list[float]) -> NDArray[np.float64]:
    """A tone that leaps from one frequency to the next every 0.3 s, its phase going on."""
    steps = np.repeat(frequencies_hz, round(0.3 * SR))
    return 0.5 * np.sin(2 * np.pi * np.cumsum(steps) / SR)


SIGNALS: dict[str, NDArray[np.float64]] = {
    "digital silence": np.zeros(SR),
    "one sample": np.array([0.5]),
    "one frame": _periodic(100, 1_023),
    "two frames": _periodic(100, 1_024),
    "tone": 0.5 * np.sin(2 * np.pi * 220 * TIME_S),
    "lowest tone": 0.5 * np.sin(2 * np.pi * TRACKER.fmin_hz * TIME_S),
    "highest tone": 0.5 * np.sin(2 * np.pi * TRACKER.fmax_hz * TIME_S),
    "tone above": 0.5 * np.sin(2 * np.pi * 3_000 * TIME_S),
    "square": np.sign(np.sin(2 * np.pi * 150 * TIME_S)),
    "sawtooth": (130 * TIME_S) % 1 - 0.5,
    "offset": np.full(SR, 0.3),
    "ramp": TIME_S,
    "step": (TIME_S > 0.5) * 0.5,
    "click": np.eye(1, SR, 3_000)[0],
    "noise": 0.1 * np.random.default_rng(1).normal(size=SR),
    "faint noise": 1e-7 * np.random.default_rng(2).normal(size=SR),
    "last bit": np.rint(0.3 * np.random.default_rng(3).normal(size=SR)) / 32_768,
    "leaps of two octaves": _melody([120, 600, 130, 700, 100]),
    "leaps of an octave": _melody([150, 300, 150, 300]),
    "perfect periods": np.concatenate([_periodic(p, 6_000, p) for p in (60, 300, 35, 330, 100)]),
    "tone in silence": np.where((TIME_S > 0.3) & (TIME_S < 0.6), np.sin(2 * np.pi * 300 * TIME_S), 0),
}


@pytest.mark.parametrize("signal", SIGNALS)
def test_equals_librosa(signal: str) -> None:
    _assert_equal(SIGNALS[signal])


@settings(max_examples=40, deadline=None)
@given(
    pieces=st.lists(
        st.tuples(
            st.sampled_from(["silence", "noise", "tone", "periodic", "offset"]),
            st.integers(1, 6_000),
            st.integers(28, 340),
            st.sampled_from([1.0, 0.1, 1e-3, 1e-5]),
        ),
        min_size=1,
        max_size=6,
    ),
    noise=st.sampled_from([0, 0, 1e-6, 1e-3]),
)
def test_equals_librosa_on_any_mixture(pieces: list[tuple[str, int, int, float]], noise: float) -> None:
    rng = np.random.default_rng(len(pieces))
    makes = {
        "silence": lambda length, period: np.zeros(length),
        "noise": lambda length, period: rng.normal(size=length),
        "tone": lambda length, period: np.sin(2 * np.pi * np.arange(length) / period),
        "periodic": lambda length, period: _periodic(period, length, period),
        "offset": lambda length, period: np.ones(length),
    }
    sound = np.concatenate([gain * makes[kind](length, period) for kind, length, period, gain in pieces])
    _assert_equal(sound + noise * rng.normal(size=len(sound)))


def test_a_long_clip_is_computed_piece_by_piece() -> None:
    frames = 2 * module.FRAMES_AT_ONCE + 5
    pieces = [_periodic(p, frames * TRACKER.hop_length // 4, p) for p in (60, 300, 35, 330)]
    _assert_equal(np.concatenate(pieces))


def _random_observation(frames: int, seed: int) -> NDArray[np.float64]:
    """Probabilities as pYIN's: few voiced candidates, and frames that are voiced for certain."""
    rng = np.random.default_rng(seed)
    n_bins = TRACKER.n_bins
    voiced = np.zeros((frames, n_bins))
    for row in voiced:
        count = rng.integers(0, 5)
        row[rng.integers(0, n_bins, count)] = 10.0 ** -rng.integers(0, 12, count)
    total = voiced.sum(axis=1, keepdims=True)
    certain = rng.random((frames, 1)) < rng.choice([0, 0.2, 1])
    voiced = np.where((total > 1) | certain, voiced / np.maximum(total, 1e-300), voiced)
    left = np.maximum(1 - voiced.sum(axis=1, keepdims=True), 0) / n_bins
    return np.concatenate([voiced, np.broadcast_to(left, voiced.shape)], axis=1)


@settings(max_examples=12, deadline=None)
@given(frames=st.integers(1, 40), seed=st.integers(0, 10_000))
def test_the_path_is_that_of_the_whole_table(frames: int, seed: int) -> None:
    probability = _random_observation(frames, seed)
    n_bins = TRACKER.n_bins
    pitch = librosa.sequence.transition_local(n_bins, 2 * TRACKER.reach + 1, window="triangle", wrap=False)
    table = np.kron(librosa.sequence.transition_loop(2, 0.99), pitch)
    start = np.full(2 * n_bins, 1 / (2 * n_bins))
    expected = librosa.sequence.viterbi(probability.T, table, p_init=start)
    np.testing.assert_array_equal(most_likely_states(np.log(probability + TINY), TRACKER), expected)


def test_the_transitions_are_those_of_librosa() -> None:
    pitch = librosa.sequence.transition_local(
        TRACKER.n_bins, 2 * TRACKER.reach + 1, window="triangle", wrap=False
    )
    table = np.kron(librosa.sequence.transition_loop(2, 0.99), pitch)
    np.testing.assert_array_equal(TRACKER.log_transition.T, np.log(table + TINY))


def test_a_period_has_a_difference_of_zero_and_is_the_likeliest() -> None:
    frames = _periodic(100, 4_096).astype(np.float32).reshape(2, 2_048)
    difference = normalised_difference(frames, TRACKER)
    assert difference.shape == (2, TRACKER.max_period - TRACKER.min_period + 1)
    frame, lag, probability = candidates(difference)
    for one in (0, 1):
        likeliest = lag[frame == one][np.argmax(probability[frame == one])]
        assert likeliest + TRACKER.min_period == 100


def test_a_worker_needs_neither_librosa_nor_numba() -> None:
    program = (
        "import sys, numpy as np, pipeline.extraction\n"
        "from pipeline.features import VIEWS\n"
        "from pipeline.features.spectra import Spectra\n"
        "spectra = Spectra(np.random.default_rng(0).normal(size=9_000).astype(np.float32))\n"
        "for view in VIEWS.values(): view.compute(spectra)\n"
        "print(sorted({'librosa', 'numba', 'torch', 'sklearn', 'pandas', 'duckdb'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
