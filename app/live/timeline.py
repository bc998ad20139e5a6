"""Decisions of a whole recording to its time line: stretches of one state, from its beginning to its end.

A stream decides four times a second and needs some voice before it says a name. With the whole recording known, voice
begins and ends where it is heard, and a stretch of speech has from its beginning the name that it got first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import pandas as pd

from models.decisions import Decision, State, StreamParameters, Why
from models.vad import CHUNK, RATE_HZ

CHUNK_S = CHUNK / RATE_HZ
NAMES = {State.FEMALE: "female", State.MALE: "male"}
"""The states that name a voice, and the network's class behind each."""
START, PAUSE, CHANGE, BOTH = "", "pause", "change", "change after a pause"
"""How a stretch of speech may begin. A pause is one after which the stream has forgotten who spoke."""
BEGINS = {(False, False): START, (False, True): PAUSE, (True, False): CHANGE, (True, True): BOTH}
"""By whether the voice has another name, and whether it follows such a pause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of one state. The next one begins where it ends."""

    start_s: float
    end_s: float
    state: State
    turn: int = 0
    """Which turn of speech, from 1 on: a pause after which the stream has forgotten who spoke begins another."""
    begins: str = START
    probability: float = float("nan")
    """Mean of the named class over the decisions that named it; NaN where no voice is named."""
    voiced_s: float = 0.0
    """How much of it is voice."""
    named_after_s: float = float("nan")
    """Where its beginning was named afterwards: from its start to the decision that named it."""


@dataclass(slots=True)
class _Chunk:
    """32 ms, and the decision that was made on it; ``stretch`` numbers the speech that it belongs to, or is None."""

    voiced: bool
    decision: Decision
    turn: int = 0
    stretch: int | None = None
    state: State = State.NO_SPEECH
    named_at_s: float = float("nan")


def segments(decisions: Sequence[Decision], duration_s: float, parameters: StreamParameters) -> list[Segment]:
    """
    The time line, without gap or overlap from 0 to ``duration_s``.

    Parameters
    ----------
    decisions : sequence of Decision
        All that a stream decided, in their order.
    duration_s : float
        Seconds; chunks beyond are left out, and what no chunk covers is no speech.
    parameters : StreamParameters
        The stream's: gaps of up to ``hold_s`` belong to speech, less than ``speech_s`` of voice is none, and after
        ``forget_s`` anybody may speak.
    """
    count = int(np.ceil(round(duration_s / CHUNK_S, 6)))
    chunks = [_Chunk(voiced, one) for one in decisions for voiced in one.voiced][:count]
    nothing = Decision(time_s=duration_s, state=State.NO_SPEECH)
    chunks += [_Chunk(False, nothing) for _ in range(count - len(chunks))]
    for chunk, turn in zip(chunks, _turns([one.voiced for one in chunks], parameters.forget_s), strict=True):
        chunk.turn = turn
    for number, (first, last) in enumerate(_stretches([one.voiced for one in chunks], parameters)):
        stretch = chunks[first : last + 1]
        for chunk in stretch:
            chunk.stretch, chunk.state = number, chunk.decision.state
            if chunk.state is State.NO_SPEECH:  # decided before there was enough voice to call it speech
                chunk.state = State.UNSURE
        _name_beginning(stretch)
    return list(_with_beginnings(_runs(chunks, duration_s)))


def table(line: Iterable[Segment]) -> pd.DataFrame:
    """A row a segment: ``start_s``, ``end_s``, ``seconds``, ``state``, ``begins``, ``probability``, ``voiced_s``,
    ``named_after_s``."""
    rows = [
        {"start_s": one.start_s, "end_s": one.end_s, "seconds": one.end_s - one.start_s, "state": str(one.state),
         "begins": one.begins, "probability": one.probability, "voiced_s": one.voiced_s,
         "named_after_s": one.named_after_s}
        for one in line
    ]  # fmt: skip
    return pd.DataFrame(rows).round(3)


def shares(line: Iterable[Segment]) -> dict[State, float]:
    """Seconds of each state on the time line."""
    seconds = dict.fromkeys(State, 0.0)
    for one in line:
        seconds[one.state] += one.end_s - one.start_s
    return seconds


def clock(time_s: float) -> str:
    """``2:03.4``: minutes, seconds, tenths."""
    minutes, tenths = divmod(round(10 * time_s), 600)
    return f"{minutes}:{tenths // 10:02d}.{tenths % 10}"


def minutes(seconds: float) -> str:
    """``2:03``: whole minutes and seconds."""
    whole, rest = divmod(round(seconds), 60)
    return f"{whole}:{rest:02d}"


def _stretches(voiced: Sequence[bool], parameters: StreamParameters) -> Iterator[tuple[int, int]]:
    """First and last chunk of each stretch of speech: voice with no gap longer than ``hold_s``."""
    at = np.flatnonzero(voiced)
    if not len(at):
        return
    for part in np.split(at, np.flatnonzero((np.diff(at) - 1) * CHUNK_S > parameters.hold_s) + 1):
        if len(part) * CHUNK_S >= parameters.speech_s:
            yield int(part[0]), int(part[-1])


def _name_beginning(stretch: Sequence[_Chunk]) -> None:
    """Let what precedes the first name have it too, unless the sound was too bad to be judged."""
    first = next((place for place, one in enumerate(stretch) if one.state in NAMES), 0)
    before = stretch[:first]
    if any(one.decision.why is Why.CLIPPED for one in before):
        return
    for one in before:
        one.state, one.named_at_s = stretch[first].state, stretch[first].decision.time_s


def _turns(voiced: Sequence[bool], forget_s: float) -> list[int]:
    """For each chunk how many turns of speech have begun so far: one more whenever voice follows a long pause."""
    turns, turn, paused = [], 0, float("inf")
    for one in voiced:
        turn += one and paused * CHUNK_S >= forget_s
        paused = 0 if one else paused + 1
        turns.append(turn)
    return turns


def _runs(chunks: Sequence[_Chunk], duration_s: float) -> Iterator[Segment]:
    """Chunks of one state, one after the other, as segments that do not know yet how they begin."""
    at = 0
    for (_, state), run in groupby(chunks, key=lambda one: (one.stretch, one.state)):
        run_of = list(run)
        start_s, end_s = at * CHUNK_S, min((at + len(run_of)) * CHUNK_S, duration_s)
        at += len(run_of)
        named = {id(one.decision): one.decision for one in run_of if one.decision.state is state}
        likely = [one.probabilities[NAMES[state]] for one in named.values()] if state in NAMES else []
        yield Segment(
            start_s=start_s, end_s=end_s, state=state, turn=run_of[0].turn,
            probability=float(np.mean(likely)) if likely else float("nan"),
            voiced_s=min(sum(one.voiced for one in run_of) * CHUNK_S, end_s - start_s),
            named_after_s=run_of[0].named_at_s - start_s,
        )  # fmt: skip


def _with_beginnings(runs: Iterable[Segment]) -> Iterator[Segment]:
    turn, named = 0, None
    for one in runs:
        if one.state is State.NO_SPEECH:
            yield one
            continue
        changed, paused = one.state in NAMES and named not in (None, one.state), turn not in (0, one.turn)
        yield replace(one, begins=BEGINS[changed, paused])
        turn, named = one.turn, one.state if one.state in NAMES else named
