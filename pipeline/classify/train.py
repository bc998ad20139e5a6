"""One classifier learned from one set of clips, over all columns at once or each view for itself."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.classifier import Classifier, Parameters, Scorer, bounded, spread_sample
from pipeline.classify.groups import inner_splits
from pipeline.classify.search import Choice, prepared, search, softmax
from pipeline.inputs import FeatureMatrix, InputError
from pipeline.runtime.events import ProgressCallback

Ints = NDArray[np.intp]
Blocks = Mapping[str, slice]
"""Which columns of the matrix are learned from together; each block has a vote."""


@dataclass(frozen=True, eq=False)
class Part:
    """What was learned from one block of columns: ``known`` are the classes it learned."""

    block: str
    columns: slice
    features: FeatureMatrix | None
    scorer: Scorer
    choice: Choice
    known: Ints
    classes: int

    def probabilities(self, values: NDArray[np.float32]) -> NDArray[np.float64]:
        """Raw vectors (m, D) -> (m, classes); 0 for a class that was not learned."""
        mine = values[:, self.columns]
        found = np.zeros((len(values), self.classes))
        features = self.features.place(mine) if self.features else mine
        found[:, self.known] = softmax(self.scorer(features) * self.choice.sharpness)
        return found


@dataclass(frozen=True, eq=False)
class Trained:
    """A fitted classifier; ``seconds`` are those of the fit with its search."""

    parts: tuple[Part, ...]
    seconds: float
    notes: tuple[str, ...]

    def probabilities(self, values: NDArray[np.float32]) -> NDArray[np.float64]:
        """Raw vectors (m, D) -> (m, classes): the mean over the blocks."""
        return np.mean([part.probabilities(values) for part in self.parts], axis=0)

    @property
    def parameters(self) -> dict[str, Parameters]:
        """By block, as chosen."""
        return {part.block: part.choice.parameters for part in self.parts}


def train(
    classifier: Classifier,
    values: NDArray[np.float32],
    codes: Ints,
    groups: Ints,
    blocks: Blocks,
    classes: int,
    seed: int,
    on_progress: ProgressCallback = lambda share: None,
) -> Trained:
    """
    Scale, choose hyper-parameters and fit, all by these clips alone.

    Parameters
    ----------
    values : ndarray of float32, shape (n, D)
        Raw vectors of the training clips.
    codes : ndarray of int, shape (n,)
        Their classes, of 0 .. ``classes`` - 1; one that does not occur is not learned.
    groups : ndarray of int, shape (n,)
        What the inner folds keep together.

    Raises
    ------
    InputError
        In no column of any block do the clips differ.
    """
    began = time.perf_counter()
    parts: list[Part] = []
    notes: list[str] = []
    size = bounded(len(codes), classifier.max_clips)
    if size < len(codes):
        rows = spread_sample(np.unique(codes, return_inverse=True)[1], groups, size, seed)
        values, codes, groups = values[rows], codes[rows], groups[rows]
        notes.append(_sampled(classifier, size))
    known, compact = np.unique(codes, return_inverse=True)
    splits = inner_splits(compact, groups, seed)
    for done, (block, columns) in enumerate(blocks.items()):

        def within(share: float, done: int = done) -> None:
            on_progress((done + share) / len(blocks))

        try:
            features = prepared(values[:, columns]) if classifier.looks else None
            choice = search(classifier, values[:, columns], compact, splits, seed, within)
        except InputError as error:
            notes.append(f"{block}: {error}")
            continue
        learned = features.values if features else values[:, columns]
        scorer = next(iter(classifier.fit(learned, compact, [choice.parameters], seed)))
        parts.append(Part(block, columns, features, scorer, choice, known, classes))
        if classifier.searches and choice.loss is None:
            notes.append("Too few groups to compare hyper-parameters by: the first of the grid stands.")
    if not parts:
        raise InputError(notes[-1])
    return Trained(tuple(parts), time.perf_counter() - began, tuple(notes))


def _sampled(classifier: Classifier, size: int) -> str:
    return (
        f"{classifier.title} learned from about {round(size, -2):,} of the training clips, all classes in like "
        "shares: its time grows faster than the clips."
    )
