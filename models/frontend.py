"""Waveform to log-mel: the one front end for training, embedding and live use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import torch
from torch import Tensor, nn

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
