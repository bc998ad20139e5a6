"""A long recording made of the store's sentences, with pauses between them: who speaks when is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.live.timeline import NAMES, Segment
from models.decisions import Decision, State
from models.vad import CHUNK, RATE_HZ
from models.voice_card import Card
from pipeline.audio.decode import AudioError, resample
from pipeline.errors import PipelineError
from pipeline.networks.exposure import LEARNED, NEVER_MET, VALIDATED, by_clip

LASTS_S = 120.0
SEED = 6
SEXES = ("female", "male")
SHORT_S, LONG_S = (0.4, 0.7), (0.8, 1.5)
"""Pauses: every third change of speakers has a short one, after which a stream still remembers who spoke."""
Samples = NDArray[np.float32]


class NoExampleError(PipelineError):
    """The store holds no speech to make an example of."""


@dataclass(frozen=True, eq=False)
class Sentences:
    """Of one collection, those by speakers with whom the network had to do the same, as far as that goes."""

    title: str
    synthetic: bool
    role: str
    """``never met``, ``validated on`` or ``learned from``: what the network had to do with the speakers."""
    clips: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Example:
    """float32 ``samples`` (samples,) at 16 kHz, what is where in them, and the clips that could not be read."""

    samples: Samples
    truth: tuple[ReferenceUtterance, ...]
    missing: tuple[str, ...]


def choose(datasets: pd.DataFrame, clips_of: Callable[[str], pd.DataFrame], card: Card) -> Sentences:
    """
    The collection to take: speakers that the network never met first, then real ones, then many.

    Parameters
    ----------
    datasets : DataFrame
        ``dataset``, ``title``, ``synthetic``; from the snapshot.
    clips_of : callable
        The clips of a dataset by its name.
    card : Card
        Of the network in use.

    Raises
    ------
    NoExampleError
        No collection has women and men who are named as speakers.
    """
    found = []
    for row in datasets.itertuples():
        clips = clips_of(str(row.dataset))
        clips = clips[clips["sex"].isin(SEXES) & clips["speaker"].notna()]
        roles = by_clip(clips, card)
        for place, role in enumerate((NEVER_MET, VALIDATED, LEARNED)):
            part = clips[roles == role]
            if part["sex"].nunique() == len(SEXES):
                order = (place, bool(row.synthetic), -part["speaker"].nunique(), str(row.dataset))
                found.append((order, Sentences(str(row.title), bool(row.synthetic), role, part)))
    if not found:
        raise NoExampleError(
            "The store holds no collection with women and men who are named as speakers; an example is made of "
            "their sentences. Add TIMIT, LibriSpeech, RAVDESS, EmoDB or the demo on the Pipeline page."
        )
    return min(found, key=lambda one: one[0])[1]


def plan(clips: pd.DataFrame, lasts_s: float = LASTS_S, seed: int = SEED) -> list[tuple[str, float]]:
    """
    Which clips, and the pause in seconds before each: the same for the same clips.

    No speaker follows him- or herself, no sentence comes twice, and more often than not the sex changes too.
    """
    choice = np.random.default_rng(seed)
    left = clips.sort_values("clip_id").set_index("clip_id")[["speaker", "sex", "duration_s"]]
    durations_s = left["duration_s"].to_dict()
    planned: list[tuple[str, float]] = []
    last, reached_s = None, 0.0
    while reached_s < lasts_s:
        able = left if last is None else left[left["speaker"] != last["speaker"]]
        if last is not None and choice.random() < 0.75 and (able["sex"] != last["sex"]).any():
            able = able[able["sex"] != last["sex"]]
        if able.empty:
            break
        # A speaker first, then a sentence: who said much is not heard more often.
        speaker = choice.choice(sorted(able["speaker"].unique()))
        clip_id = str(choice.choice(able.index[able["speaker"] == speaker].to_numpy()))
        pause_s = float(choice.uniform(*(SHORT_S if len(planned) % 3 == 2 else LONG_S)))
        last, left = left.loc[clip_id], left.drop(index=clip_id)
        planned.append((clip_id, pause_s))
        reached_s += pause_s + float(durations_s[clip_id])
    return planned


def build(
    clips: pd.DataFrame,
    planned: Sequence[tuple[str, float]],
    load: Callable[[pd.Series], tuple[Samples, int]],
) -> Example:
    """
    Put the sentences one after the other.

    Parameters
    ----------
    load : callable
        A clip's mono samples and their rate in Hz; one that raises ``AudioError`` is left out, with its pause.

    Raises
    ------
    NoExampleError
        None of the recordings can be read.
    """
    rows = {str(row["clip_id"]): row for _, row in clips.iterrows()}
    sound: list[Samples] = []
    truth: list[ReferenceUtterance] = []
    missing: list[str] = []
    at = 0
    for clip_id, pause_s in planned:
        clip = rows[clip_id]
        try:
            samples = resample(*load(clip), RATE_HZ)
        except AudioError:
            missing.append(clip_id)
            continue
        pause = np.zeros(round(pause_s * RATE_HZ), dtype=np.float32)
        start, at = at + len(pause), at + len(pause) + len(samples)
        sound += [pause, samples]
        truth.append(
            ReferenceUtterance(start / RATE_HZ, at / RATE_HZ, clip_id, str(clip["speaker"]), str(clip["sex"]))
        )
    if not truth:
        raise NoExampleError(
            f"None of the {len(planned)} recordings for the example can be read; expected them where they were when "
            "the store was built. Put them back, or build again on the Pipeline page."
        )
    end = np.zeros(RATE_HZ, dtype=np.float32)
    return Example(np.concatenate([*sound, end]), tuple(truth), tuple(missing))


@dataclass(frozen=True, slots=True)
class ReferenceUtterance:
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


def agreement(
    stretches: Iterable[tuple[float, float, State]], truth: Sequence[ReferenceUtterance]
) -> Agreement:
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
