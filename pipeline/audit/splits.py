"""Which side of a protocol's split each clip is on, and the words for what an audit cannot work with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from pipeline.classify.classifier import ClassifyError
from pipeline.classify.protocol import GROUPED, OFFICIAL_SPLIT, STRATIFIED, Protocol, protocol
from pipeline.errors import PipelineError

SplitColumn = Literal["fold", "split"]
SPLIT_COLUMNS: tuple[SplitColumn, ...] = ("fold", "split")
DRAWN = (GROUPED, STRATIFIED)
TARGET = "label"
WORDS: dict[SplitColumn, str] = {
    "fold": "the dataset's own folds",
    "split": "the dataset's own TRAIN and TEST",
}
NONE = "no split"


class AuditError(PipelineError):
    """The clips, or what is known of them, are such that there is nothing to audit."""


@dataclass(frozen=True, eq=False)
class SplitSides:
    """
    The side of each clip.

    ``of`` has the ``clip_id`` as index and a text a clip: the fold's number, or ``"train"`` and
    ``"test"``. Clips that the protocol leaves out are not in it; ``notes`` say how many.
    """

    protocol: SplitColumn
    of: pd.Series
    notes: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The sides in their order: folds by number."""
        return tuple(sorted(set(self.of), key=lambda side: (len(side), side)))


def split_sides(clips: pd.DataFrame, protocol: SplitColumn | None = None) -> SplitSides:
    """
    The side of each clip by the dataset's own folds or, where there are none, by its TRAIN and TEST.

    Parameters
    ----------
    clips : DataFrame
        As ``Reader.clips`` gives it: ``clip_id`` and ``fold`` or ``split``. Folds that the classifiers
        made, speaker-disjoint ones say, may stand in place of the dataset's own.
    protocol : {"fold", "split"}, optional
        Which column to read; left out, the first that has two sides.

    Raises
    ------
    AuditError
        Fewer than two clips, a clip twice, or no column with two sides.
    """
    require(clips, ("clip_id",))
    for name in (protocol,) if protocol else SPLIT_COLUMNS:
        if name not in clips:
            continue
        known = clips[name].notna()
        if clips.loc[known, name].nunique() < 2:
            continue
        texts = clips.loc[known, name].map(_text)
        of = pd.Series(texts.to_numpy(dtype=object), index=pd.Index(clips.loc[known, "clip_id"]))
        return SplitSides(name, of, _left_out(int((~known).sum()), len(clips), name))
    needed = f"two {protocol}s" if protocol else "two folds, or TRAIN and TEST"
    raise AuditError(
        f"The {len(clips)} clips are all on one side of the split; expected {needed}. "
        "Choose a dataset that has them, or give the clips folds."
    )


def _text(side: object) -> str:
    # A column of folds with gaps comes as floats: fold 3.0 is fold 3.
    return str(int(side)) if isinstance(side, float) and side.is_integer() else str(side)


def _left_out(absent: int, n: int, name: str) -> tuple[str, ...]:
    if not absent:
        return ()
    return (f"{count(absent, 'clip')} of {n:,} {'has' if absent == 1 else 'have'} no {name} and "
            f"{'was' if absent == 1 else 'were'} left out.",)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Split:
    """
    Which clips are on which side.

    ``clips`` are those that the protocol speaks of, with ``fold`` as the classifiers have it; ``column``
    says where to read the side. ``planned`` is None where nothing can be learned: then the dataset's own
    folds, or TRAIN and TEST, stand in, and ``summary`` says why.
    """

    clips: pd.DataFrame
    column: SplitColumn | None
    planned: Protocol | None
    title: str
    summary: str
    notes: tuple[str, ...] = ()

    @property
    def drawn(self) -> bool:
        """Whether we drew the folds ourselves, as the dataset has none that are fit for it."""
        return self.planned is not None and self.planned.name in DRAWN


def split_of(clips: pd.DataFrame) -> Split:
    """The split by which the classifiers learn the label of these clips, ``Reader.clips``'s rows."""
    try:
        planned = protocol(clips, TARGET)
    except ClassifyError as error:
        return _own(clips, str(error))
    kept = clips.iloc[planned.rows].reset_index(drop=True)
    if planned.name in DRAWN:
        kept = kept.assign(fold=planned.folds + 1)  # as the protocol calls them: fold 1, fold 2, ...
    column: SplitColumn = "split" if planned.name == OFFICIAL_SPLIT else "fold"
    return Split(kept, column, planned, planned.title, planned.sentence, planned.notes)


def _own(clips: pd.DataFrame, why: str) -> Split:
    try:
        column = split_sides(clips).protocol
    except AuditError:
        return Split(clips, None, None, NONE, why)
    return Split(clips, column, None, WORDS[column], why)


def own_column(split: Split) -> SplitColumn | None:
    """Where the dataset has a TRAIN and TEST of its own beside the folds that were looked across."""
    there = split.column == "fold" and "split" in split.clips and split.clips["split"].nunique() > 1
    return "split" if there else None


def require(clips: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise ``AuditError`` unless there are two clips, none twice, with the columns asked for."""
    missing = [name for name in columns if name not in clips]
    if missing:
        raise AuditError(f"The clips have no column {', '.join(missing)}. Build again, so that they have.")
    if len(clips) < 2:
        counted = "is 1 clip" if len(clips) == 1 else "are no clips"
        raise AuditError(
            f"There {counted}; an audit compares clips and needs two or more. Choose more clips."
        )
    if clips["clip_id"].duplicated().any():
        twice = clips.loc[clips["clip_id"].duplicated(), "clip_id"].iloc[0]
        raise AuditError(f"The clip '{twice}' is in the table twice; expected each once.")


def count(number: int, what: str) -> str:
    """``1 clip``, ``2 clips``."""
    return f"{number:,} {what}{'s' * (number != 1)}"
