"""What a stream of sound is taken for, four times a second, and how long each step took."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class State(StrEnum):
    """What the sound is taken for. A voice has a name only when one speaks and the network is sure enough."""

    NO_SPEECH = "no speech"
    UNSURE = "not sure yet"
    FEMALE = "female-like voice"
    MALE = "male-like voice"

    @classmethod
    def of(cls, name: str) -> State:
        """The state of a class of the network, female or male.

        Raises
        ------
        ValueError
            Another class.
        """
        return cls(f"{name}-like voice")


class Why(StrEnum):
    """Why a decision is ``UNSURE``; empty with every other state."""

    NONE = ""
    SHORT = "too little voice so far"
    CLOSE = "neither is likely enough"
    CLIPPED = "too loud: the sound is cut off at full scale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Milliseconds that a decision took since the one before: one for each step."""

    buffering_ms: float = 0.0
    """How long the newest frame waited before it was taken up."""
    resampling_ms: float = 0.0
    vad_ms: float = 0.0
    features_ms: float = 0.0
    network_ms: float = 0.0

    @property
    def compute_ms(self) -> float:
        """All but the waiting."""
        return self.resampling_ms + self.vad_ms + self.features_ms + self.network_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Two of the same sound are equal; the sound, how long they took and the embedding are not compared."""

    time_s: float
    """Where in the stream it was made: seconds of sound since its beginning."""
    state: State
    why: Why = Why.NONE
    probabilities: dict[str, float] = field(default_factory=dict)
    """Of each class, calibrated and smoothed; empty where there was too little voice for the network."""
    voiced_s: float = 0.0
    """How much voice it rests on."""
    level_dbfs: float = -120.0
    """Of the sound since the decision before."""
    clipped: float = 0.0
    """Share of the voice's samples that are at full scale."""
    speech: tuple[float, ...] = ()
    """Probability of speech of each chunk of 32 ms since the decision before."""
    voiced: tuple[bool, ...] = ()
    """Which of these chunks are taken for voice."""
    sound: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32), compare=False)
    """float32 (samples,), 16 kHz: all that came since the decision before, whole chunks."""
    embedding: NDArray[np.float32] | None = field(default=None, compare=False)
    """float32 (192,), of the voice it rests on."""
    timings: Timings = field(default_factory=Timings, compare=False)

    @property
    def probability(self) -> float:
        """Of the likelier class; 0 where there is none."""
        return max(self.probabilities.values(), default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamParameters:
    """How a stream is decided on. What ends in ``_s`` is seconds."""

    every_s: float = 0.25
    """A first name, and the end of speech, come at once."""
    window_s: float = 3.0
    """The newest voice that the network is given."""
    speech_s: float = 0.2
    """Less voice than this is none: a click, a syllable from the next room."""
    first_s: float = 0.7
    """Voice that a first name takes."""
    hold_s: float = 0.4
    """So long after the last voice there is still speech: a breath, a stop consonant."""
    forget_s: float = 0.8
    """After a pause so long, whoever speaks next is taken for somebody else."""
    turn_s: float = 0.7
    """The newest voice that the network is also given alone, once there is as much before it: is it somebody else?"""
    turn_times: int = 3
    """So many times in a row it must be the other voice; then what was before it is forgotten."""
    turn_sure_from: float = 0.95
    """And with this probability: so little voice misleads more easily than a whole window."""
    smooth_s: float = 0.5
    """How long a window's logits count: after so long, a third (1/e) of it is left."""
    sure_from: float = 0.8
    """The likelier class needs this probability; below, the decision is ``UNSURE``."""
    clipped_from: float = 0.02
    """From this share of samples at full scale on, the decision is ``UNSURE``."""

    def __post_init__(self) -> None:
        if self.every_s <= 0 or not 0 < self.speech_s <= self.first_s <= self.window_s:
            raise ValueError(
                f"A decision each {self.every_s:g} s, from {self.speech_s:g}, {self.first_s:g} and up to "
                f"{self.window_s:g} s of voice on; expected them above 0 and rising."
            )
        if not 0 <= self.hold_s <= self.forget_s or self.smooth_s <= 0:
            raise ValueError(
                f"Speech is held for {self.hold_s:g} s, forgotten after {self.forget_s:g} s and smoothed over "
                f"{self.smooth_s:g} s; expected it to be held no longer than remembered, and smoothing above 0."
            )
        if not self.first_s <= self.turn_s <= self.window_s or self.turn_times < 1:
            raise ValueError(
                f"Another voice is looked for in the newest {self.turn_s:g} s, {self.turn_times} times in a row; "
                f"expected {self.first_s:g} to {self.window_s:g} s as of any voice that is named, and at least once."
            )
        if not 0.5 <= self.turn_sure_from <= 1:
            raise ValueError(
                f"Another voice is believed from {self.turn_sure_from:g} on; expected a probability of 0.5 to 1."
            )
        if not 0.5 <= self.sure_from <= 1 or not 0 < self.clipped_from <= 1:
            raise ValueError(
                f"Sure from {self.sure_from:g} on, clipped from {self.clipped_from:g} on; expected a probability "
                "of 0.5 to 1, and a share above 0 and up to 1."
            )
