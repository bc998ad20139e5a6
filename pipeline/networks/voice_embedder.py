"""The voice network over recordings: each file to a vector of the view ``ecapa``, or to the reason why it has none."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.gender import VoiceModel, VoiceModelError, load, require_sound
from pipeline.audio.decode import AudioError, load_mono, resample, why_not_read
from pipeline.networks.embedding import ClipFile, Embedded, EmbeddingFailure

BATCH_S = 96.0
"""As much sound goes through the network at once as fits into some 100 MB a layer."""
MOVED = "The file is another one than when it was measured; expected the same until the build has ended."

Samples = NDArray[np.float32]


class VoiceEmbedder:
    """
    The network, ready to embed; a clip longer than ``longest_s`` is embedded in equal parts and their mean taken.

    Raises
    ------
    VoiceModelError
        The file holds no voice network of this version.
    """

    def __init__(self, weights: Path, longest_s: float, threads: int = 1) -> None:
        torch.set_num_threads(threads)
        self.model: VoiceModel = load(weights)
        self.longest_s = longest_s

    def embed(self, files: Mapping[str, ClipFile]) -> Embedded:
        """Clips, given by their ids."""
        parts: dict[str, list[Samples]] = {}
        failures: dict[str, EmbeddingFailure] = {}
        for clip_id, file in files.items():
            found = self._read(file)
            if isinstance(found, EmbeddingFailure):
                failures[clip_id] = found
            else:
                parts[clip_id] = found
        return Embedded(list(parts), self._vectors(list(parts.values())), failures)

    def _read(self, file: ClipFile) -> list[Samples] | EmbeddingFailure:
        """The parts of a recording that hold sound."""
        try:
            content = file.path.read_bytes()
        except OSError as error:
            return EmbeddingFailure(why_not_read(error), lasting=False)
        if hashlib.sha256(content).hexdigest() != file.content_hash:
            return EmbeddingFailure(MOVED, lasting=False)
        try:
            samples, rate_hz = load_mono(content)
            samples = resample(samples, rate_hz, self.model.sample_rate_hz)
            require_sound(samples, self.model.sample_rate_hz)
        except (AudioError, VoiceModelError) as error:
            return EmbeddingFailure(str(error))
        return [part for part in self._parts(samples) if self._sounds(part)]

    def _parts(self, samples: Samples) -> list[Samples]:
        count = math.ceil(len(samples) / (self.longest_s * self.model.sample_rate_hz))
        return np.array_split(samples, count)

    def _sounds(self, part: Samples) -> bool:
        """Whether a part holds more than silence; of the whole, one does."""
        try:
            require_sound(part, self.model.sample_rate_hz)
        except VoiceModelError:
            return False
        return True

    def _vectors(self, clips: Sequence[Sequence[Samples]]) -> NDArray[np.float32]:
        """The mean over the parts of each clip, float32 (clips, dimension)."""
        if not clips:
            return np.empty((0, self.model.network.settings.embedding), dtype=np.float32)
        every = [part for parts in clips for part in parts]
        longest_s = max(len(part) for part in every) / self.model.sample_rate_hz
        predicted = self.model.predict(every, batch=max(1, int(BATCH_S / longest_s)))
        ends = np.cumsum([len(parts) for parts in clips])[:-1]
        means = [each.mean(axis=0) for each in np.split(predicted.embeddings, ends)]
        return np.stack(means).astype(np.float32)
