"""Which voices and sounds there are to train on, and who is learned from: speakers are divided, never clips.

Any dataset whose clips have a ``sex`` and a ``speaker`` will do. One with an official split, as TIMIT has, is only
tested on where there is another to learn from, unless it is named; then its own split holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd

from models.gender_format import SEXES
from pipeline.clips import Clip
from pipeline.sources import Source
from pipeline.train.layout import TrainError
from store.errors import listed
from store.reader import Reader

READ_BY_ALL = "SA"
"""TIMIT's two sentences that everybody reads: its own documentation leaves them out of tests."""
COLUMNS = ("clip_id", "dataset", "path", "speaker", "sex", "split", "dialect", "sentence_type")
ENVIRONMENT = "environment"
"""The kind of dataset whose clips are the noise."""


@dataclass(frozen=True, eq=False)
class Collected:
    """Voices as :func:`pipeline.train.voice.corpora.table` gives them; sounds with their ``path`` and ``fold``."""

    voices: pd.DataFrame
    sounds: pd.DataFrame
    titles: Mapping[str, str]
    """What each dataset is called, by its name."""


def clip_table(clips: Iterable[Clip]) -> pd.DataFrame:
    """Clips as a dataset's ``scan`` finds them -> one row each; ``speaker`` is unique over all datasets."""
    rows = [
        (
            clip.clip_id, clip.dataset, str(clip.path), f"{clip.dataset}/{clip.speaker}" if clip.speaker else None,
            clip.sex, clip.split, clip.dialect, clip.sentence_type,
        )
        for clip in clips
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)


def from_sources(sources: Mapping[str, Source]) -> Collected:
    """Clips of folders, without a store.

    Raises
    ------
    TrainError
        A folder is not the dataset that it is said to be.
    """
    voices: list[Clip] = []
    sounds: list[tuple[str, int | None]] = []
    for name, source in sources.items():
        if source.dataset.prepare is not None:
            source.dataset.prepare(source.path)
        missing = source.dataset.validate(source.path)
        if missing:
            raise TrainError(f"{source.path} cannot be read as {source.dataset.title}. {missing[0]}")
        clips = source.dataset.scan(source.path, name).clips
        if source.dataset.kind == ENVIRONMENT:
            sounds += [(str(clip.path), clip.fold) for clip in clips]
        else:
            voices += clips
    titles = {name: source.dataset.title for name, source in sources.items()}
    return Collected(clip_table(voices), pd.DataFrame(sounds, columns=["path", "fold"]), titles)


def from_store(reader: Reader) -> Collected:
    """Clips of a snapshot; the synthetic ones only where there are no others of their kind."""
    known = reader.datasets()
    chosen = [
        _real_first(known[is_sound])
        for is_sound in (known["kind"] == ENVIRONMENT, known["kind"] != ENVIRONMENT)
    ]
    sounds = [_rows(reader, row)[["path", "fold"]] for _, row in chosen[0].iterrows()]
    voices = [_rows(reader, row)[list(COLUMNS)] for _, row in chosen[1].iterrows()]
    both = [*chosen[0].itertuples(), *chosen[1].itertuples()]
    return Collected(
        pd.concat(voices) if voices else clip_table([]),
        pd.concat(sounds) if sounds else pd.DataFrame([], columns=["path", "fold"]),
        {str(row.dataset): str(row.title) for row in both},
    )


def _real_first(datasets: pd.DataFrame) -> pd.DataFrame:
    real = datasets[~datasets["synthetic"].astype(bool)]
    return datasets if real.empty else real


def _rows(reader: Reader, dataset: pd.Series) -> pd.DataFrame:
    clips = reader.clips(str(dataset["dataset"]))
    root = Path(str(dataset["path"]))
    speakers = clips["speaker"]
    return clips.assign(
        dataset=dataset["dataset"],
        path=[str(root / path) for path in clips["relative_path"]],
        speaker=(f"{dataset['dataset']}/" + speakers.astype(str)).where(speakers.notna(), None),
    )


@dataclass(frozen=True, eq=False)
class Voices:
    """Clips by what they are for, with the columns :data:`COLUMNS`; no speaker is in two of the three."""

    train: pd.DataFrame
    validation: pd.DataFrame
    test: pd.DataFrame
    notes: tuple[str, ...] = ()


def divide_speakers(
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
        marks = mark_parts(free, validation_share, 0.0 if len(own_test) else test_share, seed)
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


def _training_names(clips: pd.DataFrame, known: pd.DataFrame, chosen: Sequence[str]) -> list[str]:
    there = sorted(set(clips["dataset"]))
    for name in chosen:
        if name not in there:
            raise TrainError(f"There is no dataset '{name}' to learn voices from; {listed(there)}.")
        if name not in set(known["dataset"]):
            raise TrainError(
                f"The dataset '{name}' does not say who speaks and of which sex; expected both for each clip. "
                "Choose another by --train."
            )
    if known.empty:
        raise TrainError(
            "No clip says who speaks and of which sex; expected a corpus of voices such as LibriSpeech, RAVDESS or "
            "EmoDB. Give one by --dataset NAME=PATH."
        )
    named = list(dict.fromkeys(chosen)) or sorted(set(known["dataset"]))
    split = set(known["dataset"][known["split"].notna()])
    free = [name for name in named if name not in split]
    return named if chosen else free or named


def require_both(name: str, clips: pd.DataFrame) -> None:
    """Raise ``TrainError`` where a dataset to learn from has one sex only."""
    sexes = sorted(set(clips["sex"]))
    if len(sexes) < len(SEXES):
        raise TrainError(
            f"To learn from, the dataset '{name}' has {' '.join(sexes) or 'no'} voices only; expected both sexes, "
            "else a network would learn the corpus and not the voice. Choose others by --train."
        )


def mark_parts(clips: pd.DataFrame, validation_share: float, test_share: float, seed: int) -> pd.Series:
    """
    For each clip of one dataset ``train``, ``validation`` or ``test``; all clips of a speaker are alike.

    The shares are those of the speakers of each sex; at least one where any are wanted, and never all.
    """
    of_speaker: dict[str, str] = {}
    for sex in SEXES:
        speakers = sorted(set(clips["speaker"][clips["sex"] == sex]))
        # By name: who else is in the collection does not change how these are divided.
        generator = np.random.default_rng([seed, crc32(f"{clips['dataset'].iloc[0]} {sex}".encode())])
        order = [speakers[i] for i in generator.permutation(len(speakers))]
        apart = [min(_count(share, len(order)), len(order) - 1) for share in (validation_share, test_share)]
        of_speaker |= dict.fromkeys(order, "train") | dict.fromkeys(order[: apart[0]], "validation")
        of_speaker |= dict.fromkeys(order[apart[0] : min(sum(apart), len(order) - 1)], "test")
    return clips["speaker"].map(of_speaker)


def _count(share: float, speakers: int) -> int:
    """At least one wherever any are wanted."""
    return max(round(share * speakers), 1) if share > 0 else 0


def require_speakers(train: pd.DataFrame, validation: pd.DataFrame) -> None:
    """Raise ``TrainError`` where a sex has nobody to validate on, or fewer than two to learn from."""
    for sex in SEXES:
        there = [one["speaker"][one["sex"] == sex].nunique() for one in (train, validation)]
        if there[0] < 2 or there[1] < 1:
            raise TrainError(
                f"There are {sum(there)} {sex} speakers to learn from; expected at least 3, of whom one is kept "
                "apart for validation. Add a corpus by --dataset NAME=PATH."
            )
