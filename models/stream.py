"""Frames of sound in, decisions out: no speech, not sure yet, female-like or male-like voice.

It knows no browser and no page. What it decides depends on the sound alone, not on the frames that it came in.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.audio import Resampler
from models.decisions import Decision, State, StreamParameters, Timings, Why
from models.ear import Ear, Heard
from models.ring import Samples
from models.spoken import Chunks, Spoken
from models.turns import Turns
from models.vad import CHUNK, RATE_HZ, SpeechDetector, VoicingParameters, level_dbfs

FULL = 0.98
"""From here on a sample counts as clipped: resampling rounds off what was cut off at full scale."""


class VoiceStream:
    """
    One person's microphone, or one recording. It holds ``window_s`` of voice and a quarter of a second of other sound.

    Parameters
    ----------
    ear : Ear
        The network; streams may share it.
    detector : SpeechDetector
        The stream's own.

    Raises
    ------
    ValueError
        The ear tells apart something else than female and male voices.
    """

    def __init__(
        self,
        ear: Ear,
        detector: SpeechDetector,
        parameters: StreamParameters | None = None,
        voicing: VoicingParameters | None = None,
    ) -> None:
        for name in ear.classes:
            State.of(name)
        self.ear, self.parameters = ear, parameters or StreamParameters()
        self._resampler, self._rest = Resampler(RATE_HZ), np.zeros(0, dtype=np.float32)
        self._spoken = Spoken(detector, voicing, self.parameters.window_s, self.parameters.forget_s)
        self._turns = Turns(ear, self.parameters)
        self._every = self._next = round(self.parameters.every_s * RATE_HZ)
        self._waited_s, self._resampling_s = 0.0, 0.0
        self._enough = self._told_speech = False

    @property
    def time_s(self) -> float:
        """How much sound was taken up."""
        return self._spoken.samples / RATE_HZ

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
            How long it lay in a queue; told in the decision's timings.

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
            self._spoken.hear(chunk)
            due = self._spoken.samples >= self._next
            if due:
                self._next += self._every * ((self._spoken.samples - self._next) // self._every + 1)
            # A first name, and the end of speech, need not wait for their turn.
            before, self._enough = self._enough, self._speaks(self.parameters.first_s)
            ended = self._told_speech and not self._speaks(self.parameters.speech_s)
            if due or ended or (self._enough and not before):
                yield self._decide(self._spoken.taken())

    def _speaks(self, voiced_s: float) -> bool:
        """Whether somebody speaks now, and has for so long."""
        enough = len(self._spoken.voice) >= voiced_s * RATE_HZ
        return enough and self._spoken.paused_s <= self.parameters.hold_s

    def _decide(self, since: Chunks) -> Decision:
        passes = self._turns.listen(self._spoken, self.time_s)
        voice, told = self._spoken.voice.all(), self._turns.probabilities
        clipped = float((np.abs(voice) >= FULL).mean()) if len(voice) else 0.0
        state, why = self._state(told, clipped)
        self._told_speech = state is not State.NO_SPEECH
        sound = np.concatenate(since.samples)
        return Decision(
            time_s=self.time_s, state=state, why=why, probabilities=told, voiced_s=len(voice) / RATE_HZ,
            level_dbfs=level_dbfs(sound), clipped=clipped, speech=tuple(since.speech),
            voiced=tuple(since.voiced), sound=sound, embedding=self._turns.embedding,
            timings=self._timings(since, passes),
        )  # fmt: skip

    def _state(self, told: dict[str, float], clipped: float) -> tuple[State, Why]:
        wanted = self.parameters
        if not self._speaks(wanted.speech_s):
            return State.NO_SPEECH, Why.NONE
        if not told:
            return State.UNSURE, Why.SHORT
        if clipped >= wanted.clipped_from:
            return State.UNSURE, Why.CLIPPED
        likelier = max(told, key=told.__getitem__)
        if told[likelier] < wanted.sure_from:
            return State.UNSURE, Why.CLOSE
        return State.of(likelier), Why.NONE

    def _timings(self, since: Chunks, passes: list[Heard]) -> Timings:
        resampling_s, self._resampling_s = self._resampling_s, 0.0
        return Timings(
            buffering_ms=1000 * self._waited_s,
            resampling_ms=1000 * resampling_s,
            vad_ms=1000 * since.vad_s,
            features_ms=1000 * sum(one.features_s for one in passes),
            network_ms=1000 * sum(one.network_s for one in passes),
        )
