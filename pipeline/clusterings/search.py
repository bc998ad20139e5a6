"""The clusterings of one dataset that are worth a look: many are compared cheaply, few are measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from pipeline.clusterings.agreement import agreement
from pipeline.clusterings.candidates import (
    FINALISTS,
    SCREEN,
    SCREENED,
    Candidate,
    SpaceTask,
    compared,
    divided,
    finalists,
    finished,
    measured,
    screened,
)
from pipeline.clusterings.cluster import (
    MAX_WHOLE,
    Clustering,
    chosen_of,
    require_clips,
)
from pipeline.clusterings.measures import WHOLE, Measured, without_within
from pipeline.clusterings.ranking import out_of_running, rank
from pipeline.clusterings.spaces import STANDARDISED, spaces
from pipeline.errors import FAILURES, failure_sentence
from pipeline.inputs import ALL, FeatureMatrix
from pipeline.runtime import stop

Map = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], Iterable[Any]]
"""Calls a function of a module with each tuple of arguments, here or in other processes; in any order."""

PORTIONS = 2
"""Into so many parts the candidates go where each part needs the same matrix of distances."""

Progress = Callable[[str, float], None]
"""Takes what is being done and the share of all that is done, 0 to 1."""


@dataclass(frozen=True, eq=False)
class Finalist:
    """A clustering that was measured, with its standing; ``place`` is never shared, ``rank`` may be."""

    view: str
    clustering: Clustering
    agreement: float | None
    rank: int
    place: int
    why: str


@dataclass(frozen=True, slots=True)
class ViewGap:
    """What was not computed of a view, and why, in a sentence."""

    view: str
    what: str
    reason: str


@dataclass(frozen=True, eq=False)
class SearchResult:
    """The finalists in their places, what failed, and a sentence on what was left out."""

    found: list[Finalist]
    gaps: list[ViewGap]
    summary: str


def serial(function: Callable[..., Any], arguments: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
    """One call after the other, in this process."""
    return (function(*one) for one in arguments)


def search(
    features: Mapping[str, FeatureMatrix],
    umap: Mapping[str, Mapping[str, NDArray[np.float32]]],
    truth: Mapping[str, str | None] | None,
    *,
    thorough: bool = False,
    each: Map = serial,
    on_progress: Progress | None = None,
    seed: int = 0,
) -> SearchResult:
    """
    Find the clusterings of a dataset that deserve trust.

    Every method clusters every space of every view. What the other views confirm of each is measured at
    once; stability, generalisation and stability within clusters of those that may come first, by few
    resamples; and by all of them of some hundred finalists, among which each view has some. Above
    ``MAX_WHOLE`` clips all this is done with as many landmarks, the same for all views.

    Parameters
    ----------
    features : mapping of str to FeatureMatrix
        Standardised vectors by view, ``ALL`` for all together. Views may lack clips.
    umap : mapping of str to mapping
        For each view positions of its clips by UMAP, by names in ``spaces.METRICS``; may be empty.
    truth : mapping of str to (str or None), optional
        Labels by clip id. Only the external scores see them.
    thorough : bool
        Measure everything.
    each : callable
        How to call a function with many arguments, such as over worker processes.
    on_progress : callable, optional
        Is called as the work goes on.
    seed : int
        Of resamples and random starts.

    Raises
    ------
    KeyboardInterrupt
        Somebody asked to stop (``pipeline.runtime.stop``).
    """
    report = on_progress or (lambda _what, _share: None)
    clips = _clips(features)
    gaps: list[ViewGap] = []
    with threadpool_limits(1):
        tasks = _tasks(features, umap, clips, gaps, seed)
    small = [task.of_landmarks() for task in tasks]
    rows = _rows(features, small, tasks, clips)
    report("comparing clusterings", 0.0)
    candidates = _compared(small, each, thorough, gaps, report)
    compared_count = len(candidates)
    labels, columns = _aligned(candidates, rows, len(clips))
    if not thorough:
        fit_to_run = np.array([_in_running(one) for one in candidates], dtype=bool)
        candidates = [one for one, fits in zip(candidates, fit_to_run, strict=True) if fits]
        labels = labels[fit_to_run]
    if not candidates:
        return SearchResult([], gaps, "No clustering could be computed.")
    report("comparing clusterings of different views", 0.3)
    views = np.array([one.view for one in candidates], dtype=object)
    agreed = agreement(views, labels, combined=ALL)
    before = [Measured()] * len(candidates)
    reference = _reference(small)
    inner = columns[rows[reference]]
    if not thorough:
        kept = screened(candidates, labels, agreed, SCREENED)
        candidates, labels, agreed = [candidates[row] for row in kept], labels[kept], agreed[kept]
        before = _measured(small, candidates, each, report)
        before = _divided(small[reference], before, labels[:, inner], SCREEN.within, each)
        kept = finalists(candidates, labels, agreed, before, FINALISTS)
        candidates, labels, agreed = [candidates[row] for row in kept], labels[kept], agreed[kept]
        before = [before[row] for row in kept]
    report("measuring the finalists", 0.6)
    before = _divided(small[reference], before, labels[:, inner], WHOLE.within, each)
    done = _completed(tasks, candidates, before, features, truth, each, gaps, report)
    there = [row for row in range(len(candidates)) if row in done]
    if not there:
        return SearchResult([], gaps, "No clustering could be computed.")
    found = _ranked(candidates, labels, agreed, done, there)
    report("measuring the finalists", 1.0)
    return SearchResult(found, gaps, _summary(compared_count, len(found), len(clips), thorough))


def _clips(features: Mapping[str, FeatureMatrix]) -> pd.Index:
    """The clips of all views, those of all together first."""
    ordered = sorted(features, key=lambda view: view != ALL)
    return pd.Index(dict.fromkeys(clip for view in ordered for clip in features[view].clip_ids))


def _tasks(
    features: Mapping[str, FeatureMatrix],
    umap: Mapping[str, Mapping[str, NDArray[np.float32]]],
    clips: pd.Index,
    gaps: list[ViewGap],
    seed: int,
) -> list[SpaceTask]:
    """Every space of every view, with its landmarks where there are many clips."""
    chosen: NDArray[np.object_] | None = None
    if len(clips) > MAX_WHOLE:
        reference = features[
            ALL if ALL in features else max(features, key=lambda view: len(features[view].clip_ids))
        ]
        chosen = reference.clip_ids[chosen_of(reference.values, seed)]
    tasks = []
    for view, one in features.items():
        stop.check()
        try:
            require_clips(len(one.values))
            found = spaces(one, umap.get(view))
        except FAILURES as error:
            gaps.append(ViewGap(view, "Clusterings", failure_sentence(error)))
            continue
        part = None if chosen is None else np.flatnonzero(pd.Index(one.clip_ids).isin(chosen))
        if part is not None and len(part) < min(MAX_WHOLE, len(one.values)) // 2:
            part = chosen_of(one.values, seed)  # a view that lacks many of the clips
        tasks += [SpaceTask(view, space.name, space.title, space.values, part, seed) for space in found]
    return tasks


def _rows(
    features: Mapping[str, FeatureMatrix],
    small: Sequence[SpaceTask],
    tasks: Sequence[SpaceTask],
    clips: pd.Index,
) -> list[NDArray[np.intp]]:
    """For each task, which of all clips its rows are."""
    found = []
    for task in tasks:
        ids = features[task.view].clip_ids
        found.append(clips.get_indexer(pd.Index(ids if task.chosen is None else ids[task.chosen])))
    return found


def _compared(
    tasks: Sequence[SpaceTask], each: Map, thorough: bool, gaps: list[ViewGap], report: Progress
) -> list[Candidate]:
    by_task: dict[int, list[Candidate]] = {}
    arguments = [(position, task, thorough) for position, task in enumerate(tasks)]
    for position, found, failed in each(compared, arguments):
        stop.check()
        by_task[position] = found
        gaps += [ViewGap(tasks[position].view, what, reason) for what, reason in failed]
        report("comparing clusterings", 0.3 * len(by_task) / len(tasks))
    return [one for position in sorted(by_task) for one in by_task[position]]


def _aligned(
    candidates: Sequence[Candidate], rows: Sequence[NDArray[np.intp]], n: int
) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """
    The cluster of each clip, (m, n'), -2 where a clustering lacks it, and the column of each of n clips.

    Clips that no task has, as most have none where there are landmarks, have no column.
    """
    there = np.zeros(n, dtype=bool)
    for own in rows:
        there[own] = True
    columns = np.cumsum(there) - 1
    labels = np.full((len(candidates), int(there.sum())), -2, dtype=np.int32)
    for row, one in enumerate(candidates):
        labels[row, columns[rows[one.space]]] = one.labels
    return labels, columns


def _reference(tasks: Sequence[SpaceTask]) -> int:
    """The space in which the clusters of all candidates are divided: that of all columns of all views."""
    standing = [(task.view != ALL, task.name != STANDARDISED) for task in tasks]
    return standing.index(min(standing))


def _divided(
    reference: SpaceTask,
    numbers: Sequence[Measured],
    labels: NDArray[np.int32],
    rounds: tuple[int, int],
    each: Map,
) -> list[Measured]:
    """The numbers with the stability within clusters by the rounds named, in place of what was there."""
    portions = [range(start, len(labels), PORTIONS) for start in range(min(PORTIONS, len(labels)))]
    arguments = [
        (position, reference, [labels[row] for row in portion], rounds)
        for position, portion in enumerate(portions)
    ]
    found = list(numbers)
    for position, within in each(divided, arguments):
        stop.check()
        for row, one in zip(portions[position], within, strict=True):
            found[row] = Measured(numbers[row].stability, numbers[row].generalisation, one)
    return found


def _in_running(one: Candidate) -> bool:
    return out_of_running(one.clusters, int((one.labels < 0).sum()), len(one.labels), one.labels) is None


def _by_space(candidates: Sequence[Candidate]) -> dict[int, list[int]]:
    grouped: dict[int, list[int]] = {}
    for row, one in enumerate(candidates):
        grouped.setdefault(one.space, []).append(row)
    return grouped


def _measured(
    tasks: Sequence[SpaceTask], candidates: Sequence[Candidate], each: Map, report: Progress
) -> list[Measured]:
    grouped = _by_space(candidates)
    arguments = [
        (position, tasks[position], [candidates[row] for row in members], without_within(SCREEN))
        for position, members in grouped.items()
    ]
    found = [Measured()] * len(candidates)
    for done, (position, numbers) in enumerate(each(measured, arguments)):
        stop.check()
        for row, one in zip(grouped[position], numbers, strict=True):
            found[row] = one
        report("measuring what may come first", 0.3 + 0.3 * (done + 1) / len(grouped))
    return found


def _completed(
    tasks: Sequence[SpaceTask],
    candidates: Sequence[Candidate],
    before: Sequence[Measured],
    features: Mapping[str, FeatureMatrix],
    truth: Mapping[str, str | None] | None,
    each: Map,
    gaps: list[ViewGap],
    report: Progress,
) -> dict[int, Clustering]:
    grouped = _by_space(candidates)
    arguments = []
    for position, members in grouped.items():
        ids = features[tasks[position].view].clip_ids
        classes = None if truth is None else [truth.get(clip) for clip in ids]
        pairs = [(candidates[row], before[row]) for row in members]
        arguments.append((position, tasks[position], pairs, classes))
    found: dict[int, Clustering] = {}
    for done, (position, clusterings) in enumerate(each(finished, arguments)):
        stop.check()
        for row, one in zip(grouped[position], clusterings, strict=True):
            if isinstance(one, Clustering):
                found[row] = one
            else:
                gaps.append(ViewGap(tasks[position].view, *one))
        report("measuring the finalists", 0.6 + 0.4 * (done + 1) / len(grouped))
    return found


def _ranked(
    candidates: Sequence[Candidate],
    labels: NDArray[np.int32],
    agreed: NDArray[np.float64],
    done: Mapping[int, Clustering],
    there: Sequence[int],
) -> list[Finalist]:
    table = pd.DataFrame(
        {
            "clustering_id": f"{candidates[row].view}.{one.space}.{one.method}.{sorted(one.parameters.items())}",
            "view": candidates[row].view,
            "method": one.method,
            "clusters": one.scores.clusters,
            "noise": one.scores.noise,
            "clips": len(one.fitted.labels),
            "stability": one.stability,
            "stability_spread": one.stability_spread,
            "generalisation": one.generalisation,
            "within_stability": one.within_stability,
            "trust_spread": one.trust_spread,
            "agreement": agreed[row],
        }
        for row, one in ((row, done[row]) for row in there)
    )
    ranked = rank(table, labels[list(there)])
    order = np.argsort(ranked["place"].to_numpy())
    found = []
    for at in order:
        line = ranked.iloc[at]
        bits = float(line["agreement"])
        found.append(
            Finalist(
                line["view"],
                done[there[at]],
                None if np.isnan(bits) else bits,
                int(line["rank"]),
                int(line["place"]),
                str(line["why"]),
            )
        )
    return found


def _summary(compared_count: int, found: int, clips: int, thorough: bool) -> str:
    among = f" among {MAX_WHOLE:,} of the {clips:,} clips" if clips > MAX_WHOLE else ""
    if thorough:
        return f"All {compared_count:,} clusterings were measured{among}."
    return (
        f"{compared_count:,} clusterings were compared{among} by size, noise and what other views confirm; "
        f"{found} finalists were measured."
    )
