"""One fold of an experiment: learn from the other clips, then predict those that were held out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.classifier import Classifier, Parameters
from pipeline.classify.metrics import measure
from pipeline.classify.protocol import Protocol, Split
from pipeline.classify.train import Blocks, Trained, train
from pipeline.runtime import stop

Tell = Callable[[float], None]
"""Is told the share that is done, 0 to 1."""


@dataclass(frozen=True, eq=False)
class Fold:
    """What one fold gave. ``parameters`` as the inner folds chose them, by block of columns."""

    name: str
    train: int
    test: int
    parameters: Mapping[str, Parameters]
    sharpness: Mapping[str, float]
    inner_accuracy: Mapping[str, float | None]
    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    log_loss: float
    fit_seconds: float
    predict_seconds: float


def learn_and_test(
    classifier: Classifier,
    matrix: NDArray[np.float32],
    blocks: Blocks,
    planned: Protocol,
    split: Split,
    seed: int,
    tell: Tell,
) -> tuple[Fold, Trained, NDArray[np.float64], NDArray[np.intp]]:
    """The fold's figures, its classifier, and of each held-out clip the probabilities and the prediction."""
    from threadpoolctl import threadpool_limits

    stop.check()
    codes, groups = planned.codes[split.train], planned.inner_groups[split.train]
    with threadpool_limits(1):  # small matrices: threads cost more than they gain, and change last digits
        model = train(
            classifier, matrix[split.train], codes, groups, blocks, len(planned.classes), seed, tell
        )
        began = time.perf_counter()
        found = model.probabilities(matrix[split.test])
        seconds = time.perf_counter() - began
    predicted = found.argmax(axis=1)
    if classifier.draws:
        predicted = _drawn(found, seed + len(split.train) + int(split.test[0]))
    scored = measure(planned.codes[split.test], predicted, found)
    parts = {part.block: part.choice for part in model.parts}
    fold = Fold(
        split.name, len(split.train), len(split.test), model.parameters,
        {block: choice.sharpness for block, choice in parts.items()},
        {block: choice.accuracy for block, choice in parts.items()},
        scored.accuracy, scored.balanced_accuracy, scored.macro_f1, scored.log_loss, model.seconds, seconds,
    )  # fmt: skip
    return fold, model, found, predicted


def _drawn(probabilities: NDArray[np.float64], seed: int) -> NDArray[np.intp]:
    """One class a row, drawn by its probabilities."""
    heights = np.random.default_rng(seed).random((len(probabilities), 1))
    above = probabilities.cumsum(axis=1) < heights
    return np.minimum(above.sum(axis=1), probabilities.shape[1] - 1).astype(np.intp)
