"""The scrolling log-mel: the same as of the whole recording, with the marks where the voice is."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from app.live.spectrogram import LivePicture, Picture
from models.decisions import Decision, State
from models.frontend import LogMel
from models.speech import SPEECH

Samples = NDArray[np.float32]


def noise(seconds: float) -> Samples:
    return np.random.default_rng(3).normal(0, 0.1, round(seconds * 16_000)).astype(np.float32)


def decision(sound: Samples, *voiced: bool) -> Decision:
    return Decision(time_s=0.0, state=State.NO_SPEECH, voiced=voiced, sound=sound)


def drawn(picture: LivePicture, sound: Samples, every: int = 8) -> Picture:
    """A decision after each 8 chunks; every seventh chunk is voiced."""
    told = Picture()
    for first in range(0, len(sound) // 512 - every + 1, every):
        marks = [number % 7 == 0 for number in range(first, first + every)]
        told = picture.after([decision(sound[512 * first : 512 * (first + every)], *marks)])
    return told


@pytest.mark.parametrize("every", [1, 8])
def test_it_is_the_log_mel_of_the_whole_with_a_mark_where_a_chunk_is_voiced(every: int) -> None:
    sound = noise(3)
    told = drawn(LivePicture(), sound, every)
    expected = LogMel(SPEECH)(torch.from_numpy(sound)).numpy()
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


def test_decisions_told_together_give_the_picture_of_those_told_one_by_one() -> None:
    one_by_one, together = LivePicture(), LivePicture()
    decisions = [decision(noise(0.256), *[True] * 8), decision(noise(0.512), *[False] * 16)]
    for one in decisions:
        told = one_by_one.after([one])
    expected = together.after(decisions)
    np.testing.assert_array_equal(told.decibels, expected.decibels)
    np.testing.assert_array_equal(told.voiced, expected.voiced)


def test_before_any_decision_there_is_nothing_to_see() -> None:
    assert Picture().decibels.shape == (80, 0) and Picture().voiced.shape == (0,)
