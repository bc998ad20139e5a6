"""Cluster one space by one method of the registry, and say what speaks for the result."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline import stop
from pipeline.clusterings import CLUSTERERS
from pipeline.clusterings.clusterer import Clusterer, Fitted
from pipeline.clusterings.scores import Scores, score
from pipeline.clusterings.spaces import Space
from pipeline.clusterings.stability import ROUNDS, stability
from pipeline.inputs import InputError
from pipeline.projections.projection import merged
from store.errors import listed

FEWEST = 3


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
    points = space.points
    require_clips(len(points))
    stop.check()
    began = time.perf_counter()
    fitted = _fit(clusterer, space, merged(clusterer, parameters or {}))
    scores, notes = score(points, fitted.labels, truth)
    steady = stability(points, clusterer, fitted, stability_rounds)
    return Clustering(
        method,
        space.name,
        points.values.shape[1],
        fitted.parameters,
        fitted,
        scores,
        steady[0] if steady else None,
        steady[1] if steady else None,
        (*fitted.notes, *notes),
        time.perf_counter() - began,
    )


def clusterer_named(name: str) -> Clusterer:
    """The clusterer of that name, or ``InputError`` with those there are."""
    if name not in CLUSTERERS:
        raise InputError(f"There is no clustering '{name}'; {listed(list(CLUSTERERS))}.")
    return CLUSTERERS[name]


def require_clips(n: int) -> None:
    """Raise ``InputError`` where there are too few clips to be put into groups."""
    if n < FEWEST:
        counted = "is 1 clip" if n == 1 else f"are {n} clips"
        raise InputError(f"There {counted}; a clustering needs {FEWEST} or more. Choose more clips.")


def _fit(clusterer: Clusterer, space: Space, parameters: Mapping[str, object]) -> Fitted:
    try:
        return clusterer.fit(space.points, parameters)
    except (ValueError, ArithmeticError) as error:
        # The libraries' own words on odd data, such as a covariance that cannot be inverted.
        reason = str(error).strip().split("\n")[0]
        raise InputError(
            f"{clusterer.title} failed in the space '{space.name}': {reason}. Try other parameters."
        ) from error
