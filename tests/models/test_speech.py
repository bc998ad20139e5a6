"""The front end for voices: its frames, and what it takes away."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from models.speech import RANGE_DB, SPEECH, UNIT_DB, SpeechFeatures


def noise(*shape: int, seed: int = 0) -> Tensor:
    return 0.1 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def features() -> SpeechFeatures:
    torch.set_num_threads(1)
    return SpeechFeatures()


def test_25_ms_every_10_ms_in_80_bands(features: SpeechFeatures) -> None:
    assert SPEECH.win_length / SPEECH.sample_rate_hz == 0.025 and SPEECH.hop_s == 0.01
    assert features(noise(2, 16_000)).shape == (2, 80, 101)
    assert features.frames(torch.tensor([16_000, 0, 159, 160])).tolist() == [101, 1, 1, 2]


def test_the_level_is_taken_away_and_the_colour_of_a_voice_stays(features: SpeechFeatures) -> None:
    samples = noise(1, 8_000) * torch.linspace(0.2, 1, 8_000)
    assert torch.allclose(features(samples), features(0.01 * samples), atol=1e-3)
    assert abs(float(features(samples).mean())) < 1e-5
    power = features.frontend.power(samples)
    tilt_db = torch.linspace(-10, 10, 80)[:, None]
    tilted = features.centred(power * 10 ** (tilt_db / 10))
    assert torch.allclose(tilted, features.centred(power) + tilt_db / 10, atol=1e-4)


def test_what_fills_a_batch_is_not_felt(features: SpeechFeatures) -> None:
    clips = [noise(length, seed=length) for length in (16_000, 7_003, 400)]
    batch = torch.zeros(3, 20_000)
    for row, clip in enumerate(clips):
        batch[row, : len(clip)] = clip
    together = features(batch, torch.tensor([16_000, 7_003, 400]))
    for row, clip in enumerate(clips):
        alone = features(clip[None])[0]
        assert torch.allclose(together[row, :, : alone.shape[1]], alone, atol=1e-4)
        assert not together[row, :, alone.shape[1] :].any()


def test_digital_silence_is_no_deeper_than_the_range(features: SpeechFeatures) -> None:
    samples = torch.cat([noise(8_000), torch.zeros(8_000)])[None]
    told = features(samples)
    assert float((told.amax((1, 2)) - told.amin((1, 2))).max()) <= 2 * RANGE_DB / UNIT_DB
    assert not features(torch.zeros(1, 4_000)).any()


def test_a_stream_gives_the_frames_of_the_file(features: SpeechFeatures) -> None:
    file, hop = noise(1, 16_000), SPEECH.hop_length
    whole = features.frontend.power(file)
    for start in (0, 20 * hop, 57 * hop):  # windows as they come in while somebody speaks
        window = features.frontend.power(file[:, start : start + 40 * hop])
        inner = slice(2, -2)  # beyond a window's own ends there is nothing
        assert torch.allclose(
            window[:, :, inner], whole[:, :, start // hop :][:, :, :41][:, :, inner], rtol=1e-4
        )
