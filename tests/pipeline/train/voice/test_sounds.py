"""Voices and noises in memory: cut out of their silence, and stretches of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from pipeline.train.layout import TrainError
from pipeline.train.voice.sounds import (
    NOISE_FOLDS,
    RATE_HZ,
    Noises,
    as_int16,
    read_noises,
    read_voices,
    stretch,
    through_opus,
    trim_to_speech,
)


def noise(samples: int, level: float = 0.1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, level, samples).astype(np.float32)


def test_only_what_is_spoken_is_kept_and_a_margin() -> None:
    quiet = noise(RATE_HZ, 0.0001)
    samples = np.concatenate([quiet, noise(RATE_HZ, seed=1), 0.3 * noise(RATE_HZ, seed=2), quiet])
    assert len(trim_to_speech(samples)) == pytest.approx(2 * RATE_HZ + 0.5 * RATE_HZ, abs=900)
    assert np.array_equal(trim_to_speech(noise(8_000)), noise(8_000))
    assert len(trim_to_speech(noise(300))) == 300


def test_sixteen_bits_keep_a_voice() -> None:
    samples = noise(1_000)
    assert as_int16(samples).dtype == torch.int16
    np.testing.assert_allclose(stretch(as_int16(samples), 1_000, torch.Generator()), samples, atol=2e-5)
    assert as_int16(np.array([2.0, -2.0], dtype=np.float32)).tolist() == [32_767, -32_767]


def test_a_stretch_lies_anywhere_and_a_short_clip_is_repeated() -> None:
    clip, generator = torch.arange(100, dtype=torch.int16), torch.Generator().manual_seed(0)
    starts = set()
    for _ in range(300):
        cut = (stretch(clip, 60, generator) * 32_767).round()
        starts.add(int(cut[0]))
        assert torch.equal(cut, torch.arange(cut[0], cut[0] + 60))
    assert min(starts) == 0 and max(starts) == 40 and len(starts) == 41
    long = (stretch(clip, 250, generator) * 32_767).round()
    assert len(long) == 250 and torch.equal(long % 100, (torch.arange(250) + long[0]) % 100)


def test_noises_are_drawn_by_the_generator() -> None:
    noises = Noises([as_int16(noise(500, seed=number)) for number in range(5)])
    first, again = (noises.crops(4, 300, torch.Generator().manual_seed(3)) for _ in range(2))
    assert first.shape == (4, 300) and torch.equal(first, again)
    assert not Noises([]).crops(2, 10, torch.Generator()).any()


def test_recordings_are_read_by_part_at_16_khz(tmp_path: Path) -> None:
    rows = []
    for fold in range(1, 6):
        path = tmp_path / f"{fold}.wav"
        soundfile.write(path, noise(8_000 + 800 * fold, seed=fold), 8_000)
        rows.append((str(path), fold))
    sounds = pd.DataFrame(rows, columns=["path", "fold"])
    lengths = {part: [len(one) for one in read_noises(sounds, part).clips] for part in NOISE_FOLDS}
    # Twice as many samples as at 8 kHz; digital silence at the ends, of which there is none, would be gone.
    assert {part: [round((n - 16_000) / 1_600) for n in found] for part, found in lengths.items()} == {
        "train": [1, 2, 3], "validation": [4], "test": [5],
    }  # fmt: skip
    told: list[tuple[int, int]] = []
    assert len(read_voices(sounds, lambda done, total: told.append((done, total)))) == 5
    assert told[-1] == (5, 5)
    (tmp_path / "3.wav").write_bytes(b"no sound")
    with pytest.raises(TrainError, match=r"3\.wav cannot be opened"):
        read_voices(sounds)
    (tmp_path / "3.wav").unlink()
    with pytest.raises(TrainError, match="not there any more"):
        read_voices(sounds)


def test_a_voice_through_opus_is_as_long() -> None:
    voices = [as_int16(noise(4_000)), as_int16(noise(7_000))]
    coded = through_opus(voices, (16_000, 32_000))
    assert [len(one) for one in coded] == [4_000, 7_000] and coded[0].dtype == torch.int16
    assert not torch.equal(coded[0], voices[0])
