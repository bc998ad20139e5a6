"""Who is learned from, who is listened to while learning, and who is met only at the end: speakers, never clips.

Any dataset whose clips have a ``sex`` and a ``speaker`` will do. One with an official split, as TIMIT has, is only
tested on where there is another to learn from, unless it is asked for; then its own split holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from models.gender_format import SEXES
from pipeline.clips import Clip
from pipeline.train.errors import TrainError
from pipeline.train.voice.speakers import marked, require_both, require_speakers
from store.errors import listed

READ_BY_ALL = "SA"
"""TIMIT's two sentences that everybody reads: its own documentation leaves them out of tests."""
COLUMNS = ("clip_id", "dataset", "path", "speaker", "sex", "split", "dialect", "sentence_type")


@dataclass(frozen=True, eq=False)
class Voices:
    """Clips by what they are for, with the columns :data:`COLUMNS`; no speaker is in two of the three."""

    train: pd.DataFrame
    validation: pd.DataFrame
    test: pd.DataFrame
    notes: tuple[str, ...] = ()


def table(clips: Iterable[Clip]) -> pd.DataFrame:
    """Clips as a dataset's ``scan`` finds them -> one row each; ``speaker`` is unique over all datasets."""
    rows = [
        (
            clip.clip_id, clip.dataset, str(clip.path), f"{clip.dataset}/{clip.speaker}" if clip.speaker else None,
            clip.sex, clip.split, clip.dialect, clip.sentence_type,
        )
        for clip in clips
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)


def parts(
    clips: pd.DataFrame,
    *,
    train_on: Sequence[str] = (),
    validation_share: float = 0.2,
    test_share: float = 0.0,
    seed: int = 0,
) -> Voices:
    """
    Divide the speakers.

    Parameters
    ----------
    clips : DataFrame
        As :func:`table` gives it.
    train_on : sequence of str
        Datasets to learn from; by default those without an official split, or all where there is no such.
    validation_share, test_share : float
        Of the training speakers of each dataset and sex, those that are kept apart. In a dataset with an official
        split nobody is kept for the test but those of its own test part.

    Raises
    ------
    TrainError
        A dataset is not there, says nothing of sex or speaker, has one sex only or too few speakers.
    """
    known = clips[clips["sex"].isin(SEXES) & clips["speaker"].notna()]
    names = _training_names(clips, known, train_on)
    official, divided = [], []
    for name in names:
        free, own_test = _by_split(known[known["dataset"] == name])
        require_both(name, free)
        marks = marked(free, validation_share, 0.0 if len(own_test) else test_share, seed)
        divided.append(free.assign(part=marks))
        official.append(own_test[own_test["sentence_type"] != READ_BY_ALL])
    by_part = {part: own.drop(columns="part") for part, own in pd.concat(divided).groupby("part")}
    train, validation, test = (by_part.get(part, known.head(0)) for part in ("train", "validation", "test"))
    strangers = known[~known["dataset"].isin(names)]
    require_speakers(train, validation)
    left_out = len(clips) - len(known)
    notes = (f"{left_out:,} clips say nothing of their speaker's sex or name; left out.",) if left_out else ()
    everyone = pd.concat([*official, test, strangers])
    return Voices(_ordered(train), _ordered(validation), _ordered(everyone), notes)


def _by_split(clips: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The clips of a dataset that are free to be divided, and those of its own test part."""
    tested = clips["split"] == "test"
    return clips[~tested], clips[tested]


def _ordered(clips: pd.DataFrame) -> pd.DataFrame:
    return clips.sort_values("clip_id").reset_index(drop=True)


def _training_names(clips: pd.DataFrame, known: pd.DataFrame, asked: Sequence[str]) -> list[str]:
    there = sorted(set(clips["dataset"]))
    for name in asked:
        if name not in there:
            raise TrainError(f"There is no dataset '{name}' to learn voices from; {listed(there)}.")
        if name not in set(known["dataset"]):
            raise TrainError(
                f"The dataset '{name}' does not say who speaks and of which sex; expected both for each clip. "
                "Choose another by --train."
            )
    if known.empty:
        raise TrainError(
            "No clip says who speaks and of which sex; expected a corpus of voices such as TIMIT, RAVDESS or EmoDB. "
            "Give one by --dataset NAME=PATH."
        )
    named = list(dict.fromkeys(asked)) or sorted(set(known["dataset"]))
    split = set(known["dataset"][known["split"].notna()])
    free = [name for name in named if name not in split]
    return named if asked else free or named
