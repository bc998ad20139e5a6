"""What a score is: a number for each clip, computed from the vectors of all clips of a dataset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EACH_VIEW, ALL_VIEWS = "each view", "all views together"
"""What a score may be computed from."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """One entry of ``SCORES``.

    ``compute`` takes a view's vectors, float32 (n, d), every column brought to mean 0 and standard deviation 1
    over the dataset and without gaps, and returns one number a clip, float64 (n,), NaN where a clip has none. It
    runs with one thread in a worker process: a function of a module, which draws nothing by chance and gives each
    clip the same number in whatever order the clips come. Raise ``version`` whenever the numbers change: the store
    then computes this score anew, and no other.
    """

    name: str
    """A lower-case word, which stands in links and in the store."""
    version: int
    title: str
    """What a column of it is called: "Distance to the ten nearest"."""
    unit: str
    """``1`` for a pure number."""
    format: str
    """How a value is written: ``{:.2f}``."""
    source: str
    """The paper behind it."""
    description: str
    """What it says of a clip, in a sentence."""
    compute: Callable[[NDArray[np.float32]], NDArray[np.float64]]
    scope: tuple[str, ...] = (EACH_VIEW, ALL_VIEWS)
