"""The audit of one dataset in memory: every part, each guarded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.audit import label_issues, leakage, parts
from pipeline.audit.duplicates import Duplicates
from pipeline.audit.fingerprint import ABSENT, CODES
from pipeline.audit.leakage import Leakage
from pipeline.audit.parts import (
    BALANCE,
    DOUBTS,
    DUPLICATES,
    FACTS,
    LEAKAGE,
    LEAKAGE_OWN,
    REMOVAL,
    Part,
    guarded,
    not_audited,
)
from pipeline.audit.splits import Split, own_column, split_of
from pipeline.classify.run import Experiment
from pipeline.experiments.unit import Task
from pipeline.runtime import stop
from store.reader import Predictions

LIMIT = 20_000
"""With more clips a build computes no fingerprints, doubts or second experiment: that takes hours."""


@dataclass(frozen=True, eq=False)
class Given:
    """
    What is known of a dataset.

    ``prints`` are the clips that have a fingerprint (m,) and those, uint32 (m, 2, 256); None where there
    are too many clips. ``task`` and ``said`` are of the experiment that bears witness, None without one.
    """

    clips: pd.DataFrame
    experiments: pd.DataFrame
    prints: tuple[NDArray[np.object_], NDArray[np.uint32]] | None = None
    unread: Sequence[str] = ()
    task: Task | None = None
    said: Predictions | None = None


@dataclass(frozen=True, eq=False)
class Audit:
    """What was found, and the experiment without the clips that leaked, where there were any."""

    parts: tuple[Part, ...]
    unleaked: Experiment | None

    @property
    def found(self) -> Mapping[str, pd.DataFrame]:
        """The rows of all parts by table of the store."""
        tables: dict[str, list[pd.DataFrame]] = {}
        for part in self.parts:
            for name, table in part.found.items():
                tables.setdefault(name, []).append(table)
        return {name: _together(several) for name, several in tables.items()}


def audit_of(given: Given) -> Audit:
    """Every part of a dataset's audit. What cannot be audited says why; nothing is raised for it."""
    import sklearn

    split = split_of(given.clips)
    copies: list[Duplicates] = []
    leaks: list[Leakage] = []
    made: list[Experiment] = []
    steps: list[tuple[str, Callable[[], Part]]] = [
        (DUPLICATES, lambda: _copies(given, copies)),
        (LEAKAGE, lambda: _leaks(split, copies, leaks)),
        *([(LEAKAGE_OWN, lambda: parts.own_leaks(split, _one(copies)))] if own_column(split) else []),
        (REMOVAL, lambda: _removal(given, leaks, made)),
        (DOUBTS, lambda: _doubts(given)),
        (FACTS, lambda: parts.facts(split)),
        (BALANCE, lambda: parts.spread(split)),
    ]
    done = [parts.split(split)]
    # Of a few hundred clips, checking arrays and parameters takes longer than learning from them.
    with sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
        for name, make in steps:
            stop.check()
            done.append(guarded(name, make))
    return Audit(tuple(done), made[0] if made else None)


def _copies(given: Given, out: list[Duplicates]) -> Part:
    prints, notes = _in_order(given), parts.unread(given.unread)
    if given.prints is None:
        notes = [_too_many(len(given.clips), "only files equal byte for byte were looked for")]
    part, result = parts.copies(given.clips, prints, notes)
    out.append(result)
    return part


def _leaks(split: Split, copies: Sequence[Duplicates], out: list[Leakage]) -> Part:
    part, result = parts.leaks(split, _one(copies))
    out.append(result)
    return part


def _doubts(given: Given) -> Part:
    if len(given.clips) > LIMIT:
        return not_audited(DOUBTS, _too_many(len(given.clips), "no label was doubted"))
    return parts.label_issues_part(given.clips, given.experiments, given.said)


def _removal(given: Given, leaks: Sequence[Leakage], out: list[Experiment]) -> Part:
    if not leaks:
        return not_audited(
            REMOVAL, "Leakage could not be looked for, so no clip is known that would have to go."
        )
    removed = leaks[0].removed
    if removed.empty:
        return Part(REMOVAL, parts.UNCHANGED)
    if len(given.clips) > LIMIT:
        return not_audited(REMOVAL, _too_many(len(given.clips), "nothing was learned again without them"))
    best = label_issues.witness(given.experiments)
    if best is None or given.task is None or given.said is None:
        return not_audited(REMOVAL, "No classifier has learned these labels, so no accuracy can change.")
    experiment = leakage.again(given.task, removed["clip_id"].tolist())
    part = parts.removal_part(given.said.table, experiment, label_issues.named(best), removed)
    out.append(experiment)
    return part


def _in_order(given: Given) -> NDArray[np.uint32] | None:
    """A fingerprint a clip, (n, 2, 256); one without any codes where there is none."""
    if given.prints is None:
        return None
    ids, prints = given.prints
    whole = np.full((len(given.clips), 2, CODES), ABSENT, dtype=np.uint32)
    places = pd.Index(given.clips["clip_id"]).get_indexer(pd.Index(ids))
    whole[places[places >= 0]] = prints[places >= 0]
    return whole


def _one(copies: Sequence[Duplicates]) -> Duplicates | None:
    return copies[0] if copies else None


def _too_many(clips: int, what: str) -> str:
    return f"{clips:,} clips are more than the {LIMIT:,} for which a build computes this by itself: {what}."


def _together(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]
