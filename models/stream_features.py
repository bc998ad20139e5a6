"""Log-mel frames of a stream, given out as soon as their samples are there, equal to those of the whole recording."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from models.frontend import LogMel
from models.ring import Samples


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
