"""Which clips are learned from and which are tested on, such that nothing known crosses over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.classify.classifier import ClassifyError
from pipeline.classify.groups import Groups, drawn_folds, groups_of, of_several_groups
from pipeline.inputs import NAMED

OFFICIAL_FOLDS, OFFICIAL_SPLIT, GROUPED, STRATIFIED = (
    "official_folds",
    "official_split",
    "grouped",
    "stratified",
)
TITLES = {
    OFFICIAL_FOLDS: "official folds",
    OFFICIAL_SPLIT: "official split",
    GROUPED: "grouped folds",
    STRATIFIED: "stratified folds",
}
INNER = "Scaling and hyper-parameters are found inside the training clips."
FOLDS = 5
MIN_TESTED = 24
"""The speakers of TIMIT's core test set; accuracies on fewer vary too much."""
MIN_KEPT = 0.95
"""Of the clips, and of the classes that any folds could test: what official folds have to test."""
MIN_LEARNED = 0.4
"""Of the clips: what is learned from beside each official fold. Two halves need not be quite even; a fold that holds
most of the clips is no test but a collection of its own."""

MIN_OF_CLASS = 0.2
"""Of a class's clips: what is learned of it beside each fold; where a class has strays only beside its one fold, the
model has hardly met it."""
OUTSIDE = -1
"""The fold of a clip that is in none."""

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
    reason: str = ""
    """Why official folds or an official split are not used, with which the sentence begins; empty where they are."""

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

    Official folds (column ``fold``) where they test nearly all clips and classes and each is tested by a
    model that learned from enough clips; else the official split, where either side has as many groups as
    TIMIT's core test set has speakers; else folds that keep a speaker, a source and equal recordings
    together; else folds drawn at random that have all classes in like shares. Where the dataset has folds or
    a split that are not used, the summary begins with the reason.

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
    name, raw, titles, why = _folds(frame, names, groups, target, folds, seed)
    kept = testable(names, raw, name)
    if len(set(names[kept])) < 2:
        raise untestable(target, names, groups, name)
    classes, codes = np.unique(names[kept].astype(str), return_inverse=True)
    used = [number for number in range(len(titles)) if (raw[kept] == number).any()]
    number_of = {old: new for new, old in enumerate(used)}
    numbers = np.array([number_of.get(int(old), -1) for old in raw[kept]], dtype=np.intp)
    named = tuple(titles[old] for old in used)
    outside = raw == OUTSIDE if name == OFFICIAL_FOLDS else np.zeros(len(raw), dtype=bool)
    notes += without_fold(int(outside.sum()))
    notes += left_out(names, kept | outside, groups.unit if name in (GROUPED, STRATIFIED) else "fold")
    notes += absent(classes, codes, numbers, named)
    notes += crossing(numbers, groups.codes[kept], groups.unit) if name.startswith("official") else []
    unit = pd.factorize(groups.codes[kept])[0].astype(np.intp)
    summary = describe(name, len(codes), len(classes), named, numbers, unit, groups.unit, seed)
    reason = f"{instead(name, groups.unit)}, not {why}. " if why else ""
    return Protocol(
        name, target, reason + summary, rows[kept], tuple(classes), codes.astype(np.intp), numbers, named, unit,
        groups.unit, tuple(notes), reason,
    )  # fmt: skip


def _folds(
    frame: pd.DataFrame, names: NDArray[np.object_], groups: Groups, target: str, folds: int, seed: int
) -> tuple[str, Ints, list[str], str]:
    """The protocol's name, each clip's fold (-1: only learned from), what the folds are called, and why not others.

    The reason names the official folds or split that are not used; it is empty where there are none.
    """
    reasons = []
    if target != "fold" and "fold" in frame and frame["fold"].notna().any():
        codes, values = pd.factorize(frame["fold"], sort=True)
        unfit = unfit_folds(names, codes.astype(np.intp), [_number(value) for value in values], groups)
        if not unfit:
            return OFFICIAL_FOLDS, codes.astype(np.intp), [f"fold {_number(value)}" for value in values], ""
        reasons.append(f"the official folds: {unfit}")
    if target != "split" and "split" in frame and frame["split"].notna().any():
        unfit = unfit_split(frame["split"], names, groups)
        if not unfit:
            test = (frame["split"] == "test").to_numpy()
            official = np.where(test, 0, -1).astype(np.intp)
            return OFFICIAL_SPLIT, official, ["test"], "; ".join(reasons)
        reasons.append(f"the official TRAIN and TEST: {unfit}")
    name = GROUPED if groups.binding else STRATIFIED
    drawn = drawn_folds(names, groups.codes, folds, seed)
    titles = [f"fold {number}" for number in range(1, int(drawn.max(initial=-1)) + 2)]
    return name, drawn, titles, "; and not ".join(reasons).replace("official folds:", "official ones:")


def _number(fold: object) -> str:
    # A column with gaps comes as floats: fold 3.0 is fold 3.
    return f"{fold:g}" if isinstance(fold, float) else str(fold)


def unfit_folds(names: NDArray[np.object_], folds: Ints, titles: Sequence[str], groups: Groups) -> str:
    """
    Why official folds are no fair test of these clips, in words; empty where they are.

    Parameters
    ----------
    names : ndarray of object, shape (n,)
        The class of each clip.
    folds : ndarray of int, shape (n,)
        The official fold of each clip, -1 for one that has none.
    titles : sequence of str
        The folds' numbers.
    groups : Groups
        Of the clips: a class of one group is tested by no folds whatever, and counts for nothing here.
    """
    n, sizes = len(names), np.bincount(folds[folds != OUTSIDE], minlength=len(titles))
    largest, outside = int(sizes.argmax()), n - int(sizes.sum())
    if outside > (1 - MIN_KEPT) * n:
        return f"{outside:,} of {n:,} clips have no fold"
    if sizes.sum() - sizes[largest] < MIN_LEARNED * sizes.sum():
        return f"{sizes[largest]:,} of {n:,} clips lie in fold {titles[largest]}"
    kept, possible = testable(names, folds, OFFICIAL_FOLDS), of_several_groups(names, groups.codes)
    tested = len(set(names[kept]))
    if kept.sum() < MIN_KEPT * possible.sum() or tested < MIN_KEPT * len(set(names[possible])):
        return (
            f"they would test {kept.sum():,} of {n:,} clips and {tested:,} of {len(set(names)):,} classes, "
            "for the others lie in one fold each"
        )
    hardly = int(_hardly_learned(names[kept], folds[kept]).sum())
    if hardly > (1 - MIN_KEPT) * kept.sum():
        return f"{hardly:,} of {n:,} clips lie in the one fold that holds nearly all of their class"
    return ""


def _hardly_learned(names: NDArray[np.object_], folds: Ints) -> NDArray[np.bool_]:
    """The clips, bool (n,), of whose class less than ``MIN_OF_CLASS`` lies in other folds than theirs."""
    frame = pd.DataFrame({"class": names, "fold": folds})
    of_class = frame.groupby("class")["fold"].transform("size")
    beside = of_class - frame.groupby(["class", "fold"])["fold"].transform("size")
    return (beside < MIN_OF_CLASS * of_class).to_numpy()


def unfit_split(split: pd.Series, names: NDArray[np.object_], groups: Groups) -> str:
    """Why an official split is no fair test of these clips, in words; empty where it is."""
    test, train = (split == "test").to_numpy(), (split == "train").to_numpy()
    neither = np.count_nonzero(~(test | train))
    if neither:
        return f"{neither:,} of {len(split):,} clips {'is' if neither == 1 else 'are'} in neither"
    for title, side in (("TRAIN", train), ("TEST", test)):
        held = len(set(groups.codes[side]))
        if held < MIN_TESTED:
            what = groups.unit if held == 1 else " or ".join(f"{unit}s" for unit in groups.unit.split(" or "))
            return f"{title} has {held:,} {what}, fewer than {MIN_TESTED}"
    if train.sum() < MIN_LEARNED * len(split):
        return f"TRAIN has {train.sum():,} of {len(split):,} clips"
    common = set(names[train]) & set(names[test])
    possible = set(names[of_several_groups(names, groups.codes)])
    if len(common) < max(2, MIN_KEPT * len(possible)):
        return f"they have {len(common):,} of {len(set(names)):,} classes in common"
    return ""


def instead(name: str, unit: str) -> str:
    """The folds or the split that take the place of official ones, in a word or two."""
    if name == OFFICIAL_SPLIT:
        return "The official TRAIN and TEST"
    return f"Folds by {unit}" if name == GROUPED else "Folds drawn at random"


def labelled(clips: pd.DataFrame, target: str) -> tuple[Ints, NDArray[np.object_], list[str]]:
    """Positions of the clips that have the target, its values, and notes on those left out.

    Raises
    ------
    ClassifyError
        No such column, no clip that has it, or one value only.
    """
    if target not in clips.columns:
        raise ClassifyError(f"The clips have no column '{target}'. Choose one such as label, sex or dialect.")
    column = clips[target]
    known = column.notna() & (column.astype(str).str.strip() != "")
    rows = np.flatnonzero(known.to_numpy())
    if not len(rows):
        raise ClassifyError(
            f"None of the {len(clips):,} clips has a '{target}', so there is nothing to learn. "
            "Choose another target or dataset."
        )
    names = column.iloc[rows].astype(str).to_numpy(dtype=object)
    if len(set(names)) == 1:
        raise ClassifyError(
            f"All {len(rows):,} clips have the {target} '{names[0]}'; to tell classes apart takes two. "
            "Choose another target or dataset."
        )
    missing = len(clips) - len(rows)
    verb = "clip has" if missing == 1 else "clips have"
    return rows, names, [f"{missing:,} {verb} no {target}: left out."] if missing else []


def testable(names: NDArray[np.object_], folds: Ints, name: str) -> NDArray[np.bool_]:
    """The clips of classes that can be learned in one fold and tested in another."""
    kept = np.zeros(len(names), dtype=bool)
    for each in set(names):
        within = names == each
        places = set(folds[within].tolist())
        learned = OUTSIDE in places if name == OFFICIAL_SPLIT else len(places - {OUTSIDE}) > 1
        kept |= within & learned
    return kept if name == OFFICIAL_SPLIT else kept & (folds != OUTSIDE)


def untestable(target: str, names: NDArray[np.object_], groups: Groups, name: str) -> ClassifyError:
    """The error where fewer than two classes are left."""
    what = groups.unit if name in (GROUPED, STRATIFIED) else "fold"
    held = "one clip" if what == "clip" else f"the clips of one {what}"
    return ClassifyError(
        f"Of the {len(set(names))} classes of '{target}', fewer than two can be both learned and tested: "
        f"the others have only {held}. Choose another target, or add recordings."
    )


def left_out(names: NDArray[np.object_], kept: NDArray[np.bool_], what: str) -> list[str]:
    lost = sorted(set(names[~kept]))
    if not lost:
        return []
    held = "only 1 clip" if what == "clip" else f"clips of only one {what}"
    some = ", ".join(f"'{each}'" for each in lost[:NAMED])
    more = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
    noun = "the class" if len(lost) == 1 else "the classes"
    return [f"Left out, having {held}, which cannot be both learned and tested: {noun} {some}{more}."]


def without_fold(clips: int) -> list[str]:
    """A note on clips that are in none of the official folds."""
    return [f"{clips:,} {'clip has' if clips == 1 else 'clips have'} no fold: left out."] if clips else []


def absent(classes: NDArray[np.str_], codes: Ints, folds: Ints, titles: Sequence[str]) -> list[str]:
    """Notes on folds in which a class is not tested."""
    notes = []
    for number, title in enumerate(titles):
        missing = np.setdiff1d(np.arange(len(classes)), codes[folds == number])
        if len(missing):
            some = ", ".join(f"'{classes[each]}'" for each in missing[:NAMED])
            more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
            notes.append(f"No clip of {some}{more} is tested in {title}.")
    return notes


def crossing(folds: Ints, groups: Ints, unit: str) -> list[str]:
    """A note where the official folds separate what belongs together; the audit measures the effect."""
    if unit == "clip":
        return []
    spans = pd.DataFrame({"fold": folds, "group": groups}).groupby("group")["fold"].nunique()
    crossing = int((spans > 1).sum())
    if not crossing:
        return []
    return [f"Of {len(spans):,} groups of clips by {unit}, {crossing:,} are in more than one official fold."]


def describe(
    name: str, n: int, classes: int, folds: Sequence[str], numbers: Ints, units: Ints, unit: str, seed: int
) -> str:
    counted = f"{n:,} clips of {classes} classes"
    together = "" if unit == "clip" else f" ({len(set(units)):,} groups by {unit})"
    if name == OFFICIAL_SPLIT:
        tested = int((numbers == 0).sum())
        return (
            f"The official split: of {counted}{together}, {n - tested:,} are learned from and "
            f"{tested:,} tested. {INNER}"
        )
    each = "each clip is tested once, by a model that learned from the other folds"
    if name == OFFICIAL_FOLDS:
        return f"The {len(folds)} official folds: {counted}; {each}. {INNER}"
    if name == GROUPED:
        return (
            f"{len(folds)} folds, no {unit} in two of them: {counted}{together}, "
            f"drawn with seed {seed}; {each}. {INNER}"
        )
    return f"{len(folds)} folds drawn at random (seed {seed}), classes in like shares: {counted}; {each}. {INNER}"
