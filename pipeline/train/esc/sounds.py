"""The recordings of clips as mel power, in memory: decoded once, augmented in each epoch anew."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.frontend import LogMel
from pipeline.audio.decode import SILENCE_PEAK_DBFS, AudioError, load_mono, resample, why_not_read
from pipeline.runtime import stop
from pipeline.train.errors import TrainError

Tell = Callable[[int, int], None]
"""Is told how many clips are read, and of how many."""


def trimmed(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """
    Mono samples without digital silence at either end.

    ESC pads short recordings with zeros to 5 s: a network could learn the length of the padding.
    """
    loud = np.flatnonzero(np.abs(samples) > 10 ** (SILENCE_PEAK_DBFS / 20))
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples


def mel_power(samples: NDArray[np.float32], sample_rate_hz: int, frontend: LogMel) -> Tensor:
    """Power (n_mels, frames) of mono samples at any rate, without their padding."""
    wanted_hz = frontend.settings.sample_rate_hz
    with torch.no_grad():
        return frontend.power(torch.from_numpy(resample(trimmed(samples), sample_rate_hz, wanted_hz)))


def read(clips: pd.DataFrame, root: Path, frontend: LogMel, tell: Tell | None = None) -> list[Tensor]:
    """
    The mel power of each clip, float32 (n_mels, frames), in the order of ``clips``.

    Parameters
    ----------
    clips : DataFrame
        Columns ``relative_path`` (below ``root``) and ``content_hash``, as ``Reader.clips`` gives them.

    Raises
    ------
    TrainError
        A recording cannot be opened, or is another one than when the store was built.
    """
    powers = []
    for path, known in zip(clips["relative_path"], clips["content_hash"], strict=True):
        stop.check()
        powers.append(mel_power(*_opened(root / path, known), frontend))
        if tell:
            tell(len(powers), len(clips))
    return powers


def _opened(path: Path, known: str) -> tuple[NDArray[np.float32], int]:
    try:
        content = path.read_bytes()
        samples = load_mono(content)
    except (OSError, AudioError) as error:
        reason = why_not_read(error) if isinstance(error, OSError) else str(error)
        raise TrainError(
            f"{path} cannot be opened. {reason} Build again, so that the store knows what is there."
        ) from error
    if hashlib.sha256(content).hexdigest() != known:
        raise TrainError(
            f"{path} has changed since the store was built; expected the recording of that time. "
            "Run `python -m pipeline build` and train again."
        )
    return samples
