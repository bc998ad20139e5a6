"""What trainings on sound share: recordings read, padding cut off, and random numbers that a seed repeats."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from pipeline.audio.decode import SILENCE_PEAK_DBFS, AudioError, load_mono, why_not_read
from pipeline.runtime.noise import Noise
from pipeline.train.layout import TrainError

log = logging.getLogger(__name__)
Samples = NDArray[np.float32]
ProgressCallback = Callable[[int, int], None]
"""How many are done, and of how many."""


def read_recording(path: Path, remedy: str) -> tuple[bytes, Samples, int]:
    """
    Content, mono samples (samples,) and sample rate in Hz of a recording.

    Raises
    ------
    TrainError
        It cannot be opened, or is no sound; ``remedy`` says what to do then.
    """
    try:
        content = path.read_bytes()
        with Noise() as noise:
            samples, rate_hz = load_mono(content)
            lines = noise.take()
    except (OSError, AudioError) as error:
        reason = why_not_read(error) if isinstance(error, OSError) else str(error)
        raise TrainError(f"{path} cannot be opened. {reason} {remedy}") from error
    for line in lines:
        log.warning("%s: %s", path, line)
    return content, samples, rate_hz


def trimmed(samples: Samples) -> Samples:
    """
    Mono samples without digital silence at either end.

    ESC pads short recordings with zeros to 5 s: a network could learn the length of the padding.
    """
    loud = np.flatnonzero(np.abs(samples) > 10 ** (SILENCE_PEAK_DBFS / 20))
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples


def uniform(generator: Generator, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
    """float32 of ``shape``, evenly between ``low`` and ``high``."""
    return low + (high - low) * torch.rand(*shape, generator=generator)
