"""Recordings as mel power: without their padding, at the front end's rate, and only as the store knew them."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
import torch

from models.frontend import LogMel
from pipeline.train.esc import problem
from pipeline.train.layout import TrainError


def test_padding_goes_and_pauses_stay() -> None:
    sound = np.array([0, 0, 0.5, 0, 0, -0.5, 1e-6, 0], dtype=np.float32)
    assert problem.trimmed(sound).tolist() == [0.5, 0, 0, -0.5]
    assert len(problem.trimmed(np.zeros(5, dtype=np.float32))) == 5


def test_another_rate_is_resampled(recipe) -> None:
    frontend = LogMel(recipe.frontend)
    time_s = np.arange(44_100) / 44_100
    tone = np.sin(2 * np.pi * 1_000 * time_s).astype(np.float32)
    there = np.sin(2 * np.pi * 1_000 * np.arange(16_000) / 16_000).astype(np.float32)
    ours, expected = problem.mel_power(tone, 44_100, frontend), frontend.power(torch.from_numpy(there))
    assert ours.shape == expected.shape
    band = int(expected.mean(1).argmax())
    torch.testing.assert_close(ours[band, 5:-5], expected[band, 5:-5], rtol=0.01, atol=0)


def test_clips_come_in_order_and_are_counted(tones, recipe) -> None:
    told: list[tuple[int, int]] = []
    rows = tones.clips.iloc[[2, 0]]
    powers = problem.read_mel_powers(
        rows, tones.root, LogMel(recipe.frontend), lambda *count: told.append(count)
    )
    assert told == [(1, 2), (2, 2)]
    # Clip 0 is high, clip 2 of the middle: their loudest bands are in this order.
    assert powers[0].mean(1).argmax() < powers[1].mean(1).argmax()
    for row, power in zip(rows.itertuples(), powers, strict=True):
        samples, _ = soundfile.read(tones.root / row.relative_path)
        loud = np.flatnonzero(np.abs(samples) > 2**-15)
        assert power.shape == (16, recipe.frontend.frames(loud[-1] - loud[0] + 1))


def test_a_recording_that_is_gone_or_another_is_refused(tones, recipe, tmp_path) -> None:
    frontend, row = LogMel(recipe.frontend), tones.clips.iloc[:1]
    with pytest.raises(TrainError, match=r"00\.wav cannot be opened. The file is not there any more"):
        problem.read_mel_powers(row, tmp_path, frontend)
    (tmp_path / "00.wav").write_bytes((tones.root / "01.wav").read_bytes())
    with pytest.raises(TrainError, match=r"00\.wav has changed since the store was built"):
        problem.read_mel_powers(row, tmp_path, frontend)
    (tmp_path / "00.wav").write_bytes(b"no sound at all")
    with pytest.raises(TrainError, match=r"00\.wav cannot be opened"):
        problem.read_mel_powers(row, tmp_path, frontend)
