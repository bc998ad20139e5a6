"""How the classes are spread over the sides of the split, and where that is far from even."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.audit.splits import AuditError, SplitColumn, count, require, split_sides

FACTOR = 2.0
"""Half or double what an even spread would hold is far from it ..."""
RESIDUAL = 2.0
"""... where chance seldom goes so far: Pearson's residual, (clips - expected) / root of expected."""


@dataclass(frozen=True, eq=False)
class Balance:
    """
    Clips by label and side.

    ``counts`` has a row a label and a column a side. ``cells`` has a row for each of those: ``label``,
    ``side``, ``clips``, ``expected`` (row total times column total over all clips), ``residual``
    (Pearson's) and ``verdict``: ``"empty"``, ``"few"``, ``"many"`` or ``"even"``. ``ratio`` is the largest
    label's number of clips over the smallest's.
    """

    protocol: SplitColumn
    counts: pd.DataFrame
    cells: pd.DataFrame
    ratio: float
    notes: tuple[str, ...]

    @property
    def uneven(self) -> pd.DataFrame:
        """The cells whose verdict is not ``"even"``, the empty ones first, then by how far they are off."""
        off = self.cells[self.cells["verdict"] != "even"]
        order = np.lexsort((-off["residual"].abs(), off["verdict"] != "empty"))
        return off.iloc[order].reset_index(drop=True)


def balance(clips: pd.DataFrame, *, label: str = "label", protocol: SplitColumn | None = None) -> Balance:
    """
    Count the clips of each label on each side.

    Parameters
    ----------
    clips : DataFrame
        As ``Reader.clips`` gives it.
    label : str
        Which column to count.
    protocol : {"fold", "split"}, optional
        See ``split_sides``.

    Raises
    ------
    AuditError
        No split, fewer than two clips, or no clip with a label.
    """
    require(clips, ("clip_id", label))
    split = split_sides(clips, protocol)
    labels = clips.set_index("clip_id").loc[split.of.index, label]
    known = labels.notna()
    if not known.any():
        raise AuditError("No clip has a label: there are no classes to count. Choose a dataset with labels.")
    counts = pd.crosstab(labels[known].astype(str).to_numpy(), split.of[known.to_numpy()].to_numpy())
    counts = counts.reindex(columns=list(split.names), fill_value=0)
    counts = counts.rename_axis(index="label", columns="side")
    totals = counts.sum(axis=1)
    unlabelled = int((~known).sum())
    notes = (
        *split.notes,
        *([f"{count(unlabelled, 'clip')} without a label left out."] * bool(unlabelled)),
        *(f"Only one clip is labelled '{name}'." for name in totals.index[totals == 1]),
    )
    return Balance(split.protocol, counts, _cells(counts), float(totals.max() / totals.min()), notes)


def summary(result: Balance) -> str:
    """The result in one sentence."""
    clips = result.counts.to_numpy()
    across = count(clips.shape[1], "fold") if result.protocol == "fold" else "the split"
    few, many = int(clips.min()), int(clips.max())
    held = count(many, "clip") if few == many else f"{few:,} to {count(many, 'clip')}"
    text = f"{count(len(result.counts), 'label')} over {across}, {held} in each of {clips.size:,} cells"
    off = result.cells["verdict"].value_counts()
    if set(off.index) == {"even"}:
        return f"{text}: none is empty or far from even."
    return f"{text}: {off.get('empty', 0):,} empty, {off.get('few', 0) + off.get('many', 0):,} far from even."


def _cells(counts: pd.DataFrame) -> pd.DataFrame:
    seen = counts.to_numpy(dtype=np.float64)
    expected = seen.sum(axis=1, keepdims=True) * seen.sum(axis=0) / seen.sum()
    residual = np.divide(seen - expected, np.sqrt(expected), out=np.zeros_like(seen), where=expected > 0)
    far = np.abs(residual) > RESIDUAL
    verdict = np.full(seen.shape, "even", dtype=object)
    verdict[far & (seen > FACTOR * expected)] = "many"
    verdict[far & (seen * FACTOR < expected)] = "few"
    verdict[seen == 0] = "empty"
    return pd.DataFrame(
        {
            "label": np.repeat(counts.index.to_numpy(), seen.shape[1]),
            "side": np.tile(counts.columns.to_numpy(), len(seen)),
            "clips": seen.ravel().astype(np.int64),
            "expected": expected.ravel(),
            "residual": residual.ravel(),
            "verdict": verdict.ravel(),
        }
    )
