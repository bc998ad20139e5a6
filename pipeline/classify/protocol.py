"""Which clips are learned from and which are tested on, such that nothing known crosses over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.classify.groups import Groups, drawn_folds, groups_of
from pipeline.classify.target import (
    GROUPED,
    OFFICIAL_FOLDS,
    OFFICIAL_SPLIT,
    STRATIFIED,
    TITLES,
    absent,
    crossing,
    labelled,
    left_out,
    sentence,
    testable,
    untestable,
)

FOLDS = 5
FEWEST_TESTED = 24
"""The speakers of TIMIT's core test set; a test part with fewer tells too little."""

Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Split:
    """Positions, within a protocol's clips, of those to learn from and those to test on."""

    name: str
    train: Ints
    test: Ints


@dataclass(frozen=True, eq=False)
class Protocol:
    """
    Who is tested by whom. ``rows`` (n,) are positions in the clips frame; all else speaks of those n.

    ``codes`` are positions in ``classes``. A clip is tested in the fold ``folds``, -1 for one that is only
    learned from. Clips of one of ``groups`` stay together, ``unit`` says what such a group is.
    """

    name: str
    target: str
    sentence: str
    rows: Ints
    classes: tuple[str, ...]
    codes: Ints
    folds: Ints
    fold_names: tuple[str, ...]
    groups: Ints
    unit: str
    notes: tuple[str, ...]

    @property
    def title(self) -> str:
        return TITLES[self.name]

    @property
    def splits(self) -> tuple[Split, ...]:
        return tuple(
            Split(name, np.flatnonzero(self.folds != number), np.flatnonzero(self.folds == number))
            for number, name in enumerate(self.fold_names)
        )

    @property
    def inner_groups(self) -> Ints:
        """What the inner folds keep together: an official fold, else a group."""
        return self.folds if self.name == OFFICIAL_FOLDS else self.groups


def protocol(clips: pd.DataFrame, target: str = "label", *, folds: int = FOLDS, seed: int = 0) -> Protocol:
    """
    The protocol by which to learn ``target`` from a dataset's clips.

    Official folds (column ``fold``) where there are any; else the official split, where either side has
    as many groups as TIMIT's core test set has speakers; else folds that keep a speaker, a source and
    equal recordings together; else folds drawn at random that have all classes in like shares.

    Parameters
    ----------
    clips : DataFrame
        As ``Reader.clips`` gives it. Clips without the target are left out, with a note.
    target : str
        The column to learn: ``label``, ``sex``, ``dialect`` or any other of few values.
    folds : int
        How many folds to draw where none are official.

    Raises
    ------
    ClassifyError
        No such column, no clip that has it, one class only, or no class that can be both learned and
        tested: each lies within one group or fold.
    """
    rows, names, notes = labelled(clips, target)
    frame = clips.iloc[rows].reset_index(drop=True)
    groups = groups_of(frame, target)
    name, raw, titles = _folds(frame, names, groups, target, folds, seed)
    kept = testable(names, raw, name)
    if len(set(names[kept])) < 2:
        raise untestable(target, names, groups, name)
    classes, codes = np.unique(names[kept].astype(str), return_inverse=True)
    used = [number for number in range(len(titles)) if (raw[kept] == number).any()]
    number_of = {old: new for new, old in enumerate(used)}
    numbers = np.array([number_of.get(int(old), -1) for old in raw[kept]], dtype=np.intp)
    named = tuple(titles[old] for old in used)
    notes += left_out(names, kept, groups.unit if name in (GROUPED, STRATIFIED) else "fold")
    notes += absent(classes, codes, numbers, named)
    notes += crossing(numbers, groups.codes[kept], groups.unit) if name.startswith("official") else []
    unit = pd.factorize(groups.codes[kept])[0].astype(np.intp)
    told = sentence(name, len(codes), len(classes), named, numbers, unit, groups.unit, seed)
    return Protocol(
        name, target, told, rows[kept], tuple(classes), codes.astype(np.intp), numbers, named, unit,
        groups.unit, tuple(notes),
    )  # fmt: skip


def _folds(
    frame: pd.DataFrame, names: NDArray[np.object_], groups: Groups, target: str, folds: int, seed: int
) -> tuple[str, Ints, list[str]]:
    """The protocol's name, each clip's fold (-1: only learned from), and what the folds are called."""
    official = frame["fold"] if "fold" in frame and target != "fold" else pd.Series(dtype=object)
    if len(official) and official.notna().all() and official.nunique() > 1:
        codes, values = pd.factorize(official, sort=True)
        return OFFICIAL_FOLDS, codes.astype(np.intp), [f"fold {value}" for value in values]
    if "split" in frame and target != "split" and _enough(frame["split"], names, groups):
        test = (frame["split"] == "test").to_numpy()
        return OFFICIAL_SPLIT, np.where(test, 0, -1).astype(np.intp), ["test"]
    name = GROUPED if groups.binding else STRATIFIED
    drawn = drawn_folds(names, groups.codes, folds, seed)
    return name, drawn, [f"fold {number}" for number in range(1, int(drawn.max(initial=-1)) + 2)]


def _enough(split: pd.Series, names: NDArray[np.object_], groups: Groups) -> bool:
    test, train = (split == "test").to_numpy(), (split == "train").to_numpy()
    if not (test | train).all():
        return False
    sides = [len(set(groups.codes[side])) for side in (train, test)]
    return min(sides) >= FEWEST_TESTED and len(set(names[train]) & set(names[test])) > 1
