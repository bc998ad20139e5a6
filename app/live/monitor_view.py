"""What the live monitor is drawn from: a state of the session as the few numbers that a browser gets a tick."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import librosa
import numpy as np
from numpy.typing import NDArray

from app.live.session import LiveState
from app.live.spectrogram import KEEP_S, Picture
from models.decisions import Decision, State, Why
from models.speech import SPEECH
from models.stream import FULL

LOW_DB, HIGH_DB = -65.0, 15.0
"""Of a mel band: black and brightest. A quiet room lies at the one, the harmonics of a near voice at the other."""
FRAMES = 2
"""Frames of the picture in a column: on no screen does it get wider than 2 pixels a frame."""
COLUMN_S = FRAMES * SPEECH.hop_s
SENT_S = 1.8
"""The newest sound of each tick. The browser keeps what came before; a tick may come so late, and nothing is lost."""
HISTORY_S = 60.0
PEAK_S = 1.5
"""How long a peak is held."""
SILENT_DBFS = -120.0
CLIPPED_FROM = 0.001
"""Share of samples at full scale within the held time that is worth a warning."""
WAITING, WAITING_WORDS = "waiting", "listening…"
STATES = tuple(State)
TICKS_HZ = (500, 1000, 2000, 4000)


def newest_columns(picture: Picture) -> tuple[int, NDArray[np.uint8], NDArray[np.bool_]]:
    """Number of the first column, levels (columns, bands) and voiced (columns,) of the newest ``SENT_S``."""
    start = round(picture.start_s / picture.hop_s)
    stop = (start + picture.decibels.shape[1]) // FRAMES
    # Always the same frames make a column, whatever the picture begins with; those that lack one wait.
    first = max(-(-start // FRAMES), stop - round(SENT_S / COLUMN_S))
    stop = max(first, stop)
    frames = slice(first * FRAMES - start, stop * FRAMES - start)
    decibels = picture.decibels[:, frames].reshape(len(picture.decibels), stop - first, FRAMES)
    power_db = 10 * np.log10(np.mean(10 ** (decibels / 10), 2))  # (bands, columns)
    levels = np.rint(255 * np.clip((power_db - LOW_DB) / (HIGH_DB - LOW_DB), 0, 1)).astype(np.uint8)
    voiced: NDArray[np.bool_] = np.any(picture.voiced[frames].reshape(-1, FRAMES), axis=1)
    return first, np.ascontiguousarray(levels.T), voiced


@dataclass(frozen=True, slots=True)
class Sent:
    """Number and time of a tick, by which the browser tells when it was drawn."""

    number: int
    ms: int
    """Milliseconds since 1970, by the server's clock."""


@dataclass(frozen=True, slots=True)
class MonitorData:
    """One tick. Numbers of columns count from the session's beginning, ``COLUMN_S`` each."""

    session: str
    """With a new name the browser forgets all that it has."""
    state: str
    """A ``State``, or ``WAITING``."""
    words: str
    why: str
    classes: tuple[str, ...]
    probability: float | None
    """Of the first class; None where no voice is heard or too little of it."""
    sure_from: float
    level_dbfs: float
    peak_dbfs: float
    clipped: bool
    now_s: float
    """Seconds of sound so far."""
    first: int
    """Number of the first column."""
    columns: str
    """Base64 of uint8 (columns, bands), the lowest band first: 0 at ``LOW_DB``, 255 at ``HIGH_DB``."""
    voiced: str
    """A digit a column: 1 where there is voice."""
    decisions: list[tuple[float, float | None, int]]
    """Time in seconds, probability of the first class, place in ``STATES``."""
    sent: Sent


def monitor_data(
    state: LiveState, *, session: str, classes: Sequence[str], sure_from: float, sent: Sent
) -> MonitorData:
    """
    What there is to draw of a state.

    Parameters
    ----------
    session : str
        Tells this session from every other.
    classes : sequence of str
        The two that the network tells apart; the first is on the right of the gauge and above in time.
    sure_from : float
        Probability from which on a voice gets a name.

    Raises
    ------
    ValueError
        There are not two classes.
    """
    if len(classes) != 2:
        raise ValueError(f"The network tells {len(classes)} classes apart; the monitor shows exactly 2.")
    latest, recent = state.latest, _newest(state.recent, HISTORY_S)
    first, levels, voiced = newest_columns(state.picture)
    return MonitorData(
        session=session,
        state=WAITING if latest is None else str(latest.state),
        words=WAITING_WORDS if latest is None else str(latest.state),
        why="" if latest is None else str(latest.why),
        classes=tuple(classes),
        probability=None if latest is None else _probability(latest, classes[0]),
        sure_from=sure_from,
        level_dbfs=SILENT_DBFS if latest is None else round(latest.level_dbfs, 1),
        peak_dbfs=SILENT_DBFS if latest is None else round(_peak_dbfs(recent), 1),
        clipped=latest is not None and (latest.why is Why.CLIPPED or _clipped(recent)),
        now_s=round(recent[-1].time_s, 3) if recent else 0.0,
        first=first,
        columns=base64.b64encode(levels.tobytes()).decode("ascii"),
        voiced="".join(map(str, voiced.astype(int))),
        decisions=[_row(one, classes[0]) for one in recent],
        sent=sent,
    )


def constants() -> dict[str, Any]:
    """What is the same at every tick."""
    centres_hz = librosa.mel_frequencies(SPEECH.n_mels + 2, fmin=SPEECH.f_min_hz, fmax=SPEECH.f_max_hz)[1:-1]
    places = np.interp(TICKS_HZ, centres_hz, (np.arange(SPEECH.n_mels) + 0.5) / SPEECH.n_mels)
    return {
        "bands": SPEECH.n_mels,
        "columnS": COLUMN_S,
        "pictureS": KEEP_S,
        "historyS": HISTORY_S,
        "states": [str(one) for one in STATES],
        "waiting": WAITING,
        "ticks": [[hz, round(float(place), 4)] for hz, place in zip(TICKS_HZ, places, strict=True)],
    }


def _newest(decisions: Sequence[Decision], seconds: float) -> tuple[Decision, ...]:
    return tuple(one for one in decisions if one.time_s > decisions[-1].time_s - seconds)


def _probability(decision: Decision, name: str) -> float | None:
    """None in a pause as well, in which what was said before it is still remembered."""
    if decision.state is State.NO_SPEECH or name not in decision.probabilities:
        return None
    return round(decision.probabilities[name], 3)


def _row(decision: Decision, name: str) -> tuple[float, float | None, int]:
    return round(decision.time_s, 2), _probability(decision, name), STATES.index(decision.state)


def _peak_dbfs(recent: Sequence[Decision]) -> float:
    peak = max((float(np.abs(one.sound).max(initial=0)) for one in _newest(recent, PEAK_S)), default=0.0)
    return max(20 * float(np.log10(max(peak, 1e-6))), SILENT_DBFS)


def _clipped(recent: Sequence[Decision]) -> bool:
    sounds = [one.sound for one in _newest(recent, PEAK_S)]
    full = sum(int((np.abs(sound) >= FULL).sum()) for sound in sounds)
    return full > CLIPPED_FROM * sum(map(len, sounds))
