"""What an experiment costs, before it is made: for the order, for the time left, and for what a build leaves out.

The seconds are those of one core of the machine that the coefficients were measured on; another core's differ by
a factor, the order does not. They follow from the counts alone, so every machine leaves out the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

from pipeline.classify import CLASSIFIERS
from pipeline.classify.classifier import Classifier, bounded
from pipeline.classify.search import MANY_CLIPS
from pipeline.classify.trees import CLIPS_A_TREE, MAX_TREES

BUDGET_S = 320.0
"""Core seconds that a build gives the experiments on 1,000 clips of a dataset."""
GROWTH = 0.4
"""Ten times the clips get two and a half times the budget."""
UNKNOWN_S = 1e-7
"""A method without a row below: seconds for each clip, column and class of each fit."""
DETAILS = 2.5
"""With a learning curve and the columns' importance, times the experiment alone."""


@dataclass(frozen=True, slots=True)
class Size:
    """What an experiment learns from: ``folds`` are those that are tested, ``clips`` all of them."""

    clips: int
    columns: int
    classes: int
    folds: int

    @property
    def training(self) -> int:
        return self.clips * (self.folds - 1) // self.folds if self.folds > 1 else self.clips * 3 // 4

    @property
    def tested(self) -> int:
        return self.clips // self.folds if self.folds > 1 else self.clips // 4


Seconds = Callable[[int, int, int], float]
"""Clips learned from, columns, classes -> seconds of one fit of one candidate."""
COEFFICIENTS: dict[str, Seconds] = {
    "knn": lambda n, d, k: 1e-11 * n * n * d,
    "logistic": lambda n, d, k: 2.1e-8 * n * min(n, d) * k + 1e-10 * min(n, d) ** 2 * max(n, d),
    "svm_linear": lambda n, d, k: 1e-9 * n * min(n, d) * k + 1e-10 * min(n, d) ** 2 * max(n, d),
    "svm_rbf": lambda n, d, k: n * n * (3e-8 + 1.3e-9 * k),
    "svm_laplace": lambda n, d, k: n * n * (4e-10 * d + 2.5e-9 * k),
    "forest": lambda n, d, k: 8e-6 * bounded(n, CLIPS_A_TREE) * sqrt(d * k),
    "boosting": lambda n, d, k: min(40 * (k if k > 2 else 1), MAX_TREES) * (1e-3 + 2e-9 * n * d),
}
"""Measured on 400 clips of ESC-10, on varied copies of it (2,000 and 20,000 clips of 50 classes) and of TIMIT (6,300
clips of 8 classes), each with 570 columns."""


def seconds(method: str, size: Size, *, detailed: bool = False) -> float:
    """Core seconds that an experiment takes about."""
    one = CLASSIFIERS[method]
    if not one.looks:
        return 1e-5 * size.clips * size.folds
    n = bounded(size.training, one.max_clips)
    each = COEFFICIENTS.get(method, lambda n, d, k: UNKNOWN_S * n * d * k)(
        n, max(size.columns, 1), size.classes
    )
    alone = size.folds * (each * fits(one, n) + 2e-7 * size.training * size.columns)
    return alone * (DETAILS if detailed else 1.0)


def fits(one: Classifier, clips: int) -> float:
    """Fits of one outer fold, in fits of one candidate to all of its training clips."""
    if not one.searches:
        return 1.0
    splits = min(one.search_splits or 4, 4 if clips < MANY_CLIPS else 2)
    return 1.0 + 0.75 * splits * sqrt(len(one.grid))


def budget_s(clips: int) -> float:
    """What a build spends on a dataset's experiments by itself: it grows slower than the clips."""
    return BUDGET_S * float((clips / 1_000) ** GROWTH)


def beyond(costs: Sequence[float], budget: float) -> list[bool]:
    """Which of several experiments, cheap ones first, no longer fit the budget."""
    total, out = 0.0, []
    for cost in costs:
        out.append(total + cost > budget)
        total += 0.0 if out[-1] else cost
    return out
