"""Frames of any rate and format to one stream."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.audio import Resampler, Ring, SoundError, mono


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (np.array([0, 16_384, -32_768], np.int16), [0, 0.5, -1]),
        (np.array([0, 2**30], np.int32), [0, 0.5]),
        (np.array([128, 192, 0], np.uint8), [0, 0.5, -1]),
        (np.array([0.25, -3.0, 7.0]), [0.25, -1, 1]),
        (np.array([np.nan, np.inf, -np.inf, 0.5], np.float32), [0, 0, 0, 0.5]),
        (np.array([[16_384, 0], [0, -16_384]], np.int16), [0.25, -0.25]),
        (np.zeros((0, 2), np.float32), []),
    ],
)
def test_any_format_becomes_float_mono(frame: NDArray[Any], told: list[float]) -> None:
    out = mono(frame)
    assert out.dtype == np.float32 and out.tolist() == told


@pytest.mark.parametrize(
    ("frame", "rate_hz", "message"),
    [
        (np.zeros((2, 2, 2)), 16_000, "shape"),
        (np.zeros(3, np.complex64), 16_000, "complex64"),
        (np.zeros(3, bool), 16_000, "bool"),
        (np.zeros(3), 0, "0 samples a second"),
        (np.zeros(3), 1_000_000, "4000 to 384000"),
    ],
)
def test_what_is_no_sound_is_refused(frame: NDArray[Any], rate_hz: int, message: str) -> None:
    with pytest.raises(SoundError, match=message):
        Resampler(16_000).feed(frame, rate_hz)


@given(
    rate_hz=st.sampled_from([8_000, 16_000, 22_050, 44_100, 48_000]),
    pieces=st.lists(st.integers(0, 3_000), max_size=25),
)
def test_the_cuts_leave_no_trace(rate_hz: int, pieces: list[int]) -> None:
    sound = np.random.default_rng(sum(pieces)).normal(0, 0.1, sum(pieces)).astype(np.float32)
    resampler, start, ready = Resampler(16_000), 0, []
    for length in pieces:
        ready.append(resampler.feed(sound[start : start + length], rate_hz))
        start += length
    ready.append(resampler.finish())
    expected = soxr.resample(sound, rate_hz, 16_000) if len(sound) else sound
    assert np.array_equal(np.concatenate(ready), expected)


def test_another_rate_loses_nothing_and_goes_on() -> None:
    resampler = Resampler(16_000)
    ready = [
        resampler.feed(np.full(round(rate_hz / 10), 0.5, np.float32), rate_hz)
        for rate_hz in (48_000, 44_100, 16_000, 8_000)
    ]
    out = np.concatenate([*ready, resampler.finish()])
    assert len(out) == 4 * 1_600
    assert out[200:1_400] == pytest.approx(0.5, abs=1e-3)


def test_little_is_held_back() -> None:
    resampler, come = Resampler(16_000), 0
    for number in range(1, 100):
        come += len(resampler.feed(np.zeros(960, np.float32), 48_000))
        assert number * 320 - come <= 0.04 * 16_000


@given(
    capacity=st.integers(1, 40),
    pieces=st.lists(st.integers(0, 100), max_size=20),
    cleared=st.integers(-1, 20),
)
def test_it_holds_the_end_of_what_was_pushed(capacity: int, pieces: list[int], cleared: int) -> None:
    ring, come, kept_from = Ring(capacity), np.zeros(0, np.float32), 0
    for number, length in enumerate(pieces):
        if number == cleared:
            ring.clear()
            kept_from = len(come)
        piece = np.arange(len(come), len(come) + length, dtype=np.float32)
        ring.push(piece)
        come = np.concatenate([come, piece])
        oldest = max(kept_from, len(come) - capacity)
        assert (ring.oldest, ring.written, len(ring)) == (oldest, len(come), len(come) - oldest)
        assert np.array_equal(ring.all(), come[oldest:])


def test_a_window_is_a_copy_and_of_its_numbers() -> None:
    ring = Ring(5)
    ring.push(np.arange(8, dtype=np.float32))
    window = ring.window(4, 7)
    assert window.tolist() == [4, 5, 6]
    window[:] = 0
    ring.push(np.array([8], np.float32))
    assert ring.all().tolist() == [4, 5, 6, 7, 8]


@pytest.mark.parametrize(("start", "stop"), [(2, 6), (6, 9), (6, 5)])
def test_what_is_not_there_is_not_given(start: int, stop: int) -> None:
    ring = Ring(5)
    ring.push(np.arange(8, dtype=np.float32))
    with pytest.raises(IndexError, match="the ring has 3 to 8"):
        ring.window(start, stop)


def test_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        Ring(0)


def test_of_what_is_kept_only_the_newest_stays() -> None:
    ring = Ring(5)
    ring.push(np.arange(8, dtype=np.float32))
    ring.keep(9)
    assert ring.all().tolist() == [3, 4, 5, 6, 7]
    ring.keep(2)
    assert ring.all().tolist() == [6, 7] and ring.oldest == 6
    ring.keep(4)
    assert ring.all().tolist() == [6, 7]  # what is forgotten does not come back
    ring.push(np.arange(8, 10, dtype=np.float32))
    ring.keep(3)
    assert ring.all().tolist() == [7, 8, 9] and ring.written == 10
