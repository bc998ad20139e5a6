"""What a classifier is: how it is fitted, and which hyper-parameters are tried inside the training folds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import PipelineError

Parameters = Mapping[str, object]
Values = NDArray[np.float32]
Ints = NDArray[np.intp]
Scores = NDArray[np.float64]
Scorer = Callable[[Values], Scores]
"""Values (m, d) -> scores (m, classes), whose softmax is the classifier's probabilities."""

Fit = Callable[[Values, NDArray[np.intp], Sequence[Parameters], int], Iterator[Scorer]]
"""Values (n, d), codes (n,), candidates, seed -> one scorer a candidate, in their order."""

TOGETHER, VOTE = "together", "vote"
COMBINATIONS: dict[str, str] = {
    TOGETHER: "The columns of all views side by side.",
    VOTE: "Each view is learned for itself; the mean of their probabilities decides.",
}
"""How several views are learned from, and what a person reads of it."""

MIN_PROBABILITY = 1e-6
"""Stands in for a probability of 0, whose logarithm would be infinite."""


class ClassifyError(PipelineError):
    """The clips, the target or the vectors are such that nothing can be learned or tested."""


@dataclass(frozen=True, kw_only=True)
class Classifier:
    """A way to learn classes from vectors.

    ``fit`` takes standardised values of training clips only, codes 0 .. classes - 1 of which each occurs,
    and several candidates at once, so that they can share what is costly. The first of ``grid`` is taken
    where nothing can be compared. Raise ``version`` whenever predictions change: the store then computes
    them anew.
    """

    name: str
    title: str
    version: int
    source: str
    fit: Fit
    parameters: Parameters = field(default_factory=dict)
    """What is the same for every candidate."""
    grid: tuple[Parameters, ...] = ({},)
    search_parameters: Parameters = field(default_factory=dict)
    """What is cheaper while candidates are compared, such as fewer trees; not used for the final fit."""
    search_splits: int | None = None
    """How many of the inner splits candidates are compared on; None for all of them."""
    max_clips: int | None = None
    """From more training clips a sample is learned, whose size grows with their root: ``bounded``."""
    calibrated: bool = False
    """Whether the scores are brought to probabilities by a temperature, found inside the training folds."""
    looks: bool = True
    """Whether it looks at the values at all; a baseline does not."""
    draws: bool = False
    """Whether a prediction is drawn from the probabilities instead of being their greatest."""

    @property
    def candidates(self) -> tuple[Parameters, ...]:
        return tuple({**self.parameters, **tried} for tried in self.grid)

    @property
    def searched(self) -> tuple[Parameters, ...]:
        """The candidates as they are compared."""
        return tuple({**one, **self.search_parameters} for one in self.candidates)

    @property
    def searches(self) -> bool:
        """Whether the inner cross-validation has anything to find."""
        return len(self.grid) > 1 or self.calibrated


def two_sided(decision: NDArray[np.float64]) -> Scores:
    """Decision values as one column a class: those of two classes come as one, (m,) or (m, 1)."""
    if decision.ndim == 1 or decision.shape[1] == 1:
        second = decision.reshape(-1)
        return np.stack([np.zeros_like(second), second], axis=1)
    return decision


def logarithm(probabilities: NDArray[np.float64]) -> Scores:
    return np.log(np.maximum(probabilities, MIN_PROBABILITY))


def bounded(clips: int, max_clips: int | None) -> int:
    """
    All clips up to ``max_clips``, beyond that the geometric mean of both.

    It grows with the root of the clips, so that what takes the square of it grows as the clips do, and an
    error that falls with the root of what is learned from still falls.
    """
    return clips if max_clips is None or clips <= max_clips else int((clips * max_clips) ** 0.5)


def spread_sample(codes: Ints, groups: Ints, size: int, seed: int) -> Ints:
    """
    Positions of about ``size`` clips, ascending: each class's share of them, two clips or more.

    Within a class one clip of each group comes first, then a second one of each: many speakers with a few
    clips vary more than a few speakers with many.

    Parameters
    ----------
    codes, groups : ndarray of int, shape (n,)
        Class and group of each clip.
    """
    import pandas as pd

    n = len(codes)
    if size >= n:
        return np.arange(n)
    drawn = pd.DataFrame({"code": codes, "group": groups}).iloc[np.random.default_rng(seed).permutation(n)]
    drawn["turn"] = drawn.groupby(["code", "group"]).cumcount()
    place = drawn.sort_values("turn", kind="stable").groupby("code").cumcount()
    quota = np.maximum(np.ceil(np.bincount(codes) * size / n), 2)
    kept = place[place.to_numpy() < quota[codes[place.index]]]
    return np.sort(kept.index.to_numpy(dtype=np.intp))
