"""A fake network and a fake detector of speech, whose answers can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from models.gender import Inference
from models.stream import VoiceStream

Samples = NDArray[np.float32]


@dataclass
class FakeModel:
    """A voice that crosses zero more than 360 times a second, above 180 Hz, is female."""

    classes: tuple[str, ...] = ("female", "male")
    temperature: float = 2.0
    logit: float = 6.0
    windows: list[Samples] = field(default_factory=list)

    def infer(self, voice: Samples) -> Inference:
        self.windows.append(voice)
        rate = np.count_nonzero(np.diff(np.signbit(voice))) / len(voice) * 16_000
        high = self.logit * np.tanh((rate - 360) / 60)
        logits = np.array([high, 0], np.float32)
        return Inference(logits, np.full(192, high, np.float32), 0.001, 0.002)


class LoudIsSpeech:
    """Speech is what is louder than -40 dBFS; half of a chunk before counts, so order matters."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.before = 0.0

    def __call__(self, chunk: Samples) -> float:
        loud = float(np.sqrt(np.mean(chunk**2)) > 0.01)
        told = min(1.0, 0.7 * loud + 0.3 * self.before)
        self.before = loud
        return told


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


@pytest.fixture
def stream_of() -> Callable[..., VoiceStream]:
    """A new stream to a given model, with its own fake detector."""
    return lambda model, **how: VoiceStream(model, LoudIsSpeech(), **how)


@pytest.fixture(params=[True, False], ids=["oneDNN", "torch alone"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """oneDNN there and not there."""
    torch.set_num_threads(1)
    if not request.param:
        monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
