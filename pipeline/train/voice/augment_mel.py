"""Augmentation of speech after its spectrogram: other vocal tracts, and stripes that are not heard."""

from __future__ import annotations

from functools import lru_cache

import librosa
import numpy as np
import torch
from torch import Generator, Tensor

from models.frontend import LogMelParameters
from models.torch_audio import transforms
from pipeline.train.esc.augment import uniform


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
    wanted = centres / factors[:, None]  # (batch, n_mels): where each band of the result is read
    right = torch.searchsorted(centres, wanted.contiguous()).clamp(1, len(centres) - 1)
    left = right - 1
    share = ((wanted - centres[left]) / (centres[right] - centres[left])).clamp(0.0, 1.0)
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
        torch.manual_seed(seed)
        for _ in range(masks):
            for step in steps:
                features = step(features.unsqueeze(1), mask_value=0.0).squeeze(1)
    return features
