"""Cluster one space by one method of the registry, and say what speaks for the result."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline import landmarks
from pipeline.clusterings import CLUSTERERS
from pipeline.clusterings.clusterer import Clusterer, Fitted
from pipeline.clusterings.measures import WHOLE, Measured, Rounds, measure
from pipeline.clusterings.points import Points
from pipeline.clusterings.scores import Scores, score
from pipeline.clusterings.spaces import Space
from pipeline.clusterings.stability import ROUNDS, VOTERS, vote
from pipeline.inputs import InputError
from pipeline.projections.projection import merged
from pipeline.runtime import stop
from store.errors import listed

MAX_WHOLE = 3_000
"""Up to so many clips each is looked at; of more, so many landmarks."""
MIN_CLIPS = 3


@dataclass(frozen=True, eq=False)
class Clustering:
    """Groups of clips, with what speaks for them. ``seconds`` include scores and stability."""

    method: str
    space: str
    space_dimension: int
    parameters: Mapping[str, object]
    fitted: Fitted
    scores: Scores
    stability: float | None
    stability_spread: float | None
    notes: tuple[str, ...]
    seconds: float
    generalisation: float | None = None
    within_stability: float | None = None
    trust_spread: float | None = None


def cluster(
    space: Space,
    method: str,
    parameters: Mapping[str, object] | None,
    truth: Sequence[str | None] | None,
    *,
    stability_rounds: int = ROUNDS,
) -> Clustering:
    """
    Put the clips of a space into groups; the same input gives the same groups.

    Parameters
    ----------
    space : Space
        Three clips or more. Keep it: further clusterings of the same space are quicker.
    method : str
        A name in ``CLUSTERERS``.
    parameters : mapping or None
        What shall differ from the clusterer's own parameters.
    truth : sequence of str or None
        Each clip's label, None where it has none. Only the external scores see it.
    stability_rounds : int
        How many resamplings to measure stability by; 0 for none.

    Raises
    ------
    InputError
        No such method or parameter, a value out of its range, fewer than three clips, more clusters
        than clips, or too many clips for an algorithm that needs all pairs.
    """
    clusterer = clusterer_named(method)
    require_clips(len(space.points))
    stop.check()
    chosen = chosen_of(space.values)
    if len(chosen) == len(space.values):
        return completed(space, space.points, None, clusterer, parameters or {}, truth, stability_rounds)
    part = space.points.subset(chosen)
    return completed(space, part, chosen, clusterer, parameters or {}, truth, stability_rounds)


def completed(
    space: Space,
    points: Points,
    chosen: NDArray[np.intp] | None,
    clusterer: Clusterer,
    parameters: Mapping[str, object],
    truth: Sequence[str | None] | None,
    stability_rounds: int = ROUNDS,
    *,
    before: Measured | None = None,
    near: NDArray[np.intp] | None = None,
    seed: int = 0,
) -> Clustering:
    """
    Fit, score and measure one clustering.

    Parameters
    ----------
    space, points, chosen
        All clips; those that are clustered; and their positions among all, None where they are all.
    before : Measured, optional
        What the first rounds gave, which are then not measured again.
    near : NDArray[np.intp], optional
        The nearest landmarks of each clip, where they are known (``landmarks.nearest``).
    """
    began = time.perf_counter()
    fitted = _fit(clusterer, space, points, merged(clusterer, parameters))
    steady = _measured(points, clusterer, fitted, stability_rounds, before, seed)
    if chosen is not None:
        near = nearest_landmarks(space.values, chosen) if near is None else near
        fitted = extended_to_all(fitted, chosen, near, len(space.values))
    sampled = None if chosen is None else (points, chosen)
    scores, notes = score(space.points, fitted.labels, truth, sampled)
    return Clustering(
        clusterer.name,
        space.name,
        space.values.shape[1],
        fitted.parameters,
        fitted,
        scores,
        notes=(*fitted.notes, *notes),
        seconds=time.perf_counter() - began,
        **steady.means(),
    )


def _measured(
    points: Points, clusterer: Clusterer, fitted: Fitted, rounds: int, before: Measured | None, seed: int
) -> Measured:
    """All measures by as many rounds of stability as asked for, and none at all with 0."""
    if not rounds:
        return Measured()
    first = before or Measured()
    whole = Rounds(
        (len(first.stability or ()), rounds),
        (len(first.generalisation or ()), WHOLE.generalisation[1]),
        (len(first.within), WHOLE.within[1]),
    )
    return first.joined(measure(points, clusterer, fitted.parameters, fitted.labels, whole, seed))


def clusterer_named(name: str) -> Clusterer:
    """The clusterer of that name, or ``InputError`` with those there are."""
    if name not in CLUSTERERS:
        raise InputError(f"There is no clustering '{name}'; {listed(list(CLUSTERERS))}.")
    return CLUSTERERS[name]


def require_clips(n: int) -> None:
    """Raise ``InputError`` where there are too few clips to be put into groups."""
    if n < MIN_CLIPS:
        counted = "is 1 clip" if n == 1 else f"are {n} clips"
        raise InputError(f"There {counted}; a clustering needs {MIN_CLIPS} or more. Choose more clips.")


def _fit(clusterer: Clusterer, space: Space, points: Points, parameters: Mapping[str, object]) -> Fitted:
    try:
        return clusterer.fit(points, parameters)
    except (ValueError, ArithmeticError) as error:
        # The libraries' own words on odd data, such as a covariance that cannot be inverted.
        reason = str(error).strip().split("\n")[0]
        raise InputError(
            f"{clusterer.title} failed in the space '{space.name}': {reason}. Try other parameters."
        ) from error


def chosen_of(values: NDArray[np.float32], seed: int = 0) -> NDArray[np.intp]:
    """Positions of the landmarks of values (n, k), ascending: all of few clips."""
    return landmarks.choose(values, MAX_WHOLE, seed)


def nearest_landmarks(values: NDArray[np.float32], chosen: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each clip the positions in ``chosen`` of its nearest landmarks, nearest first: (n, 5)."""
    return landmarks.nearest(values, values[chosen], min(VOTERS, len(chosen)))[0]


def extended_to_all(fitted: Fitted, chosen: NDArray[np.intp], near: NDArray[np.intp], n: int) -> Fitted:
    """
    The groups of the landmarks carried over to all ``n`` clips by a vote of each clip's nearest landmarks.

    Noise votes as a group. The condensed tree, whose leaves are the landmarks alone, is left out.
    """
    labels = vote(fitted.labels[near])
    labels[chosen] = fitted.labels
    strengths = None
    if fitted.strengths is not None:
        strengths = fitted.strengths[near[:, 0]]
        strengths[chosen] = fitted.strengths
    return Fitted(labels, fitted.parameters, strengths, None, (*fitted.notes, landmark_note(len(chosen), n)))


def landmark_note(count: int, n: int) -> str:
    return (
        f"Found among {count:,} of the {n:,} clips; each other clip joined the group of most of its "
        f"{VOTERS} nearest."
    )
