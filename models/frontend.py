"""Waveform to log-mel: the one front end for training, embedding and, bit by bit, live use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import torch
from torch import Tensor, nn

from models.audio import Samples
from models.torch_audio import transforms


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMelParameters:
    """
    What a log-mel spectrogram is computed with. Frames are centred, the ends padded with zeros.

    ``floor`` is the least power that a band can have: digital silence becomes ``10 log10(floor)`` dB.
    ``win_length`` may be shorter than ``n_fft``, as for speech: 25 ms in 512 samples.
    """

    sample_rate_hz: int
    n_fft: int
    win_length: int
    hop_length: int
    n_mels: int
    f_min_hz: float
    f_max_hz: float
    mel_scale: Literal["slaney", "htk"] = "slaney"
    norm: Literal["slaney"] | None = "slaney"
    floor: float = 1e-10

    def __post_init__(self) -> None:
        if not 0 <= self.f_min_hz < self.f_max_hz <= self.sample_rate_hz / 2:
            raise ValueError(
                f"The bands lie from {self.f_min_hz:g} to {self.f_max_hz:g} Hz; expected a rising range "
                f"within 0 to {self.sample_rate_hz / 2:g} Hz, half the sample rate."
            )
        if not 0 < self.hop_length <= self.win_length <= self.n_fft:
            raise ValueError(
                f"Hop {self.hop_length}, window {self.win_length} and transform {self.n_fft} do not fit; "
                "expected 0 < hop_length <= win_length <= n_fft."
            )

    @property
    def hop_s(self) -> float:
        return self.hop_length / self.sample_rate_hz

    def frames(self, samples: int) -> int:
        """How many frames a waveform of so many samples gives."""
        return 1 + samples // self.hop_length


class LogMel(nn.Module):
    """
    Mel power spectrogram in dB, on whatever device the module lies.

    Equal to ``librosa.feature.melspectrogram`` of the same parameters, then ``10 log10(max(power, floor))``.
    Mel scale and norm: Slaney's Auditory Toolbox (1998) or HTK, as ``LogMelParameters`` says.
    """

    def __init__(self, parameters: LogMelParameters) -> None:
        super().__init__()
        self.settings = parameters
        self.mel = transforms.MelSpectrogram(
            sample_rate=parameters.sample_rate_hz,
            n_fft=parameters.n_fft,
            win_length=parameters.win_length,
            hop_length=parameters.hop_length,
            f_min=parameters.f_min_hz,
            f_max=parameters.f_max_hz,
            n_mels=parameters.n_mels,
            power=2.0,
            center=True,
            pad_mode="constant",
            norm=parameters.norm,
            mel_scale=parameters.mel_scale,
        )

    def power(self, samples: Tensor) -> Tensor:
        """Samples (..., samples), full scale 1 -> power of the bands (..., n_mels, frames)."""
        return cast(Tensor, self.mel(samples))

    def decibels(self, power: Tensor) -> Tensor:
        """Power of any shape -> dB of the same shape, never below the floor."""
        return 10.0 * torch.log10(power.clamp(min=self.settings.floor))

    def forward(self, samples: Tensor) -> Tensor:
        """Samples (..., samples), full scale 1 -> dB (..., n_mels, frames)."""
        return self.decibels(self.power(samples))


class StreamedLogMel:
    """
    ``LogMel`` of samples that come bit by bit.

    A frame looks half a transform ahead, so it comes that much later: 16 ms for speech. All frames of ``feed``, then
    those of ``finish``, are the frames of the whole.
    """

    def __init__(self, frontend: LogMel) -> None:
        self.frontend = frontend
        self.given = 0
        """Frames that were given out."""
        self._half = frontend.settings.n_fft // 2
        # Whole hops before a frame that hold all that its transform reaches.
        self._reach = -(-self._half // frontend.settings.hop_length)
        self._held: Samples = np.zeros(0, dtype=np.float32)
        self._started = 0  # which sample of the stream is the first held

    def feed(self, samples: Samples) -> Tensor:
        """Samples (n,), float32 at the front end's rate -> dB (n_mels, frames) of the frames that are now complete."""
        self._held = np.concatenate([self._held, samples])
        come = self._started + len(self._held)
        complete = (come - self._half) // self.frontend.settings.hop_length + 1 if come >= self._half else 0
        return self._until(max(complete, self.given))

    def finish(self) -> Tensor:
        """The last frames (n_mels, frames), which reach beyond the end; then the next stream may begin."""
        come = self._started + len(self._held)
        last = self._until(self.frontend.settings.frames(come) if come else 0)
        self.given, self._started, self._held = 0, 0, self._held[:0]
        return last

    def _until(self, frames: int) -> Tensor:
        hop = self.frontend.settings.hop_length
        if frames == self.given:
            return torch.zeros(self.frontend.settings.n_mels, 0)
        first = self._started // hop
        with torch.inference_mode():
            decibels = self.frontend(torch.from_numpy(self._held))[:, self.given - first : frames - first]
        self.given = frames
        needed = max(0, frames - self._reach) * hop
        self._held, self._started = self._held[needed - self._started :], needed
        return decibels
