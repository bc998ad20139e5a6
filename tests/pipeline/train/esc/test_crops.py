"""Stretches are of the asked length, lie within long sounds and hold short ones whole."""

from __future__ import annotations

import torch

from pipeline.train.esc.crops import SILENCE, crop, even_crops, random_crops


def counting(length: int) -> torch.Tensor:
    return torch.arange(1, length + 1, dtype=torch.float32).expand(2, length)


def test_a_short_sound_lies_whole_in_silence() -> None:
    cut = crop(counting(3), 2, 7)
    assert cut.shape == (2, 7)
    torch.testing.assert_close(cut[0], torch.tensor([SILENCE, SILENCE, 1, 2, 3, SILENCE, SILENCE]))


def test_random_stretches_stay_within_a_long_sound_and_reach_both_ends() -> None:
    cut = random_crops([counting(10)] * 400, 4, torch.Generator().manual_seed(0))
    assert cut.shape == (400, 2, 4)
    first = cut[:, 0, 0]
    torch.testing.assert_close(cut[:, 0], first[:, None] + torch.arange(4))
    assert first.min() == 1 and first.max() == 7


def test_random_places_of_a_short_sound_reach_both_ends_and_lose_nothing() -> None:
    cut = random_crops([counting(3)] * 100, 5, torch.Generator().manual_seed(0))
    torch.testing.assert_close(cut[:, 0].sum(1), torch.full((100,), 6.0))
    assert set((cut[:, 0] > 0.5).float().argmax(1).tolist()) == {0, 1, 2}


def test_even_stretches_cover_a_sound_from_first_to_last() -> None:
    starts = even_crops(counting(20), 4, 5)[:, 0, 0].tolist()
    assert starts[0] == 1 and starts[-1] == 17 and len(starts) == 5 and starts == sorted(starts)
    assert even_crops(counting(5), 4, 6).shape == (2, 2, 4)
    assert even_crops(counting(4), 4, 6).shape == (1, 2, 4)
    assert even_crops(counting(2), 4, 6).shape == (3, 2, 4)
