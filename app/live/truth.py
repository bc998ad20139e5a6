"""How far a time line agrees with what is known of a recording: who was put where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.live.timeline import NAMES, Segment
from models.decisions import Decision, State
from models.vad import CHUNK, RATE_HZ


@dataclass(frozen=True, slots=True)
class Spoken:
    """One sentence in a recording; ``sex`` is what its corpus records of the speaker, female or male."""

    start_s: float
    end_s: float
    clip_id: str
    speaker: str
    sex: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """Seconds within sentences: called by the recorded sex, by the other one, speech that was not named, no speech.

    ``outside_s`` were given a name where no sentence was.
    """

    right_s: float
    wrong_s: float
    unsure_s: float
    unheard_s: float
    outside_s: float

    @property
    def right(self) -> float:
        """Share of the time that has a name; NaN where none has."""
        named_s = self.right_s + self.wrong_s
        return self.right_s / named_s if named_s else float("nan")

    @property
    def undecided(self) -> float:
        """Share of the speech heard within sentences that has no name; NaN where none was heard."""
        heard_s = self.right_s + self.wrong_s + self.unsure_s
        return self.unsure_s / heard_s if heard_s else float("nan")


def agreement(stretches: Iterable[tuple[float, float, State]], truth: Sequence[Spoken]) -> Agreement:
    """
    Parameters
    ----------
    stretches : iterable of tuple
        Start and end in seconds, and what was said of it; of a time line or of single decisions.
    truth : sequence of Spoken
        None overlaps another.
    """
    seconds = dict.fromkeys(("right", "wrong", "unsure", "unheard", "outside"), 0.0)
    for start_s, end_s, state in stretches:
        inside_s = 0.0
        for one in truth:
            both_s = min(end_s, one.end_s) - max(start_s, one.start_s)
            if both_s > 0:
                seconds[_verdict(state, one.sex)] += both_s
                inside_s += both_s
        if state in NAMES:
            seconds["outside"] += end_s - start_s - inside_s
    return Agreement(*seconds.values())


def of_line(line: Iterable[Segment]) -> list[tuple[float, float, State]]:
    """A time line as :func:`agreement` takes it."""
    return [(one.start_s, one.end_s, one.state) for one in line]


def of_decisions(decisions: Iterable[Decision]) -> list[tuple[float, float, State]]:
    """What was said at each moment, as a live stream said it: each decision stands for the time since the last."""
    return [(one.time_s - len(one.voiced) * CHUNK / RATE_HZ, one.time_s, one.state) for one in decisions]


def _verdict(state: State, sex: str) -> str:
    if state in NAMES:
        return "right" if NAMES[state] == sex else "wrong"
    return "unheard" if state is State.NO_SPEECH else "unsure"
