"""Frames of sound in, decisions out: no speech, not sure yet, female-like or male-like voice.

It knows no browser and no page. What it decides depends on the sound alone, not on the frames that it came in.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.audio import Resampler, Samples
from models.decisions import Decision, State, StreamParameters, Timings, Why
from models.gender import Inference, StreamingModel
from models.gender_format import calibrated
from models.vad import CHUNK, RATE_HZ, Chunks, SpeechDetector, VoiceBuffer, VoicingParameters, level_dbfs

FULL = 0.98
"""From here on a sample counts as clipped: resampling rounds off what was cut off at full scale."""


class LogitSmoother:
    """
    A mean of logits in which each counts less the older it is: ``exp(-age / smooth_s)``.

    Windows of one voice overlap, so this takes away flicker and adds no certainty.
    """

    def __init__(self, smooth_s: float) -> None:
        self.smooth_s = smooth_s
        self.forget()

    def forget(self) -> None:
        """Somebody else may speak next."""
        self._weight, self._at_s = 0.0, 0.0
        self._sum: NDArray[np.float64] | None = None

    def push(self, logits: NDArray[np.float32], at_s: float) -> None:
        """Logits (classes,) of the window that ends ``at_s`` into the stream."""
        left = math.exp(-(at_s - self._at_s) / self.smooth_s) if self._sum is not None else 0.0
        before = np.zeros(len(logits)) if self._sum is None else self._sum
        self._sum, self._weight, self._at_s = left * before + logits, left * self._weight + 1, at_s

    def probabilities(self, temperature: float) -> NDArray[np.float64] | None:
        """(classes,), calibrated; None where nothing was pushed."""
        if self._sum is None:
            return None
        return calibrated(self._sum / self._weight, temperature)


class SpeakerTurnDetector:
    """
    One turn is what one person says. A pause ends it, or another voice does.

    Where two people speak without a pause, the window holds both for seconds and names the first. So the network also
    is given the newest ``turn_s`` alone. Where that is surely the other class ``turn_times`` times in a row, a new turn
    has begun: the voice before is forgotten.

    Parameters
    ----------
    model : StreamingModel
        The network.
    parameters : StreamParameters
        How much voice it takes, and how sure it must be.
    """

    def __init__(self, model: StreamingModel, parameters: StreamParameters) -> None:
        self.model, self.parameters = model, parameters
        self._newest = round(parameters.turn_s * RATE_HZ)
        self._smoother = LogitSmoother(parameters.smooth_s)
        self._inferred_at = 0
        self._begin(0)

    def _begin(self, turn: int) -> None:
        self._turn, self._against = turn, 0
        self._smoother.forget()
        self.embedding: NDArray[np.float32] | None = None
        """float32 (192,), of the voice that was given last; None before."""

    @property
    def probabilities(self) -> dict[str, float]:
        """Of each class, calibrated and smoothed; empty where nothing was inferred in this turn."""
        found = self._smoother.probabilities(self.model.temperature)
        return {} if found is None else dict(zip(self.model.classes, map(float, found), strict=True))

    def update(self, buffer: VoiceBuffer, time_s: float) -> list[Inference]:
        """
        Let the network infer from the voice, where there is enough of it and more than there was.

        Parameters
        ----------
        buffer : VoiceBuffer
            The voice; what is of the turn before is taken out of it.
        time_s : float
            Where in the stream it ends.

        Returns
        -------
        list of Inference
            Each pass through the network, the one that counts last; empty where there was none.
        """
        if self._turn != buffer.turns:
            self._begin(buffer.turns)
        voice = buffer.voice.all()
        enough = len(voice) >= self.parameters.first_s * RATE_HZ
        if not enough or buffer.voice.written == self._inferred_at:
            return []
        self._inferred_at = buffer.voice.written
        passes = self._compare(voice)
        if self._against >= self.parameters.turn_times:
            buffer.begin_with(self._newest)
            self._begin(buffer.turns)
        else:
            passes.append(self.model.infer(voice))
        self._smoother.push(passes[-1].logits, time_s)
        self.embedding = passes[-1].embedding
        return passes

    def _compare(self, voice: Samples) -> list[Inference]:
        """Infer from the newest part alone, where as much voice lies before it, and count how often it disagreed."""
        smoothed = self._smoother.probabilities(self.model.temperature)
        if smoothed is None or len(voice) < 2 * self._newest:
            return []
        inference = self.model.infer(voice[-self._newest :])
        newest = calibrated(inference.logits, self.model.temperature)
        other = newest.argmax() != smoothed.argmax() and newest.max() >= self.parameters.turn_sure_from
        self._against = self._against + 1 if other else 0
        return [inference]


class VoiceStream:
    """
    One person's microphone, or one recording. It holds ``window_s`` of voice and a quarter of a second of other sound.

    Parameters
    ----------
    model : StreamingModel
        The network; streams may share it.
    detector : SpeechDetector
        The stream's own.

    Raises
    ------
    ValueError
        The model has other classes than female and male.
    """

    def __init__(
        self,
        model: StreamingModel,
        detector: SpeechDetector,
        parameters: StreamParameters | None = None,
        voicing: VoicingParameters | None = None,
    ) -> None:
        for name in model.classes:
            State.of(name)
        self.model, self.parameters = model, parameters or StreamParameters()
        self._resampler, self._rest = Resampler(RATE_HZ), np.zeros(0, dtype=np.float32)
        self._buffer = VoiceBuffer(detector, voicing, self.parameters.window_s, self.parameters.forget_s)
        self._turns = SpeakerTurnDetector(model, self.parameters)
        self._every = self._next = round(self.parameters.every_s * RATE_HZ)
        self._waited_s, self._resampling_s = 0.0, 0.0
        self._enough = self._was_speech = False

    @property
    def time_s(self) -> float:
        """How much sound was taken up."""
        return self._buffer.samples / RATE_HZ

    def feed(self, frame: NDArray[Any], rate_hz: int, waited_s: float = 0.0) -> list[Decision]:
        """
        Take up a frame, of any length; the decisions that it leads to, most often none.

        Parameters
        ----------
        frame : ndarray
            (samples,) or (samples, channels); int16, int32, uint8 or float.
        rate_hz : int
            Its samples a second; may change from frame to frame.
        waited_s : float
            How long it lay in a queue; part of the decision's timings.

        Raises
        ------
        SoundError
            The frame is no sound. The stream is as if it had not come.
        """
        began = time.perf_counter()
        samples = self._resampler.feed(frame, rate_hz)
        self._resampling_s += time.perf_counter() - began
        self._waited_s = waited_s
        return list(self._take(samples))

    def finish(self) -> list[Decision]:
        """The decisions on what was held back until the sound is known to have ended."""
        return list(self._take(self._resampler.finish()))

    def _take(self, samples: Samples) -> Iterator[Decision]:
        come = np.concatenate([self._rest, samples])
        whole = len(come) - len(come) % CHUNK
        self._rest = come[whole:]
        for chunk in come[:whole].reshape(-1, CHUNK):
            self._buffer.push(chunk)
            is_due = self._buffer.samples >= self._next
            if is_due:
                self._next += self._every * ((self._buffer.samples - self._next) // self._every + 1)
            # A first name, and the end of speech, need not wait for their turn.
            before, self._enough = self._enough, self._speaks(self.parameters.first_s)
            ended = self._was_speech and not self._speaks(self.parameters.speech_s)
            if is_due or ended or (self._enough and not before):
                yield self._decide(self._buffer.take())

    def _speaks(self, voiced_s: float) -> bool:
        """Whether somebody speaks now, and has for so long."""
        enough = len(self._buffer.voice) >= voiced_s * RATE_HZ
        return enough and self._buffer.paused_s <= self.parameters.hold_s

    def _decide(self, since: Chunks) -> Decision:
        passes = self._turns.update(self._buffer, self.time_s)
        voice, probabilities = self._buffer.voice.all(), self._turns.probabilities
        clipped = float((np.abs(voice) >= FULL).mean()) if len(voice) else 0.0
        state, why = self._state(probabilities, clipped)
        self._was_speech = state is not State.NO_SPEECH
        sound = np.concatenate(since.samples)
        return Decision(
            time_s=self.time_s, state=state, why=why, probabilities=probabilities, voiced_s=len(voice) / RATE_HZ,
            level_dbfs=level_dbfs(sound), clipped=clipped, speech=tuple(since.speech),
            voiced=tuple(since.voiced), sound=sound, embedding=self._turns.embedding,
            timings=self._timings(since, passes),
        )  # fmt: skip

    def _state(self, probabilities: dict[str, float], clipped: float) -> tuple[State, Why]:
        parameters = self.parameters
        if not self._speaks(parameters.speech_s):
            return State.NO_SPEECH, Why.NONE
        if not probabilities:
            return State.UNSURE, Why.SHORT
        if clipped >= parameters.clipped_from:
            return State.UNSURE, Why.CLIPPED
        likelier = max(probabilities, key=probabilities.__getitem__)
        if probabilities[likelier] < parameters.sure_from:
            return State.UNSURE, Why.CLOSE
        return State.of(likelier), Why.NONE

    def _timings(self, since: Chunks, passes: list[Inference]) -> Timings:
        resampling_s, self._resampling_s = self._resampling_s, 0.0
        return Timings(
            buffering_ms=1000 * self._waited_s,
            resampling_ms=1000 * resampling_s,
            vad_ms=1000 * since.vad_s,
            features_ms=1000 * sum(one.features_s for one in passes),
            network_ms=1000 * sum(one.network_s for one in passes),
        )
