"""Some thousand clips that stand for all, for what is quadratic in their number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline import stop
from pipeline.clusterings.clusterer import Fitted
from pipeline.clusterings.generalisation import VOTERS, vote

MAX_WHOLE = 3_000
"""Up to so many clips each is looked at; of more, so many landmarks."""
PILOTS = 1_000
WEIGHTS = (0.5, 4.0)
"""How much less or more likely than a clip of middling density the densest and the loneliest are drawn."""
CELLS = 1 << 24


def landmarks(values: NDArray[np.float32], count: int = MAX_WHOLE, seed: int = 0) -> NDArray[np.intp]:
    """
    Positions of ``count`` of the clips, sorted: drawn without replacement, from sparse regions more often.

    A clip's sparseness is its distance to the nearest of a pilot sample, so that a small group far from
    all others has landmarks as well. Drawn by exponential keys (Efraimidis and Spirakis 2006).
    """
    n = len(values)
    if n <= count:
        return np.arange(n)
    generator = np.random.default_rng([seed, 2])
    pilots = np.sort(generator.permutation(n)[: min(PILOTS, n)])
    sparseness = np.empty(n)
    for rows, squares in _squares(values, values[pilots]):
        squares[pilots[None, :] == rows[:, None]] = np.inf  # a pilot is not its own neighbour
        sparseness[rows] = np.sqrt(squares.min(axis=1))
    middle = float(np.median(sparseness))
    weights = np.clip(sparseness / middle, *WEIGHTS) if middle > 0 else np.ones(n)
    keys = generator.exponential(size=n) / weights
    return np.sort(np.argpartition(keys, count)[:count])


def nearest(values: NDArray[np.float32], chosen: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each clip the positions in ``chosen`` of its nearest landmarks, nearest first: (n, 5)."""
    k = min(VOTERS, len(chosen))
    found = np.empty((len(values), k), dtype=np.intp)
    for rows, squares in _squares(values, values[chosen]):
        near = np.argpartition(squares, k - 1, axis=1)[:, :k]
        order = np.argsort(np.take_along_axis(squares, near, axis=1), axis=1, kind="stable")
        found[rows] = np.take_along_axis(near, order, axis=1)
    return found


def extended(fitted: Fitted, chosen: NDArray[np.intp], near: NDArray[np.intp], n: int) -> Fitted:
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
    return Fitted(labels, fitted.parameters, strengths, None, (*fitted.notes, note(len(chosen), n)))


def note(count: int, n: int) -> str:
    return (
        f"Found among {count:,} of the {n:,} clips; each other clip joined the group of most of its "
        f"{VOTERS} nearest."
    )


def _squares(
    values: NDArray[np.float32], others: NDArray[np.float32]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float32]]]:
    """Rows and their squared distances to ``others``, a block at a time."""
    own = np.einsum("ij,ij->i", others, others)
    step = max(1, CELLS // max(len(others), 1))
    for start in range(0, len(values), step):
        stop.check()
        block = values[start : start + step]
        squares = own - 2 * (block @ others.T) + np.einsum("ij,ij->i", block, block)[:, None]
        yield np.arange(start, start + len(block)), np.maximum(squares, 0)


def restricted(rows: Sequence[int] | NDArray[np.intp], chosen: NDArray[np.intp]) -> NDArray[np.intp]:
    """Positions in ``rows`` of those that are among ``chosen``; both number the same clips."""
    return np.flatnonzero(np.isin(np.asarray(rows), chosen))
