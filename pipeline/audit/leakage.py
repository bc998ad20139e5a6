"""Leakage: what a model may have met in training that it is tested on, and which clips to do without."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.audit.duplicates import Duplicates
from pipeline.audit.splits import AuditError, SplitColumn, count, require, split_sides
from pipeline.classify.protocol import OFFICIAL_SPLIT, Protocol, describe, protocol
from pipeline.classify.run import Experiment, run
from pipeline.classify.significance import Comparison, Interval, compare, wilson
from pipeline.experiments.unit import Task
from store.errors import listed

DUPLICATE = "duplicate"
LEAK_KINDS = ("source", "speaker", "sentence", DUPLICATE)
"""What clips may have in common: the recording they were cut from, the voice, the sentence, the sound."""
KIND_WORDS = {DUPLICATE: "duplicate group"}

FOUND = ("kind", "value", "sides", "clips", "removed")
REMOVED = ("clip_id", "kind", "value", "side")


@dataclass(frozen=True, eq=False)
class Leakage:
    """
    What lies on both sides of the split.

    ``found`` has a row for every source, speaker, sentence or group of duplicates that does, those of most
    clips first: ``kind`` (which of them), ``value``, ``sides`` (such as ``"1, 5"``), ``clips``, and
    ``removed``, how many would have to go for it alone. ``removed`` has a row a clip to take out so that
    no leak of the chosen kinds is left: ``clip_id``, and the ``kind``, ``value`` and ``side`` it went
    for. ``checked`` are the kinds of which something is known; ``notes`` sentences on what was not looked at.
    """

    protocol: SplitColumn
    clips: int
    found: pd.DataFrame
    removed: pd.DataFrame
    checked: tuple[str, ...]
    notes: tuple[str, ...]


def leakage(
    clips: pd.DataFrame,
    duplicates: Duplicates | None = None,
    *,
    protocol: SplitColumn | None = None,
    kinds: Sequence[str] = LEAK_KINDS,
) -> Leakage:
    """
    Look for what clips on different sides have in common, and choose the clips to remove.

    Of those that have it in common, the side with most clips stays, of equal ones the first. Removing never
    makes a new leak, so one pass over each kind is enough.

    Parameters
    ----------
    clips : DataFrame
        As ``Reader.clips`` gives it: ``clip_id``, ``fold`` or ``split``, ``source``, ``speaker``, ``sentence``.
    duplicates : Duplicates, optional
        Of the same clips; without them that kind is not looked for.
    protocol : {"fold", "split"}, optional
        See ``split_sides``.
    kinds : sequence of str
        Which kinds count. Sentences that everybody reads are on every side: leave out ``"sentence"`` where the
        words do not help the task.

    Raises
    ------
    AuditError
        No split, fewer than two clips, or no such kind.
    """
    unknown = [kind for kind in kinds if kind not in LEAK_KINDS]
    if unknown:
        raise AuditError(f"There is no kind of leak '{unknown[0]}'; {listed(LEAK_KINDS)}.")
    require(clips, ("clip_id",))
    split = split_sides(clips, protocol)
    rows = clips.set_index("clip_id").loc[split.of.index]
    values = {kind: known for kind in kinds if (known := _values(rows, duplicates, kind)) is not None}
    found = pd.concat([_crossing(kind, each, split.of) for kind, each in values.items()] or [_none(FOUND)])
    gone = _removed_clips(values, split.of)
    absent = [kind for kind in kinds if kind not in values]
    notes = [
        *split.notes,
        *([f"Not looked at, because nothing is known of it: {', '.join(absent)}."] * bool(absent)),
    ]
    lost = set(split.of) - set(split.of.drop(gone["clip_id"].to_list()))
    if lost:
        notes.append(
            f"Without these clips nothing is left of {', '.join(sorted(lost))}: choose fewer kinds of leak."
        )
    found = found.sort_values("clips", ascending=False, kind="stable", ignore_index=True)
    return Leakage(split.protocol, len(split.of), found, gone, tuple(values), tuple(notes))


def summary(result: Leakage) -> str:
    """The result in one sentence."""
    across = "folds" if result.protocol == "fold" else "split"
    if result.found.empty:
        if not result.checked:
            return f"Nothing is known of the clips that could cross the {across}."
        return f"Nothing crosses the {across}: no {' or '.join(result.checked)} is on two sides."
    counts = result.found["kind"].value_counts()
    parts = [count(int(counts[kind]), KIND_WORDS.get(kind, kind)) for kind in LEAK_KINDS if kind in counts]
    return (
        f"On two sides of the {across}: {', '.join(parts)}. Without {count(len(result.removed), 'clip')} "
        f"of {result.clips:,} nothing crosses."
    )


def _values(rows: pd.DataFrame, duplicates: Duplicates | None, kind: str) -> pd.Series | None:
    """What of this kind each clip has, the clip_id as index, without those that have none; None if unknown."""
    if kind == DUPLICATE:
        if duplicates is None:
            return None
        numbers = duplicates.groups[duplicates.groups.index.isin(rows.index)]
        # A group goes by the name of its first clip: numbers change with what else is found.
        first = numbers.index.to_series().groupby(numbers.to_numpy()).transform("min")
        return pd.Series(first.to_numpy(dtype=object), index=numbers.index)
    if kind not in rows or rows[kind].isna().all():
        return None
    return rows[kind].dropna().astype(str)


def _crossing(kind: str, values: pd.Series, of: pd.Series) -> pd.DataFrame:
    table = _sizes(values, of)
    table = table[(table > 0).sum(axis=1) > 1]
    if table.empty:
        return _none(FOUND)
    where = [", ".join(side for side in table.columns if row[side]) for _, row in table.iterrows()]
    clips = table.sum(axis=1).to_numpy()
    columns = [kind, table.index.to_numpy(), where, clips, clips - table.max(axis=1).to_numpy()]
    return pd.DataFrame(dict(zip(FOUND, columns, strict=True)))


def _removed_clips(values: dict[str, pd.Series], of: pd.Series) -> pd.DataFrame:
    gone = [_none(REMOVED)]
    staying = of
    for kind, each in values.items():
        here = each[each.index.isin(staying.index)]
        if here.empty:
            continue
        kept = here.map(_sizes(here, staying).idxmax(axis=1))
        side = staying.loc[here.index]
        out = (side != kept).to_numpy()
        ids = here.index[out]
        columns = [ids, kind, here[out].to_numpy(), side[out].to_numpy()]
        gone.append(pd.DataFrame(dict(zip(REMOVED, columns, strict=True))))
        staying = staying.drop(ids)
    return pd.concat(gone, ignore_index=True)


def _sizes(values: pd.Series, of: pd.Series) -> pd.DataFrame:
    """How many clips each value has on each side: a row a value, sides in their order."""
    table = pd.crosstab(values.to_numpy(), of.loc[values.index].to_numpy())
    names = sorted(map(str, table.columns), key=lambda side: (len(side), side))
    return table[names]


def _none(columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({name: np.empty(0, dtype=object) for name in columns})


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


def repeat_without(task: Task, removed: Collection[str]) -> Experiment:
    """
    The experiment of ``task`` once more, without the removed clips.

    The folds are kept, for others would change the accuracy as well. An official split stays by itself.

    Raises
    ------
    ClassifyError
        What remains cannot be learned.
    """
    kept = ~task.clips["clip_id"].isin(list(removed)).to_numpy()
    clips = task.clips[kept].reset_index(drop=True)
    values = {view: matrix[kept] for view, matrix in task.values.items()}
    spec = task.spec
    planned = protocol(task.clips, spec.target, seed=spec.seed)
    by = _without(planned, kept, spec.seed) if planned.name != OFFICIAL_SPLIT else None
    return run(values, clips, spec.target, spec.method, combination=spec.combination, seed=spec.seed, by=by)


def _without(planned: Protocol, kept: NDArray[np.bool_], seed: int) -> Protocol | None:
    """The protocol of the clips that are kept; None where a class would be lost, so that it is drawn anew."""
    rows = kept[planned.rows]
    place = np.cumsum(kept) - 1  # where a kept clip stands among the kept
    codes, folds, groups = planned.codes[rows], planned.folds[rows], planned.groups[rows]
    spread = pd.DataFrame({"code": codes, "fold": folds}).groupby("code")["fold"].nunique()
    if len(spread) < len(planned.classes) or (spread < 2).any() or len(set(folds)) < len(planned.fold_names):
        return None
    names, classes = planned.fold_names, len(planned.classes)
    sentence = planned.reason + describe(
        planned.name, len(codes), classes, names, folds, groups, planned.unit, seed
    )
    return replace(
        planned, sentence=sentence, rows=place[planned.rows[rows]], codes=codes, folds=folds,
        groups=pd.factorize(groups)[0].astype(np.intp),
    )  # fmt: skip


def _share(value: float, interval: Interval) -> str:
    return f"{value:.1%} ({interval.low:.1%} to {interval.high:.1%})"
