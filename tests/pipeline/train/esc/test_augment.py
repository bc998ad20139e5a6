"""Each step of the augmentation does what it says and no more."""

from __future__ import annotations

import pytest
import torch
from torch import Generator

from pipeline.train.esc import augment
from pipeline.train.esc.augment import SILENCE, crop, even_crops, random_crops


def drawn(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def test_mixing_keeps_the_mass_of_labels_and_the_power_of_equal_sounds(power) -> None:
    sound = power(64, 8, 20)
    sound /= sound.mean((1, 2), keepdim=True)
    targets = torch.eye(4)[torch.arange(64) % 4]
    mixed, labels = augment.mixed(sound, targets, 1.0, drawn())
    torch.testing.assert_close(labels.sum(1), torch.ones(64))
    assert (labels >= 0).all() and (labels.max(1).values < 0.999).any()
    torch.testing.assert_close(mixed.mean((1, 2)), torch.ones(64), rtol=1e-4, atol=1e-4)


def test_mixing_turns_the_louder_down_so_that_the_ratio_is_of_loudness() -> None:
    """Two sounds in bands of their own: whatever their levels were, the label's ratio is that of amplitudes."""
    sound = torch.zeros(2, 2, 10)
    sound[0, 0], sound[1, 1] = 1e4, 1.0
    seed = next(seed for seed in range(9) if torch.randperm(2, generator=drawn(seed))[0] == 1)
    mixed, labels = augment.mixed(sound, torch.eye(2), 1.0, drawn(seed))
    assert 0.02 < labels[0, 0] < 0.98 and not torch.equal(labels, torch.eye(2))
    amplitude = mixed[:, :, 0].sqrt()
    torch.testing.assert_close(amplitude / amplitude.sum(1, keepdim=True), labels, rtol=1e-3, atol=1e-3)


def test_without_a_share_nothing_is_mixed(power) -> None:
    sound, targets = power(5, 8, 20), torch.eye(5)
    mixed, labels = augment.mixed(sound, targets, 0.0, drawn())
    torch.testing.assert_close(mixed, sound, rtol=1e-4, atol=0)
    torch.testing.assert_close(labels, targets, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("masks", "bands", "frames"), [(1, 4, 7), (2, 3, 5), (3, 0, 6)])
def test_no_more_is_masked_than_set(masks: int, bands: int, frames: int) -> None:
    values = torch.ones(200, 16, 40)
    gone = augment.masked(values, masks, bands, frames, drawn()) == 0
    whole_bands, whole_frames = gone.all(2).sum(1), gone.all(1).sum(1)
    assert whole_bands.max() <= masks * bands and whole_frames.max() <= masks * frames
    assert whole_frames.max() > frames / 2 and (bands == 0 or whole_bands.max() > bands / 2)
    # Nothing but whole stripes: what is masked is masked along an entire axis.
    assert torch.equal(gone, gone.all(2)[:, :, None] | gone.all(1)[:, None, :])


def test_a_mask_wider_than_the_sound_is_cut_to_it() -> None:
    assert augment.masked(torch.ones(50, 4, 6), 1, 100, 100, drawn()).shape == (50, 4, 6)


def test_gain_and_equaliser_stay_within_their_decibels(power) -> None:
    sound = power(100, 12, 3)
    both_db = 10 * torch.log10(augment.equalised(sound, 6.0, 3.0, 4, drawn()) / sound)
    assert both_db.abs().max() <= 9.001 and both_db.abs().max() > 6
    torch.testing.assert_close(both_db, both_db[:, :, :1].expand_as(both_db), rtol=1e-3, atol=1e-3)
    gain_db = 10 * torch.log10(augment.equalised(sound, 6.0, 0.0, 4, drawn()) / sound)
    torch.testing.assert_close(gain_db, gain_db[:, :1].expand_as(gain_db), rtol=1e-3, atol=1e-3)


def test_warping_nothing_changes_nothing_and_a_shift_moves_the_bands(power) -> None:
    sound = power(3, 16, 20)
    torch.testing.assert_close(augment.warped(sound, 0.0, 0.0, drawn()), sound, rtol=1e-4, atol=1e-5)
    line = torch.zeros(200, 16, 8)
    line[:, 8] = 1.0
    place = (augment.warped(line, 0.0, 2.0, drawn()) * torch.arange(16)[:, None]).sum(1).mean(1)
    assert 6 <= place.min() < 7 and 9 < place.max() <= 10


def test_noise_is_as_loud_as_set(power) -> None:
    sound = torch.ones(300, 8, 50)
    more = augment.noisy(sound, 1.0, drawn()).mean((1, 2)) - 1
    assert more.min() > 0.5e-4 and more.max() < 0.2
    assert torch.equal(augment.noisy(sound, 0.0, drawn()), sound)


def test_a_seed_gives_the_same_again(power) -> None:
    sound = power(4, 8, 20)
    for step in (
        lambda seed: augment.warped(sound, 0.2, 2.0, drawn(seed)),
        lambda seed: augment.noisy(sound, 1.0, drawn(seed)),
        lambda seed: augment.equalised(sound, 6.0, 6.0, 4, drawn(seed)),
    ):
        assert torch.equal(step(1), step(1)) and not torch.equal(step(1), step(2))


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
