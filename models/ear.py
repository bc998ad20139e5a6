"""What a stream needs of a voice model: one window of voice at a time, and how long each step took."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from models.gender import VoiceModel, load
from models.listening import said
from models.ring import Samples


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """Of one window: float32 ``logits`` (classes,) before calibration and ``embedding`` (192,)."""

    logits: NDArray[np.float32]
    embedding: NDArray[np.float32]
    features_s: float
    network_s: float


class Ear(Protocol):
    """Holds nothing of what it hears, so that many streams may share one."""

    @property
    def classes(self) -> tuple[str, ...]: ...

    @property
    def temperature(self) -> float: ...

    def hear(self, voice: Samples) -> Heard:
        """float32 (samples,), mono at 16 kHz, not silent."""
        ...


class VoiceEar:
    """A trained voice model as an ear."""

    def __init__(self, model: VoiceModel) -> None:
        self.model = model

    @property
    def classes(self) -> tuple[str, ...]:
        return self.model.classes

    @property
    def temperature(self) -> float:
        return self.model.temperature

    def hear(self, voice: Samples) -> Heard:
        began = time.perf_counter()
        features = self.model.features_of(voice)
        between = time.perf_counter()
        embeddings, logits = said(self.model.network, [features])
        ended = time.perf_counter()
        return Heard(logits[0].numpy(), embeddings[0].numpy(), between - began, ended - between)


def ear_of(weights: Path) -> VoiceEar:
    """
    The voice model in a file, for live use.

    torch is told to use one thread, in the whole process: a window of 3 s takes 10 ms then, and a second thread that
    has to wait for a busy core can make it take a hundred times as long.

    Raises
    ------
    VoiceModelError
        As :func:`models.gender.load`.
    """
    torch.set_num_threads(1)
    return VoiceEar(load(weights))
