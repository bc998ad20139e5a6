"""The part of a network's card that a stream needs: its threshold, the curve it was read off, and who was heard."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

import pandas as pd

from models.decisions import StreamParameters
from models.ear import Ear, VoiceEar
from models.gender import load
from models.vad import Silero, SpeechDetector
from pipeline.audio.decode import content_hash
from pipeline.networks.voice_card import CARD, WEIGHTS
from pipeline.train.errors import TrainError
from pipeline.train.voice.conditions import CLEAN, conditions
from pipeline.train.voice.data import Collected
from pipeline.train.voice.sounds import Noises, decoded, read_noises
from pipeline.train.voice.stream_threshold import Answers, Point, answers, as_one_speaks, chosen, curve, play
from store.files import write_atomically

Detect = Callable[[], SpeechDetector]
"""A new detector for each stream."""
Tell = Callable[[int, int], None]
"""Is told how many speakers were heard, once in each condition, and of how many."""

NOISY = "noise 10 dB"
"""Recorded beside the clean curve; the threshold is read off the clean one."""
DIGITS = 4


def fitted(
    ear: Ear, clips: pd.DataFrame, noises: Noises, detect: Detect = Silero, tell: Tell | None = None
) -> dict[str, Any] | None:
    """
    The threshold of a stream with this network, as a card tells it; None where the rule finds none
    (:func:`pipeline.train.voice.stream_threshold.chosen`).

    Parameters
    ----------
    clips : DataFrame
        Of the validation speakers and of nobody else: ``path``, ``speaker``, ``sex``.
    noises : Noises
        Of validation; without any there is no noisy curve.
    """
    wanted = [one for one in conditions(noises) if one.name in (CLEAN, NOISY)]
    people = list(clips.groupby(["speaker", "sex"]))
    heard: dict[str, list[Answers]] = {one.name: [] for one in wanted}
    for number, ((speaker, sex), own) in enumerate(people, start=1):
        said = as_one_speaks(decoded(path) for path in own["path"])
        for one in wanted:
            decisions = play(ear, detect(), one.of(str(speaker), said))
            heard[one.name].append(answers(decisions, str(sex)))
        if tell:
            tell(number, len(people))
    curves = {name: curve(found) for name, found in heard.items()}
    best = chosen(curves[CLEAN])
    return _told(best, curves, clips) if best else None


def _told(best: Point, curves: dict[str, list[Point]], clips: pd.DataFrame) -> dict[str, Any]:
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


def refit(place: Path, collected: Collected, tell: Tell | None = None) -> dict[str, Any]:
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
    stream = fitted(VoiceEar(load(place / WEIGHTS)), clips, noises, tell=tell)
    if stream is None:
        raise TrainError(
            f"No threshold fits: in the {len(clips)} validation clips no speech is heard, or names are too often "
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


def _validated(wanted: set[str], voices: pd.DataFrame) -> pd.DataFrame:
    """The clips with these contents, which must all be there."""
    known = voices.dropna(subset=["speaker", "sex"])
    hashes = pd.Series([content_hash(Path(one)) for one in known["path"]], index=known.index, dtype=object)
    missing = len(wanted - set(hashes))
    if missing or not wanted:
        raise TrainError(
            f"{missing} of the {len(wanted)} clips by which the network was chosen are not in the collections given; "
            "expected all. Name the corpora that it was trained on by --dataset NAME=PATH."
        )
    return known[hashes.isin(wanted)]
