"""The scrolling log-mel: the same as of the whole recording, with the marks where the voice is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from app.live_picture import LivePicture, Picture
from models.decisions import Decision, State
from models.frontend import LogMel
from models.resampling import Resampler, SoundError
from models.speech import SPEECH

Samples = NDArray[np.float32]


def noise(seconds: float, rate_hz: int = 16_000) -> Samples:
    return np.random.default_rng(3).normal(0, 0.1, round(seconds * rate_hz)).astype(np.float32)


def decision(*voiced: bool) -> Decision:
    return Decision(time_s=0.0, state=State.NO_SPEECH, voiced=voiced)


def drawn(picture: LivePicture, sound: NDArray[Any], rate_hz: int = 16_000, every: int = 8) -> Picture:
    """In frames of 20 ms, with a decision after each 8 chunks; every seventh chunk is voiced."""
    told, chunks, came = Picture(), 0, 0
    for frame in np.split(sound, range(rate_hz // 50, len(sound), rate_hz // 50)):
        picture.feed(frame, rate_hz)
        came += round(len(frame) * 16_000 / rate_hz)
        if came // 512 - 1 >= chunks + every:  # a chunk later: a resampler holds something back
            told = picture.after([decision(*((number % 7 == 0) for number in range(chunks, chunks + every)))])
            chunks += every
    return told


@pytest.mark.parametrize("rate_hz", [16_000, 48_000])
def test_it_is_the_log_mel_of_the_whole_with_a_mark_where_a_chunk_is_voiced(rate_hz: int) -> None:
    sound = noise(3, rate_hz)
    told = drawn(LivePicture(), sound, rate_hz)
    resampler = Resampler(16_000)
    whole = np.concatenate([resampler.feed(sound, rate_hz), resampler.finish()])
    expected = LogMel(SPEECH)(torch.from_numpy(whole)).numpy()
    frames = told.decibels.shape[1]
    assert told.decibels.shape == (80, frames) and told.start_s == 0 and 270 <= frames <= 300
    np.testing.assert_allclose(told.decibels, expected[:, :frames], atol=1e-3)
    assert told.voiced.tolist() == [(160 * number // 512) % 7 == 0 for number in range(frames)]


def test_it_keeps_the_last_seconds_and_nothing_more() -> None:
    sound = noise(6)
    short, long = LivePicture(keep_s=1.0), LivePicture(keep_s=60)
    last, all_of_it = drawn(short, sound), drawn(long, sound)
    assert last.decibels.shape == (80, 100) and last.voiced.shape == (100,) and last.hop_s == 0.01
    frames = all_of_it.decibels.shape[1]
    assert last.start_s == pytest.approx((frames - 100) / 100)
    np.testing.assert_array_equal(last.decibels, all_of_it.decibels[:, -100:])
    np.testing.assert_array_equal(last.voiced, all_of_it.voiced[-100:])
    assert short._decibels.shape[1] < 140 and len(short._voiced) < 40
    assert sum(map(len, short._samples)) < 2 * 8 * 512  # what came since it was last drawn
    assert last.decibels.base is None  # a view would keep the longer array alive


def test_a_picture_once_drawn_does_not_change() -> None:
    picture = LivePicture(keep_s=1.0)
    told = drawn(picture, noise(2))
    before = told.decibels.copy()
    drawn(picture, noise(2))
    np.testing.assert_array_equal(told.decibels, before)
    for array in (told.decibels, told.voiced):
        with pytest.raises(ValueError, match="read-only"):
            array[..., 0] = 0


def test_a_frame_that_is_no_sound_leaves_it_as_it_was() -> None:
    with_garbage, without = LivePicture(), LivePicture()
    for picture in (with_garbage, without):
        picture.feed(noise(0.5), 16_000)
        if picture is with_garbage:
            with pytest.raises(SoundError):
                picture.feed(np.zeros((2, 2, 2), np.float32), 16_000)
        picture.feed(noise(0.5), 16_000)
    told, expected = (one.after([decision(*[True] * 30)]) for one in (with_garbage, without))
    np.testing.assert_array_equal(told.decibels, expected.decibels)


def test_before_any_decision_there_is_nothing_to_see() -> None:
    assert Picture().decibels.shape == (80, 0) and Picture().voiced.shape == (0,)
