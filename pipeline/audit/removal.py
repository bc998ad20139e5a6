"""What an accuracy is worth without the clips that leaked: the same experiment again, on those that remain."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.audit.split import DRAWN
from pipeline.classify.protocol import Protocol, describe, protocol
from pipeline.classify.run import Experiment, run
from pipeline.classify.significance import Comparison, Interval, compare, wilson
from pipeline.experiments.unit import Task


@dataclass(frozen=True, eq=False)
class Effect:
    """Accuracies before and after, 0 to 1, on the clips that both experiments tested, with Wilson's intervals."""

    clips: int
    before: float
    before_interval: Interval
    after: float
    after_interval: Interval
    comparison: Comparison

    @property
    def sentence(self) -> str:
        one, other = self.comparison.only_first, self.comparison.only_second
        p = f"McNemar's exact test, p = {self.comparison.exact:.2g}"
        return (
            f"Of the {self.clips:,} clips tested both times, {_share(self.before, self.before_interval)} were right "
            f"before and {_share(self.after, self.after_interval)} after: {len(one):,} right only before, "
            f"{len(other):,} only after ({p})."
        )


def effect(before: pd.DataFrame, after: pd.DataFrame) -> Effect:
    """
    Compare two experiments on the clips both have tested.

    Parameters
    ----------
    before, after : DataFrame
        ``clip_id``, ``truth`` and ``predicted``, one row a tested clip.

    Raises
    ------
    ClassifyError
        They share no clip.
    """
    found = compare(before, after)
    right = found.both_right + len(found.only_first), found.both_right + len(found.only_second)
    shares = [number / found.clips for number in right]
    intervals = [wilson(number, found.clips) for number in right]
    return Effect(found.clips, shares[0], intervals[0], shares[1], intervals[1], found)


def again(task: Task, removed: Collection[str]) -> Experiment:
    """
    The experiment of ``task`` once more, without the removed clips.

    Official folds stay by themselves; folds that were drawn are kept, for others would change the
    accuracy as well.

    Raises
    ------
    ClassifyError
        What remains cannot be learned.
    """
    kept = ~task.clips["clip_id"].isin(list(removed)).to_numpy()
    clips = task.clips[kept].reset_index(drop=True)
    values = {view: matrix[kept] for view, matrix in task.values.items()}
    wanted = task.wanted
    planned = protocol(task.clips, wanted.target, seed=wanted.seed)
    by = _without(planned, kept, wanted.seed) if planned.name in DRAWN else None
    return run(
        values, clips, wanted.target, wanted.method, combination=wanted.combination, seed=wanted.seed, by=by
    )


def _without(planned: Protocol, kept: NDArray[np.bool_], seed: int) -> Protocol | None:
    """The protocol of the clips that are kept; None where a class would be lost, so that it is drawn anew."""
    rows = kept[planned.rows]
    place = np.cumsum(kept) - 1  # where a kept clip stands among the kept
    codes, folds, groups = planned.codes[rows], planned.folds[rows], planned.groups[rows]
    spread = pd.DataFrame({"code": codes, "fold": folds}).groupby("code")["fold"].nunique()
    if len(spread) < len(planned.classes) or (spread < 2).any() or len(set(folds)) < len(planned.fold_names):
        return None
    names, classes = planned.fold_names, len(planned.classes)
    sentence = describe(planned.name, len(codes), classes, names, folds, groups, planned.unit, seed)
    return replace(
        planned, sentence=sentence, rows=place[planned.rows[rows]], codes=codes, folds=folds,
        groups=pd.factorize(groups)[0].astype(np.intp),
    )  # fmt: skip


def _share(value: float, interval: Interval) -> str:
    return f"{value:.1%} ({interval.low:.1%} to {interval.high:.1%})"
