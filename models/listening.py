"""Clips of any lengths through a network of voices, and which sounds it is of no use to listen to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.ecapa.network import EcapaTdnn

Samples = NDArray[np.float32]

LEAST_S = 0.1
SILENCE = 10 ** (-90 / 20)
"""One step of 16 bits."""


class VoiceModelError(ValueError):
    """Weights that are no voice model, or sound that no voice can be in."""


def said(network: EcapaTdnn, features: Sequence[Tensor], batch: int = 32) -> tuple[Tensor, Tensor]:
    """
    Embeddings (n, embedding) and logits (n, classes) of clips of any lengths, on the CPU.

    Parameters
    ----------
    features : sequence of Tensor
        (n_mels, frames) each. Clips of like length go together, so that little is filled up.
    """
    order = sorted(range(len(features)), key=lambda number: features[number].shape[1])
    device = network.head.weight.device
    embeddings = torch.empty(len(features), network.settings.embedding)
    logits = torch.empty(len(features), network.head.out_features)
    with torch.inference_mode():
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            lengths = torch.tensor([features[number].shape[1] for number in chosen])
            filled = torch.zeros(len(chosen), features[0].shape[0], int(lengths[-1]))
            for row, number in enumerate(chosen):
                filled[row, :, : lengths[row]] = features[number]
            embedding = network.embed(filled.to(device), lengths.to(device))
            embeddings[chosen], logits[chosen] = embedding.cpu(), network.classify(embedding).cpu()
    return embeddings, logits


def require_sound(samples: Samples, sample_rate_hz: int) -> None:
    """Refuse what no voice can be in.

    Raises
    ------
    VoiceModelError
        Not one channel, too short, NaN or infinite, silent.
    """
    if samples.ndim != 1:
        raise VoiceModelError(
            f"The samples have the shape {samples.shape}; expected one channel, (samples,)."
        )
    if len(samples) < LEAST_S * sample_rate_hz:
        raise VoiceModelError(
            f"The clip lasts {1000 * len(samples) / sample_rate_hz:.0f} ms; expected at least "
            f"{1000 * LEAST_S:.0f} ms of speech. Give a longer one."
        )
    peak = float(np.abs(samples).max())
    if not np.isfinite(peak):
        raise VoiceModelError("Some samples are NaN or infinite; expected finite values. Record it again.")
    if peak < SILENCE:
        raise VoiceModelError("The clip is silence (peak below -90 dBFS); expected a voice. Record it again.")
