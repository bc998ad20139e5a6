"""From which probability on a stream names a voice: found by playing it the validation speakers, one after the other.

Each speaker's clips are joined with short pauses, as one speaks, and go through the very stream that the Live page has.
A stream that names only what it is sure of errs less and is silent more often; the curve says how much of each.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.decisions import Decision, State, StreamParameters, Why
from models.gender import StreamingModel, StreamingVoiceModel, load
from models.stream import VoiceStream
from models.vad import CHUNK, RATE_HZ, Silero, SpeechDetector
from models.voice_card import CARD, WEIGHTS
from pipeline.audio.decode import content_hash
from pipeline.runtime import stop
from pipeline.train.layout import TrainError
from pipeline.train.sound import ProgressCallback
from pipeline.train.voice.data import Collected
from pipeline.train.voice.evaluate import CLEAN, conditions
from pipeline.train.voice.sounds import Noises, Samples, decoded, read_noises, trim_to_speech
from store.snapshots import write_atomically

GRID = tuple(round(0.5 + step / 100, 2) for step in range(50))
"""The thresholds that are tried: 0.50 to 0.99."""
RIGHT_FROM = 0.99
UNDECIDED_UP_TO = 0.15
PAUSE_S = 0.2
"""Between two clips, beside the quarter of a second before and after the speech of each: less than the stream forgets
after."""
AT_ONCE = RATE_HZ
NOISY = "noise 10 dB"
"""Recorded beside the clean curve; the threshold is read off the clean one."""
DIGITS = 4
Detect = Callable[[], SpeechDetector]
"""A new detector for each stream."""


@dataclass(frozen=True, eq=False)
class SpeakerDecisions:
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


def joined_speech(clips: Iterable[Samples], pause_s: float = PAUSE_S) -> Samples:
    """Speech of clips (samples,) at 16 kHz, one after the other, a short pause after each."""
    pause = np.zeros(round(pause_s * RATE_HZ), dtype=np.float32)
    parts = [part for clip in clips for part in (trim_to_speech(clip).astype(np.float32), pause)]
    return np.concatenate(parts) if parts else pause[:0]


def run_stream(
    model: StreamingModel,
    detector: SpeechDetector,
    samples: Samples,
    parameters: StreamParameters | None = None,
) -> list[Decision]:
    """All decisions of a new stream on samples (samples,) at 16 kHz, a second at a time."""
    stream = VoiceStream(model, detector, parameters)
    decisions: list[Decision] = []
    for start in range(0, len(samples), AT_ONCE):
        stop.check()
        decisions += stream.feed(samples[start : start + AT_ONCE], RATE_HZ)
    return decisions + stream.finish()


def speaker_decisions(decisions: Iterable[Decision], sex: str) -> SpeakerDecisions:
    """What a stream decided on a speaker, whatever threshold it had; what is no speech to it is left out."""
    voiced = [one for one in decisions if one.state != State.NO_SPEECH]
    named = [one.probabilities if one.why in (Why.NONE, Why.CLOSE) else {} for one in voiced]
    return SpeakerDecisions(
        np.array([seconds(one) for one in voiced], dtype=np.float64),
        np.array([max(one.values(), default=0.0) for one in named], dtype=np.float64),
        np.array([bool(one) and max(one, key=one.__getitem__) == sex for one in named], dtype=np.bool_),
    )


def seconds(decision: Decision) -> float:
    """How much sound a decision is about: what came since the one before."""
    return len(decision.voiced) * CHUNK / RATE_HZ


def curve(found: Sequence[SpeakerDecisions], thresholds: Sequence[float] = GRID) -> list[Point]:
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


def best_threshold(points: Sequence[Point]) -> Point | None:
    """
    The threshold to use: a rule that was fixed before anything was measured, and looks at validation alone.

    It is the lowest at which at least 99 % of the decided time is right. Where none reaches that, it is the one with
    the highest share right among those that leave at most 15 % of the time with speech undecided, the lowest of equal
    ones. Where there is no such either, or nobody spoke, there is none.
    """
    measured = [point for point in points if not math.isnan(point.right)]
    enough = [point for point in measured if point.right >= RIGHT_FROM]
    if enough:
        return min(enough, key=lambda point: point.threshold)
    allowed = [point for point in measured if point.undecided <= UNDECIDED_UP_TO]
    return max(allowed, key=lambda point: (point.right, -point.threshold), default=None)


def fit_threshold(
    model: StreamingModel,
    clips: pd.DataFrame,
    noises: Noises,
    detect: Detect = Silero,
    on_progress: ProgressCallback | None = None,
) -> dict[str, Any] | None:
    """
    The threshold of a stream with this network, as a card holds it; None where the rule finds none
    (:func:`pipeline.train.voice.stream_threshold.chosen`).

    Parameters
    ----------
    clips : DataFrame
        Of the validation speakers and of nobody else: ``path``, ``speaker``, ``sex``.
    noises : Noises
        Of validation; without any there is no noisy curve.
    """
    chosen = [one for one in conditions(noises) if one.name in (CLEAN, NOISY)]
    people = list(clips.groupby(["speaker", "sex"]))
    decided: dict[str, list[SpeakerDecisions]] = {one.name: [] for one in chosen}
    for number, ((speaker, sex), own) in enumerate(people, start=1):
        speech = joined_speech(decoded(path) for path in own["path"])
        for one in chosen:
            decisions = run_stream(model, detect(), one.of(str(speaker), speech))
            decided[one.name].append(speaker_decisions(decisions, str(sex)))
        if on_progress:
            on_progress(number, len(people))
    curves = {name: curve(found) for name, found in decided.items()}
    best = best_threshold(curves[CLEAN])
    return _card_part(best, curves, clips) if best else None


def _card_part(best: Point, curves: dict[str, list[Point]], clips: pd.DataFrame) -> dict[str, Any]:
    parameters = asdict(StreamParameters())
    return {
        "sure_from": best.threshold, "right": round(best.right, DIGITS), "undecided": round(best.undecided, DIGITS),
        "parameters": {name: value for name, value in parameters.items() if name != "sure_from"},
        "fitted_on": {"part": "validation", "speakers": sorted(clips["speaker"].unique()), "clips": len(clips)},
        "curve": {name: [_row(point) for point in points] for name, points in curves.items()},
    }  # fmt: skip


def _row(point: Point) -> list[float | None]:
    """A share of nothing, NaN, is null: JSON knows no NaN."""
    return [None if value != value else round(value, DIGITS) for value in astuple(point)]


def refit_threshold(
    place: Path, collected: Collected, on_progress: ProgressCallback | None = None
) -> dict[str, Any]:
    """
    Fit the threshold of a network that is trained already, anew or for the first time, and write it into its card.

    Parameters
    ----------
    place : Path
        The folder with its weights and its card.
    collected : Collected
        The corpora that it was trained on. Which clips are validation's, the card says by their contents.

    Raises
    ------
    TrainError
        There is no card, or not every clip of its validation speakers is there, or no threshold fits.
    VoiceModelError
        The weights cannot be read.
    """
    content = _card(place / CARD)
    clips = _validated(set(content["heard"]["validation"]), collected.voices)
    noises = read_noises(collected.sounds, "validation")
    stream = fit_threshold(StreamingVoiceModel(load(place / WEIGHTS)), clips, noises, on_progress=on_progress)
    if stream is None:
        raise TrainError(
            f"No threshold fits: in the {len(clips)} validation clips no speech is found, or names are too often "
            f"wrong or too rarely given. {place / CARD} stays as it is; train the network longer or on more voices."
        )
    write_atomically(place / CARD, json.dumps(content | {"stream": stream}, indent=1) + "\n")
    return stream


def _card(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        _ = content["heard"]["validation"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainError(
            f"{path} cannot be read as the card of a voice network ({type(error).__name__}: {error}). "
            "Train one: `python -m pipeline train gender`."
        ) from error
    return content


def _validated(hashes: set[str], voices: pd.DataFrame) -> pd.DataFrame:
    """The clips with these contents, which must all be there."""
    known = voices.dropna(subset=["speaker", "sex"])
    found = pd.Series([content_hash(Path(one)) for one in known["path"]], index=known.index, dtype=object)
    missing = len(hashes - set(found))
    if missing or not hashes:
        raise TrainError(
            f"{missing} of the {len(hashes)} clips by which the network was chosen are not in the collections given; "
            "expected all. Name the corpora that it was trained on by --dataset NAME=PATH."
        )
    return known[found.isin(hashes)]
