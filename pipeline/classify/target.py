"""Which clips have what is to be learned, and which of its classes can be both learned and tested."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.classify.classifier import ClassifyError
from pipeline.classify.groups import Groups
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


def left_out(names: NDArray[np.object_], kept: NDArray[np.bool_], what: str) -> list[str]:
    lost = sorted(set(names[~kept]))
    if not lost:
        return []
    held = "only 1 clip" if what == "clip" else f"clips of only one {what}"
    some = ", ".join(f"'{each}'" for each in lost[:NAMED])
    more = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
    noun = "the class" if len(lost) == 1 else "the classes"
    return [f"Left out, having {held}, which cannot be both learned and tested: {noun} {some}{more}."]


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
    """A note where the official folds part what belongs together: the audit says what that is worth."""
    if unit == "clip":
        return []
    spans = pd.DataFrame({"fold": folds, "group": groups}).groupby("group")["fold"].nunique()
    crossing = int((spans > 1).sum())
    if not crossing:
        return []
    return [f"Of {len(spans):,} groups of clips by {unit}, {crossing:,} are in more than one official fold."]


def sentence(
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


Ints = NDArray[np.intp]


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
        learned = -1 in places if name == OFFICIAL_SPLIT else len(places - {-1}) > 1
        kept |= within & learned
    return kept


def untestable(target: str, names: NDArray[np.object_], groups: Groups, name: str) -> ClassifyError:
    """What to say where fewer than two classes are left."""
    what = groups.unit if name in (GROUPED, STRATIFIED) else "fold"
    held = "one clip" if what == "clip" else f"the clips of one {what}"
    return ClassifyError(
        f"Of the {len(set(names))} classes of '{target}', fewer than two can be both learned and tested: "
        f"the others have only {held}. Choose another target, or add recordings."
    )
