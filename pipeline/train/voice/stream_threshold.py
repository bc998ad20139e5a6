"""From which probability on a stream names a voice: found by playing it the validation speakers, one after the other.

Each speaker's clips are joined with short pauses, as one speaks, and go through the very stream that the Live page has.
A stream that names only what it is sure of errs less and is silent more often; the curve says how much of each.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.decisions import Decision, State, StreamParameters, Why
from models.gender import Ear
from models.stream import VoiceStream
from models.vad import CHUNK, RATE_HZ, SpeechDetector
from pipeline.runtime import stop
from pipeline.train.voice.sounds import Samples, spoken

GRID = tuple(round(0.5 + step / 100, 2) for step in range(50))
"""The thresholds that are tried: 0.50 to 0.99."""
RIGHT_FROM = 0.99
UNDECIDED_UP_TO = 0.15
PAUSE_S = 0.2
"""Between two clips, beside the quarter of a second before and after the speech of each: less than the stream forgets
after."""
AT_ONCE = RATE_HZ


@dataclass(frozen=True, eq=False)
class Answers:
    """The decisions that were made while a known person spoke; three arrays (decisions,)."""

    seconds: NDArray[np.float64]
    """How much sound each of them is about."""
    probability: NDArray[np.float64]
    """Of the likelier class; 0 where no name may be given whatever it is: too little voice so far, or clipped."""
    right: NDArray[np.bool_]
    """The likelier class is the speaker's."""


@dataclass(frozen=True, slots=True)
class Point:
    """What a threshold leads to, each a share of time."""

    threshold: float
    right: float
    """Of the time in which a name is given; NaN where none ever is."""
    undecided: float
    """Of the time in which somebody speaks; NaN where nobody does."""


def as_one_speaks(clips: Iterable[Samples], pause_s: float = PAUSE_S) -> Samples:
    """Speech of clips (samples,) at 16 kHz, one after the other, a short pause after each."""
    pause = np.zeros(round(pause_s * RATE_HZ), dtype=np.float32)
    parts = [part for clip in clips for part in (spoken(clip).astype(np.float32), pause)]
    return np.concatenate(parts) if parts else pause[:0]


def play(
    ear: Ear, detector: SpeechDetector, samples: Samples, parameters: StreamParameters | None = None
) -> list[Decision]:
    """All decisions of a new stream on samples (samples,) at 16 kHz, a second at a time."""
    stream = VoiceStream(ear, detector, parameters)
    decisions: list[Decision] = []
    for start in range(0, len(samples), AT_ONCE):
        stop.check()
        decisions += stream.feed(samples[start : start + AT_ONCE], RATE_HZ)
    return decisions + stream.finish()


def answers(decisions: Iterable[Decision], sex: str) -> Answers:
    """What a stream told of a speaker, whatever threshold it had; what is no speech to it is left out."""
    voiced = [one for one in decisions if one.state != State.NO_SPEECH]
    named = [one.probabilities if one.why in (Why.NONE, Why.CLOSE) else {} for one in voiced]
    return Answers(
        np.array([seconds(one) for one in voiced], dtype=np.float64),
        np.array([max(told.values(), default=0.0) for told in named], dtype=np.float64),
        np.array([bool(told) and max(told, key=told.__getitem__) == sex for told in named], dtype=np.bool_),
    )


def seconds(decision: Decision) -> float:
    """How much sound a decision is about: what came since the one before."""
    return len(decision.voiced) * CHUNK / RATE_HZ


def curve(found: Sequence[Answers], thresholds: Sequence[float] = GRID) -> list[Point]:
    """What each threshold leads to, time of all speakers taken together."""
    weight = np.concatenate([one.seconds for one in found]) if found else np.zeros(0)
    if not weight.sum():
        return [Point(threshold, math.nan, math.nan) for threshold in thresholds]
    probability = np.concatenate([one.probability for one in found])
    right = np.concatenate([one.right for one in found])
    points = []
    for threshold in thresholds:
        decided = probability >= threshold
        decided_s = float(weight[decided].sum())
        right_s = float(weight[decided & right].sum())
        points.append(
            Point(threshold, right_s / decided_s if decided_s else math.nan, 1 - decided_s / weight.sum())
        )
    return points


def chosen(points: Sequence[Point]) -> Point | None:
    """
    The threshold to use: a rule that was fixed before anything was measured, and looks at validation alone.

    It is the lowest at which at least 99 % of the decided time is right. Where none reaches that, it is the one with
    the highest share right among those that leave at most 15 % of the time with speech undecided, the lowest of equal
    ones. Where there is no such either, or nobody was heard, there is none.
    """
    told = [point for point in points if not math.isnan(point.right)]
    enough = [point for point in told if point.right >= RIGHT_FROM]
    if enough:
        return min(enough, key=lambda point: point.threshold)
    allowed = [point for point in told if point.undecided <= UNDECIDED_UP_TO]
    return max(allowed, key=lambda point: (point.right, -point.threshold), default=None)
