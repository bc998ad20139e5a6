"""Augmentation of voices: what each step promises, measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from models.speech import SPEECH, SpeechFeatures
from pipeline.train.voice import channels
from pipeline.train.voice.augment import (
    PLAIN,
    SpeechAugmentation,
    at_a_speed,
    augmented,
    centres_hz,
    random_factors,
    striped,
    through_a_line,
    vocal_tracts,
    with_noise,
)
from pipeline.train.voice.channels import opus_round_trip

RATE_HZ = 16_000


def drawn(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return 0.1 * torch.randn(*shape, generator=drawn(seed))


def tone(hz: float, seconds: float = 1.0) -> Tensor:
    return 0.5 * torch.sin(2 * np.pi * hz * torch.arange(round(seconds * RATE_HZ)) / RATE_HZ)


def loudest_hz(samples: Tensor) -> float:
    spectrum = torch.fft.rfft(samples * torch.hann_window(len(samples))).abs()
    return float(spectrum.argmax()) * RATE_HZ / len(samples)


def level_db(samples: Tensor) -> float:
    return float(10 * torch.log10(samples.square().mean()))


def test_noise_comes_at_its_ratio() -> None:
    voices, wanted = noise(4, 8_000, seed=1), torch.tensor([0.0, 5.0, 10.0, 20.0])
    heard = with_noise(voices, noise(4, 8_000, seed=2) * 7, wanted)
    for row in range(4):
        reached = level_db(voices[row]) - level_db(heard[row] - voices[row])
        assert reached == pytest.approx(float(wanted[row]), abs=0.1)


def test_silence_has_no_ratio_and_stays_as_it_is() -> None:
    voices = noise(2, 800)
    assert torch.equal(with_noise(voices, torch.zeros(2, 800), torch.tensor([0.0, 5.0])), voices)
    silence = torch.zeros(2, 800)
    assert torch.equal(with_noise(silence, voices, torch.tensor([0.0, 5.0])), silence)


@pytest.mark.parametrize("speed", [0.8, 1.0, 1.1])
def test_a_faster_voice_is_shorter_and_higher(speed: float) -> None:
    changed = at_a_speed(tone(500), (speed,), RATE_HZ, drawn())
    assert len(changed) == pytest.approx(RATE_HZ / speed, abs=2)
    assert loudest_hz(changed) == pytest.approx(500 * speed, abs=2)


def test_all_speeds_are_met_and_torchs_state_stays() -> None:
    before = torch.get_rng_state()
    lengths = {len(at_a_speed(tone(500, 0.1), (0.9, 1.0, 1.1), RATE_HZ, drawn(seed))) for seed in range(12)}
    assert len(lengths) == 3 and torch.equal(before, torch.get_rng_state())


def test_only_the_cpus_state_is_seeded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a GPU torch would keep each call that seeds one, and the stack that it came from."""
    seeded: list[int] = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeded.append)
    at_a_speed(tone(300), (0.9, 1.1), RATE_HZ, drawn())
    striped(noise(2, 40, 50), 1, 8, 8, drawn())
    assert not seeded


@pytest.mark.parametrize(("rt60_s", "ratio_db"), [(0.2, 5.0), (0.5, 0.0), (0.9, 12.0)])
def test_a_room_dies_away_as_set(rt60_s: float, ratio_db: float) -> None:
    responses = channels.room_responses(
        torch.full((20,), rt60_s), torch.full((20,), ratio_db), RATE_HZ, drawn()
    )
    assert torch.allclose(responses.norm(dim=1), torch.ones(20), atol=1e-5)
    direct, tail = responses[:, 0].square(), responses[:, 1:].square()
    assert torch.allclose(10 * torch.log10(direct / tail.sum(1)), torch.tensor(ratio_db), atol=1e-3)
    # Schroeder's backward integral, from -5 to -25 dB, three times as far.
    energy = tail.sum(0).flip(0).cumsum(0).flip(0)
    curve = 10 * torch.log10(energy / energy[0])
    span = int((curve > -25).sum()) - int((curve > -5).sum())
    assert 3 * span / RATE_HZ == pytest.approx(rt60_s, rel=0.1)


@pytest.mark.parametrize(("hz", "passes"), [(100, False), (1_000, True), (3_000, True), (4_500, False)])
def test_a_telephone_lets_its_band_through(hz: float, passes: bool) -> None:
    called = through_a_line(tone(hz)[None], replace(PLAIN, telephone=1.0), RATE_HZ, drawn())[0]
    middle = slice(2_000, -2_000)
    change_db = level_db(called[middle]) - level_db(tone(hz)[middle])
    assert change_db == pytest.approx(0, abs=0.1) if passes else change_db < -45


def test_a_low_pass_cuts_only_highs() -> None:
    how = replace(PLAIN, low_pass=1.0, low_pass_hz=(3_000.0, 3_000.0))
    middle = slice(2_000, -2_000)  # a tone's own beginning and end have highs too
    for hz, least, most in ((50, -0.1, 0.1), (2_900, -0.1, 0.1), (4_000, -90, -45)):
        cut = through_a_line(tone(hz)[None], how, RATE_HZ, drawn())[0]
        assert least <= level_db(cut[middle]) - level_db(tone(hz)[middle]) <= most


def test_an_equaliser_keeps_to_its_strength_and_is_smooth() -> None:
    bins = channels.bins_hz(16_000, 0, RATE_HZ)
    curves = 20 * torch.log10(channels.random_curves(50, bins, 10.0, 7, drawn()))
    assert float(curves.abs().max()) <= 10.0001 and float(curves.abs().max()) > 9
    assert float(curves.std(0).min()) > 3
    octaves = torch.log2(bins[1:] / bins[:-1])[200:]
    assert float(((curves[:, 1:] - curves[:, :-1])[:, 200:].abs() / octaves).max()) < 20.0


def test_plain_changes_nothing_and_a_seed_gives_the_same() -> None:
    voices, others = noise(3, 4_000), noise(3, 4_000, seed=1)
    assert torch.allclose(augmented(voices, others, PLAIN, RATE_HZ, drawn()), voices, atol=1e-6)
    how = SpeechAugmentation()
    first, again, other = (augmented(voices, others, how, RATE_HZ, drawn(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert first.shape == voices.shape and bool(torch.isfinite(first).all())


def test_a_level_stays_within_its_range() -> None:
    voices = noise(200, 500)
    changed = augmented(voices, voices, replace(PLAIN, gain_db=12.0), RATE_HZ, drawn())
    change_db = 20 * torch.log10(changed.norm(dim=1) / voices.norm(dim=1))
    assert -12.01 < float(change_db.min()) < -10 and 10 < float(change_db.max()) < 12.01


@pytest.mark.parametrize("factor", [0.9, 1.0, 1.12])
def test_another_vocal_tract_moves_the_formants(factor: float) -> None:
    features = SpeechFeatures()
    power = features.frontend.power(tone(1_500)[None])
    moved = vocal_tracts(power, torch.tensor([factor]), SPEECH)
    weights = moved.mean((0, 2))
    centre = float((weights * centres_hz(SPEECH)).sum() / weights.sum())
    assert centre == pytest.approx(1_500 * factor, rel=0.02)
    assert factor != 1.0 or torch.allclose(moved, power, atol=1e-6)


def test_tracts_are_drawn_within_their_range() -> None:
    factors = random_factors(500, 0.06, drawn())
    assert 0.94 <= float(factors.min()) < 0.945 and 1.055 < float(factors.max()) <= 1.06


def test_stripes_are_no_wider_than_set() -> None:
    features = torch.ones(40, 30, 80)
    told = striped(features, 1, 8, 12, drawn())
    bands, frames = (told == 0).all(2).sum(1), (told == 0).all(1).sum(1)
    assert 4 < int(bands.max()) <= 8 and 6 < int(frames.max()) <= 12 and len(set(bands.tolist())) > 3
    assert torch.equal(told, striped(features, 1, 8, 12, drawn())) and bool((features == 1).all())
    assert bool((striped(torch.ones(40, 30, 8), 1, 8, 12, drawn()) == 1).any(1).sum(1).min() >= 6)


@pytest.mark.parametrize("bit_rate", [16_000, 32_000])
def test_opus_changes_a_voice_little_and_keeps_it_in_step(bit_rate: int) -> None:
    hiss = noise(RATE_HZ)[None]
    band = channels.band_gains(
        channels.bins_hz(RATE_HZ, 0, RATE_HZ), torch.tensor([300.0]), torch.tensor([2_500.0])
    )
    samples = channels.filtered(hiss, RATE_HZ, band, None)[0].numpy()
    came = opus_round_trip(samples, RATE_HZ, bit_rate)
    assert came.shape == samples.shape and came.dtype == np.float32
    likeness = np.correlate(came, samples[200:-200], mode="valid")
    assert abs(int(likeness.argmax()) - 200) <= 1
    assert 0.75 < np.corrcoef(came, samples)[0, 1] < 0.99
