"""What projections and clusterings work on: a view's vectors with every column brought to one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.errors import PipelineError
from store.reader import Matrix

ALL = "all"
"""The name of all views together, where a view's name is expected."""

NAMED = 3
ROUNDING = 8 * float(np.finfo(np.float32).eps)
SAME = (
    "All clips the same: in no column does one clip differ from another, so there is nothing to lay out "
    "or to group. Choose another view, or build with more recordings."
)


class InputError(PipelineError):
    """The vectors, or a parameter, are such that nothing can be computed from them."""


@dataclass(frozen=True, slots=True, eq=False)
class FeatureMatrix:
    """
    The vectors of one view, or of all together, ready for an algorithm.

    ``values`` float32 (n, d) has no NaN and no constant column; every column has mean 0 and standard
    deviation 1. ``mean``, ``scale``, ``fill`` and ``kept`` speak of all D columns of the raw vectors.
    """

    clip_ids: NDArray[np.object_]
    values: NDArray[np.float32]
    columns: tuple[str, ...]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    fill: NDArray[np.float64]
    kept: NDArray[np.bool_]
    notes: tuple[str, ...]

    def place(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """
        Raw vectors (m, D) of other clips, transformed as ``values`` were: float32 (m, d).

        Raises
        ------
        InputError
            The vectors have another number of columns than the view.
        """
        raw = np.atleast_2d(np.asarray(vectors, dtype=np.float64))
        if raw.shape[1] != len(self.kept):
            raise InputError(
                f"The vector has {raw.shape[1]} numbers, the view has {len(self.kept)}. "
                "Compute it with the same version of the view, or build again."
            )
        filled = np.where(np.isfinite(raw), raw, self.fill)[:, self.kept]
        return ((filled - self.mean[self.kept]) / self.scale[self.kept]).astype(np.float32)


def standardise(matrix: Matrix) -> FeatureMatrix:
    """
    Bring every column to mean 0 and standard deviation 1.

    A value that is not a finite number becomes the median of its column. A column that is the same for
    all clips, but for the rounding of float32, says nothing and is left out.

    Raises
    ------
    InputError
        There is no clip, or in no column do the clips differ.
    """
    if not len(matrix.clip_ids):
        raise InputError("The view has no vectors of these clips. Build with the view, or choose another.")
    raw = matrix.values
    absent = ~np.isfinite(raw)
    fill = _medians(raw, absent)
    filled = np.where(absent, fill.astype(np.float32), raw)
    mean = filled.mean(axis=0, dtype=np.float64)
    low, high = filled.min(axis=0), filled.max(axis=0)
    spread = high.astype(np.float64) - low
    kept = spread > ROUNDING * np.maximum(np.abs(low), np.abs(high))
    if not kept.any():
        raise InputError(SAME)
    scale = np.ones(len(mean))
    values = filled[:, kept] - mean[kept]  # (n, d), float64
    scale[kept] = values.std(axis=0)
    notes = (*_filled_in(matrix.columns, absent, kept), *_left_out(matrix.columns, kept))
    columns = tuple(np.asarray(matrix.columns, dtype=object)[kept])
    return FeatureMatrix(
        matrix.clip_ids, (values / scale[kept]).astype(np.float32), columns, mean, scale, fill, kept, notes
    )


def together(inputs: Mapping[str, FeatureMatrix]) -> FeatureMatrix:
    """
    All views side by side, for the clips that have every one of them, in the first view's order.

    Each column is brought to mean 0 and standard deviation 1 over those clips. ``place`` of what comes
    out takes the raw vectors of the views one after the other, in the order of ``inputs``.

    Raises
    ------
    InputError
        There is no view, no clip that has every view, or all such clips are the same.
    """
    if not inputs:
        raise InputError("There is no view to put together. Build with at least one view.")
    shared = pd.Index(next(iter(inputs.values())).clip_ids)
    for each in inputs.values():
        shared = shared[shared.isin(each.clip_ids)]
    if shared.empty:
        raise InputError("No clip has a vector in every view. Build again, so that the views are complete.")
    joined = [each.values[pd.Index(each.clip_ids).get_indexer(shared)] for each in inputs.values()]
    names = [f"{view}: {column}" for view, each in inputs.items() for column in each.columns]
    again = standardise(Matrix(shared.to_numpy(), np.hstack(joined), tuple(names)))
    notes = [f"{view}: {note}" for view, each in inputs.items() for note in each.notes]
    lost = max(len(each.clip_ids) for each in inputs.values()) - len(shared)
    if lost:
        notes.append(f"{lost} clips lack one of the views and were left out.")
    return _composed(list(inputs.values()), again, (*notes, *again.notes))


def _composed(inputs: Sequence[FeatureMatrix], again: FeatureMatrix, notes: tuple[str, ...]) -> FeatureMatrix:
    """``again``, which standardised what was standard already, as one step from the raw vectors."""
    kept = np.concatenate([each.kept for each in inputs])
    mean = np.concatenate([each.mean for each in inputs])
    scale = np.concatenate([each.scale for each in inputs])
    mean[kept] += again.mean * scale[kept]
    scale[kept] *= again.scale
    kept[kept] = again.kept
    fill = np.concatenate([each.fill for each in inputs])
    return FeatureMatrix(again.clip_ids, again.values, again.columns, mean, scale, fill, kept, notes)


def _medians(raw: NDArray[np.float32], absent: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The median of each column over what is there, shape ``(D,)``; 0 where nothing is there."""
    medians = np.zeros(raw.shape[1])
    whole = ~absent.any(axis=0)
    medians[whole] = np.median(raw[:, whole], axis=0)
    for column in np.flatnonzero(~whole & ~absent.all(axis=0)):
        medians[column] = np.median(raw[~absent[:, column], column])
    return medians


def standardised_input(view: str, matrices: Mapping[str, Matrix]) -> FeatureMatrix:
    """The standardised input of a unit.

    Raises
    ------
    InputError
        No clips, or nothing in which they differ.
    """
    if view != ALL:
        return standardise(matrices[view])
    inputs: dict[str, FeatureMatrix] = {}
    for name, matrix in matrices.items():
        try:
            inputs[name] = standardise(matrix)
        except InputError:
            continue  # a view that is the same for all clips adds nothing; its own unit says so
    if not inputs:
        raise InputError("In no view do these clips differ; expected clips that are not all the same.")
    return together(inputs)


def _filled_in(columns: Sequence[str], absent: NDArray[np.bool_], kept: NDArray[np.bool_]) -> tuple[str, ...]:
    holes = absent.any(axis=0) & kept
    if not holes.any():
        return ()
    clips = int(absent[:, holes].any(axis=1).sum())
    verb = "clip has" if clips == 1 else "clips have"
    return (f"{clips} {verb} no value in {_listed(columns, holes)}: the column's median stands in.",)


def _left_out(columns: Sequence[str], kept: NDArray[np.bool_]) -> tuple[str, ...]:
    if kept.all():
        return ()
    return (f"The same for all clips and left out: {_listed(columns, ~kept)}.",)


def _listed(columns: Sequence[str], which: NDArray[np.bool_]) -> str:
    names = [columns[int(position)] for position in np.flatnonzero(which)]
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more columns" if more > 0 else "")
