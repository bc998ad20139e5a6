"""Who speaks now, as the network hears it: the newest voice, and whether somebody else has begun without a pause."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.belief import Belief, calibrated
from models.decisions import StreamParameters
from models.ear import Ear, Heard
from models.ring import Samples
from models.spoken import Spoken
from models.vad import RATE_HZ


class Turns:
    """
    One turn is what one person says. A pause ends it, or another voice does.

    Where two people speak without a pause, the window holds both for seconds and names the first. So the network also
    hears the newest ``turn_s`` alone. Where that is surely the other class ``turn_times`` times in a row, a new turn
    has begun: the voice before is forgotten.

    Parameters
    ----------
    ear : Ear
        The network.
    parameters : StreamParameters
        How much voice it takes, and how sure it must be.
    """

    def __init__(self, ear: Ear, parameters: StreamParameters) -> None:
        self.ear, self.parameters = ear, parameters
        self._newest = round(parameters.turn_s * RATE_HZ)
        self._belief = Belief(parameters.smooth_s)
        self._listened_to = 0
        self._begin(0)

    def _begin(self, turn: int) -> None:
        self._turn, self._against = turn, 0
        self._belief.forget()
        self.embedding: NDArray[np.float32] | None = None
        """float32 (192,), of the voice that was heard last; None before."""

    @property
    def probabilities(self) -> dict[str, float]:
        """Of each class, calibrated and smoothed; empty where nothing was heard in this turn."""
        found = self._belief.probabilities(self.ear.temperature)
        return {} if found is None else dict(zip(self.ear.classes, map(float, found), strict=True))

    def listen(self, spoken: Spoken, time_s: float) -> list[Heard]:
        """
        Let the network hear the voice, where there is enough of it and more than it has heard.

        Parameters
        ----------
        spoken : Spoken
            The voice; what is of the turn before is taken out of it.
        time_s : float
            Where in the stream it ends.

        Returns
        -------
        list of Heard
            Each pass through the network, the one that counts last; empty where it heard nothing.
        """
        if self._turn != spoken.turns:
            self._begin(spoken.turns)
        voice = spoken.voice.all()
        enough = len(voice) >= self.parameters.first_s * RATE_HZ
        if not enough or spoken.voice.written == self._listened_to:
            return []
        self._listened_to = spoken.voice.written
        passes = self._compare(voice)
        if self._against >= self.parameters.turn_times:
            spoken.begin_with(self._newest)
            self._begin(spoken.turns)
        else:
            passes.append(self.ear.hear(voice))
        self._belief.hear(passes[-1].logits, time_s)
        self.embedding = passes[-1].embedding
        return passes

    def _compare(self, voice: Samples) -> list[Heard]:
        """Hear the newest part alone, where there is as much voice before it, and count how often it disagreed."""
        believed = self._belief.probabilities(self.ear.temperature)
        if believed is None or len(voice) < 2 * self._newest:
            return []
        heard = self.ear.hear(voice[-self._newest :])
        newest = calibrated(heard.logits, self.ear.temperature)
        other = newest.argmax() != believed.argmax() and newest.max() >= self.parameters.turn_sure_from
        self._against = self._against + 1 if other else 0
        return [heard]
