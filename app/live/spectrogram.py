"""The log-mel of the last seconds of a stream, and which of it is voice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.decisions import Decision
from models.frontend import LogMel, StreamedLogMel
from models.speech import SPEECH
from models.vad import CHUNK

KEEP_S = 8.0


def _nothing() -> NDArray[np.float32]:
    return np.zeros((SPEECH.n_mels, 0), dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What the page draws: nothing in it can be changed. It ends where the newest decision was made."""

    decibels: NDArray[np.float32] = field(default_factory=_nothing)
    """float32 (80, frames), the log-mel that the network sees, before its level is taken away."""
    voiced: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    """(frames,): the sound in the middle of the frame is taken for voice."""
    start_s: float = 0.0
    """Where in the stream the middle of the first frame lies."""
    hop_s: float = SPEECH.hop_s

    def __post_init__(self) -> None:
        self.decibels.flags.writeable = False
        self.voiced.flags.writeable = False


class LivePicture:
    """Given all decisions of a stream, one after the other. One thread at a time."""

    def __init__(self, keep_s: float = KEEP_S) -> None:
        self._keep = max(1, round(keep_s / SPEECH.hop_s))
        self._log_mel = StreamedLogMel(LogMel(SPEECH))
        self._decibels = _nothing()  # of the newest frames, the last of them number given - 1
        self._voiced = np.zeros(0, dtype=np.bool_)  # of the newest chunks, the last of them number chunks - 1
        self._chunks = 0

    def after(self, decisions: Sequence[Decision]) -> Picture:
        """The picture up to the last of these decisions, which are all that were made since this was last asked."""
        for one in decisions:
            come = self._log_mel.feed(one.sound).numpy()
            self._decibels = np.concatenate([self._decibels, come], 1)
            self._voiced = np.concatenate([self._voiced, np.array(one.voiced, dtype=np.bool_)])
            self._chunks += len(one.voiced)
        return self._drawn()

    def _drawn(self) -> Picture:
        # Frames whose middle lies beyond the last decided chunk wait for the next decision.
        decided = -(-self._chunks * CHUNK // SPEECH.hop_length)
        stop = min(self._log_mel.given, decided)
        first = self._log_mel.given - self._decibels.shape[1]
        start = max(first, stop - self._keep)
        self._decibels = self._decibels[:, start - first :].copy()
        frames = np.arange(start, stop)
        chunks = frames * SPEECH.hop_length // CHUNK
        voiced = self._voiced[chunks - (self._chunks - len(self._voiced))]
        # The next picture begins no earlier than this one, so the marks before it are of no more use.
        self._voiced = self._voiced[-(self._chunks - start * SPEECH.hop_length // CHUNK) :].copy()
        return Picture(self._decibels[:, : stop - start].copy(), voiced, start * SPEECH.hop_s)
