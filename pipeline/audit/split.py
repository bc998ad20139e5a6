"""The split that an audit looks across: the classifiers' own, so that both speak of the same."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from pipeline.audit.splits import AuditError, split_sides
from pipeline.audit.splits import SplitColumn as Column
from pipeline.classify.classifier import ClassifyError
from pipeline.classify.protocol import GROUPED, OFFICIAL_SPLIT, STRATIFIED, Protocol, protocol

DRAWN = (GROUPED, STRATIFIED)
TARGET = "label"
WORDS: dict[Column, str] = {"fold": "the dataset's own folds", "split": "the dataset's own TRAIN and TEST"}
NONE = "no split"


@dataclass(frozen=True, eq=False)
class Split:
    """
    Which clips are on which side.

    ``clips`` are those that the protocol speaks of, with ``fold`` as the classifiers have it; ``column``
    says where to read the side. ``planned`` is None where nothing can be learned: then the dataset's own
    folds, or TRAIN and TEST, stand in, and ``told`` says why.
    """

    clips: pd.DataFrame
    column: Column | None
    planned: Protocol | None
    title: str
    told: str
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
    column: Column = "split" if planned.name == OFFICIAL_SPLIT else "fold"
    return Split(kept, column, planned, planned.title, planned.sentence, planned.notes)


def _own(clips: pd.DataFrame, why: str) -> Split:
    try:
        column = split_sides(clips).protocol
    except AuditError:
        return Split(clips, None, None, NONE, why)
    return Split(clips, column, None, WORDS[column], why)


def own_column(split: Split) -> Column | None:
    """Where the dataset has a TRAIN and TEST of its own beside the folds that were looked across."""
    there = split.column == "fold" and "split" in split.clips and split.clips["split"].nunique() > 1
    return "split" if there else None
