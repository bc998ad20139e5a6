"""Who speaks now: the newest voice of a stream, kept until a long pause has passed."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from models.ring import Ring, Samples
from models.vad import CHUNK, RATE_HZ, SpeechDetector, Voicing, VoicingParameters, level_dbfs


@dataclass(slots=True)
class Chunks:
    """The chunks that came since the last decision: samples, probability of speech, voiced or not, and the work."""

    samples: list[Samples] = field(default_factory=list)
    speech: list[float] = field(default_factory=list)
    voiced: list[bool] = field(default_factory=list)
    vad_s: float = 0.0


class Spoken:
    """
    Chunks of 32 ms in; what of them is voice is kept, at most ``window_s`` of it.

    A pause of ``forget_s`` ends what one person said: the voice is forgotten, and ``turns`` counts one more. Whoever
    listens may find that it ended without a pause.
    """

    def __init__(
        self,
        detector: SpeechDetector,
        voicing: VoicingParameters | None,
        window_s: float,
        forget_s: float,
    ) -> None:
        detector.reset()
        self._detector, self._voicing, self._forget_s = detector, Voicing(voicing), forget_s
        self.voice = Ring(round(window_s * RATE_HZ))
        self.samples, self.turns = 0, 0
        self._voiced_until = -math.inf
        self._since = Chunks()

    @property
    def paused_s(self) -> float:
        """Seconds since the last voiced chunk; without end before the first."""
        return (self.samples - self._voiced_until) / RATE_HZ

    def hear(self, chunk: Samples) -> None:
        """The next ``CHUNK`` samples."""
        began = time.perf_counter()
        probability = self._detector(chunk)
        self._since.vad_s += time.perf_counter() - began
        voiced = self._voicing.step(probability, level_dbfs(chunk))
        self._since.samples.append(chunk)
        self._since.speech.append(probability)
        self._since.voiced.append(voiced)
        self.samples += CHUNK
        if voiced:
            self.voice.push(chunk)
            self._voiced_until = self.samples
        elif len(self.voice) and self.paused_s >= self._forget_s:
            self.voice.clear()
            self.turns += 1

    def begin_with(self, newest: int) -> None:
        """Another turn has begun within the voice: its ``newest`` samples; those before are forgotten."""
        self.voice.keep(newest)
        self.turns += 1

    def taken(self) -> Chunks:
        """What came since this was last asked."""
        taken, self._since = self._since, Chunks()
        return taken
