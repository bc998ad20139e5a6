"""Which clips have what is to be learned, and which of its classes can be both learned and tested."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.classify.classifier import ClassifyError
from pipeline.classify.groups import Groups
from pipeline.classify.summary import GROUPED, OFFICIAL_SPLIT, STRATIFIED

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
