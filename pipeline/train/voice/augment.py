"""Augmentation of voices: another pace, a room, a microphone, noise, a line, a level; then, of the spectrogram, another
vocal tract and stripes that are masked.

In the order in which a voice meets them. A batch is augmented at once; all random numbers come from one generator, so
that a seed gives the same batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import librosa
import numpy as np
import torch
from torch import Generator, Tensor

from models.frontend import LogMelParameters
from models.torch_audio import transforms
from pipeline.train.sound import uniform
from pipeline.train.voice import channels


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechAugmentation:
    """How often (a share of the examples) and how strong each step is; a share of 0 leaves it out."""

    speeds: tuple[float, ...] = (0.97, 1.0, 1.03)
    """Pace and pitch together, as of a tape. Little: a tenth makes a low woman's voice a man's."""
    backwards: float = 0.5
    """Share of the crops that are played from their end: the same voice, but not one syllable of the few sentences
    that a corpus of actors has."""
    room: float = 0.4
    rt60_s: tuple[float, float] = (0.15, 0.9)
    direct_to_reverberant_db: tuple[float, float] = (-3.0, 15.0)
    equalise: float = 0.7
    equalise_db: float = 10.0
    equaliser_points: int = 7
    noise: float = 0.6
    snr_db: tuple[float, float] = (0.0, 20.0)
    telephone: float = 0.1
    low_pass: float = 0.2
    low_pass_hz: tuple[float, float] = (2_500.0, 7_500.0)
    gain_db: float = 12.0
    opus: float = 0.25
    """Share of the crops that are taken from a clip's round trip through Opus."""
    opus_bit_rates: tuple[int, ...] = (16_000, 24_000, 32_000)
    vocal_tract: float = 0.04
    masks: int = 1
    mask_bands: int = 12
    mask_frames: int = 20


PLAIN = SpeechAugmentation(
    speeds=(1.0,),
    backwards=0,
    room=0,
    equalise=0,
    noise=0,
    telephone=0,
    low_pass=0,
    gain_db=0,
    opus=0,
    vocal_tract=0,
    masks=0,
)
"""Nothing is changed."""


def with_noise(samples: Tensor, noise: Tensor, snr_db: Tensor) -> Tensor:
    """Add noise (batch, samples) so that each row has its ratio (batch,) in dB of powers; silent noise adds none."""
    mixed = transforms.AddNoise()(samples, noise, snr_db)
    # Where either is silent there is no ratio: torchaudio gives no numbers there.
    audible = (samples.abs().amax(1) > 0) & (noise.abs().amax(1) > 0)
    return torch.where(audible[:, None], mixed, samples)


def _seed(seed: int, of: Tensor) -> None:
    """Seed torch's own state where what is done to ``of`` draws from: that of its device."""
    if of.device.type == "cpu":
        # All devices are more than is drawn from: without a GPU, torch keeps each such call, with its stack, for one.
        torch.default_generator.manual_seed(seed)
    else:
        torch.manual_seed(seed)


def at_a_speed(samples: Tensor, speeds: Sequence[float], sample_rate_hz: int, generator: Generator) -> Tensor:
    """Samples (samples,) at one of these speeds by torchaudio's SpeedPerturbation; a faster one is shorter."""
    if tuple(speeds) == (1.0,):
        return samples
    seed = int(torch.randint(2**31, (), generator=generator))
    # torchaudio draws from torch's own state: it is set for this, and put back.
    with torch.random.fork_rng(devices=[]):
        _seed(seed, samples)
        changed: Tensor = transforms.SpeedPerturbation(sample_rate_hz, list(speeds))(samples)[0]
    return changed


def in_a_place(samples: Tensor, how: SpeechAugmentation, sample_rate_hz: int, generator: Generator) -> Tensor:
    """Each of (batch, samples), or not, in a room and through a microphone of its own."""
    batch, length = samples.shape
    rt60_s = _between(how.rt60_s, batch, generator)
    ratio_db = _between(how.direct_to_reverberant_db, batch, generator)
    responses = channels.room_responses(rt60_s, ratio_db, sample_rate_hz, generator)
    dry = _chosen(1 - how.room, batch, generator)
    responses[dry] = 0.0
    responses[dry, 0] = 1.0
    bins = channels.bins_hz(length, responses.shape[1], sample_rate_hz)
    gains = channels.random_curves(batch, bins, how.equalise_db, how.equaliser_points, generator)
    gains[_chosen(1 - how.equalise, batch, generator)] = 1.0
    return channels.filtered(samples, sample_rate_hz, gains, responses)


def through_a_line(
    samples: Tensor, how: SpeechAugmentation, sample_rate_hz: int, generator: Generator
) -> Tensor:
    """Some of (batch, samples) as a telephone lets them through, some without their highs; then a level."""
    batch, length = samples.shape
    low_hz, high_hz = torch.zeros(batch), torch.full((batch,), float(sample_rate_hz))
    cut = _chosen(how.low_pass, batch, generator)
    high_hz[cut] = _between(how.low_pass_hz, batch, generator)[cut]
    called = _chosen(how.telephone, batch, generator)
    low_hz[called], high_hz[called] = channels.TELEPHONE_HZ
    gains = channels.band_gains(channels.bins_hz(length, 0, sample_rate_hz), low_hz, high_hz)
    level = 10 ** (how.gain_db * uniform(generator, batch, 1, low=-1, high=1) / 20)
    return channels.filtered(samples, sample_rate_hz, gains * level, None)


def augmented(
    samples: Tensor, noise: Tensor, how: SpeechAugmentation, sample_rate_hz: int, generator: Generator
) -> Tensor:
    """
    Voices (batch, samples) in places, among noise, through lines.

    ``noise`` has the voices' shape; each row is added, at a ratio drawn, to that share of the voices that
    ``how.noise`` is.
    """
    mixed = in_a_place(samples, how, sample_rate_hz, generator)
    snr_db = _between(how.snr_db, len(samples), generator)
    noisy = _chosen(how.noise, len(samples), generator)
    mixed = torch.where(noisy[:, None], with_noise(mixed, noise, snr_db), mixed)
    return through_a_line(mixed, how, sample_rate_hz, generator)


def _between(limits: tuple[float, float], batch: int, generator: Generator) -> Tensor:
    return uniform(generator, batch, low=limits[0], high=limits[1])


def _chosen(share: float, batch: int, generator: Generator) -> Tensor:
    return uniform(generator, batch) < share


@lru_cache(maxsize=4)
def centres_hz(parameters: LogMelParameters) -> Tensor:
    """The frequency (n_mels,) at which each band of a front end peaks."""
    edges = librosa.mel_frequencies(
        parameters.n_mels + 2,
        fmin=parameters.f_min_hz,
        fmax=parameters.f_max_hz,
        htk=parameters.mel_scale == "htk",
    )
    return torch.from_numpy(np.asarray(edges[1:-1], dtype=np.float32))


def vocal_tracts(power: Tensor, factors: Tensor, parameters: LogMelParameters) -> Tensor:
    """
    Vocal-tract-length perturbation (Jaitly and Hinton 2013): what lay at ``f`` Hz lies at ``factor * f``.

    Parameters
    ----------
    power : Tensor
        (batch, n_mels, frames).
    factors : Tensor
        (batch,); 1 leaves a clip as it is. A shorter tract, and a higher voice, has more than 1.
    """
    centres = centres_hz(parameters)
    sources = centres / factors[:, None]  # (batch, n_mels): where each band of the result is read
    right = torch.searchsorted(centres, sources.contiguous()).clamp(1, len(centres) - 1)
    left = right - 1
    share = ((sources - centres[left]) / (centres[right] - centres[left])).clamp(0.0, 1.0)
    weight = share.to(power.device)[:, :, None]
    return (1 - weight) * _bands(power, left) + weight * _bands(power, right)


def _bands(power: Tensor, chosen: Tensor) -> Tensor:
    return power.gather(1, chosen.to(power.device)[:, :, None].expand(-1, -1, power.shape[2]))


def random_factors(batch: int, strength: float, generator: Generator) -> Tensor:
    """Factors (batch,) of vocal tracts, even between ``1 - strength`` and ``1 + strength``."""
    return 1 + strength * uniform(generator, batch, low=-1, high=1)


def striped(features: Tensor, masks: int, bands: int, frames: int, generator: Generator) -> Tensor:
    """
    SpecAugment (Park et al. 2019) by torchaudio's masks: stripes along both axes become 0, the mean.

    At most half of the bands and a quarter of the frames are one stripe, however short the clip is.
    """
    seed = int(torch.randint(2**31, (), generator=generator))
    widest = (min(bands, features.shape[1] // 2), min(frames, features.shape[2] // 4))
    steps = (
        transforms.FrequencyMasking(widest[0], iid_masks=True),
        transforms.TimeMasking(widest[1], iid_masks=True),
    )
    # torchaudio draws from torch's own state: it is set for this, and put back.
    with torch.random.fork_rng(devices=[]):
        _seed(seed, features)
        for _ in range(masks):
            for step in steps:
                features = step(features.unsqueeze(1), mask_value=0.0).squeeze(1)
    return features
