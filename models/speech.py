"""Speech to what a network of voices sees: log-mels of 16 kHz, less their level."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.ecapa.network import frames_mask, mean_over_time
from models.frontend import LogMel, LogMelParameters

SPEECH = LogMelParameters(
    sample_rate_hz=16_000,
    n_fft=512,
    win_length=400,
    hop_length=160,
    n_mels=80,
    f_min_hz=20.0,
    f_max_hz=7_600.0,
)
"""Windows of 25 ms every 10 ms, 80 bands."""
RANGE_DB = 70.0
"""What lies deeper below the loudest band of a clip is taken to be so deep: digital silence is no voice."""
UNIT_DB = 10.0


class SpeechFeatures(nn.Module):
    """
    Samples -> features: log-mel in units of 10 dB, less their mean over the clip's bands and frames.

    That takes away the level. The mean of each band stays, for it holds a voice's own colour as well as that of its
    microphone: of two ways to train, this one was right about more voices it had not learned from. It looks at the
    whole clip or window, so a live stream and a file agree when they give the same window.
    """

    def __init__(self, parameters: LogMelParameters = SPEECH) -> None:
        super().__init__()
        self.frontend = LogMel(parameters)

    @property
    def settings(self) -> LogMelParameters:
        return self.frontend.settings

    def frames(self, lengths: Tensor) -> Tensor:
        """Samples (batch,) -> the frames (batch,) that they give."""
        return 1 + lengths // self.settings.hop_length

    def centred(self, power: Tensor, frames: Tensor | None = None) -> Tensor:
        """Power (batch, n_mels, frames) -> features of the same shape, zero where frames only fill the batch."""
        mask = frames_mask(frames, power.shape[2])
        decibels = self.frontend.decibels(power if mask is None else power * mask)
        loudest = decibels.amax((1, 2), keepdim=True)
        values = torch.maximum(decibels, loudest - RANGE_DB) / UNIT_DB
        values = values if mask is None else values * mask
        values = values - mean_over_time(values, mask).mean(1, keepdim=True)
        return values if mask is None else values * mask

    def forward(self, samples: Tensor, lengths: Tensor | None = None) -> Tensor:
        """
        Parameters
        ----------
        samples : Tensor
            float32 (batch, samples) at the front end's rate, full scale 1; zero after the end of a clip.
        lengths : Tensor, optional
            Whole numbers (batch,): the samples of each that are sound. All by default.
        """
        frames = None if lengths is None else self.frames(lengths)
        return self.centred(self.frontend.power(samples), frames)
