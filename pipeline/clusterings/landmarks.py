"""Some thousand clips that stand for all, for what is quadratic in their number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline import landmarks
from pipeline.clusterings.clusterer import Fitted
from pipeline.clusterings.generalisation import VOTERS, vote

MAX_WHOLE = 3_000
"""Up to so many clips each is looked at; of more, so many landmarks."""


def chosen_of(values: NDArray[np.float32], seed: int = 0) -> NDArray[np.intp]:
    """Positions of the landmarks of values (n, k), ascending: all of few clips."""
    return landmarks.choose(values, MAX_WHOLE, seed)


def nearest(values: NDArray[np.float32], chosen: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each clip the positions in ``chosen`` of its nearest landmarks, nearest first: (n, 5)."""
    return landmarks.nearest(values, values[chosen], min(VOTERS, len(chosen)))[0]


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
