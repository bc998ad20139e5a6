"""What is said of a protocol: what it is, and what it had to leave out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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


Ints = NDArray[np.intp]


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
