"""One experiment: a classifier over views, each clip tested by a model that has not seen it."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.classify import CLASSIFIERS
from pipeline.classify.classifier import COMBINATIONS, TOGETHER, Classifier, ClassifyError, Parameters
from pipeline.classify.metrics import Metrics, measure
from pipeline.classify.protocol import Protocol, Split, protocol
from pipeline.classify.train import Blocks, Trained, train
from pipeline.runtime import stop
from pipeline.runtime.events import ProgressCallback
from store.errors import listed

Views = Mapping[str, NDArray[np.float32]]
"""Raw vectors float32 (n, d) by the view's name, all of the same n clips."""


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


@dataclass(frozen=True, eq=False)
class Experiment:
    """
    The tested clips (m,) of a protocol with what was predicted of each.

    ``tested`` are positions among the protocol's clips, ``probabilities`` float32 (m, classes) in the
    order of ``protocol.classes``, ``truth`` and ``predicted`` positions in it. ``models`` has one fitted
    classifier a fold, in the order of ``protocol.splits``.
    """

    classifier: str
    version: int
    combination: str
    views: tuple[str, ...]
    columns: int
    protocol: Protocol
    seed: int
    tested: NDArray[np.intp]
    clip_ids: NDArray[np.object_]
    truth: NDArray[np.intp]
    predicted: NDArray[np.intp]
    probabilities: NDArray[np.float32]
    folds: tuple[Fold, ...]
    metrics: Metrics
    versions: Mapping[str, str]
    notes: tuple[str, ...]
    seconds: float
    models: tuple[Trained, ...] = field(repr=False)

    def predictions(self) -> pd.DataFrame:
        """One row a tested clip: clip_id, fold, truth, predicted, confidence (of what was predicted)."""
        classes = np.array(self.protocol.classes, dtype=object)
        titles = np.array(self.protocol.fold_names, dtype=object)
        return pd.DataFrame(
            {
                "clip_id": self.clip_ids,
                "fold": titles[self.protocol.folds[self.tested]],
                "truth": classes[self.truth],
                "predicted": classes[self.predicted],
                "confidence": self.probabilities[np.arange(len(self.truth)), self.predicted],
            }
        )


def run(
    values: Views,
    clips: pd.DataFrame,
    target: str,
    classifier: str,
    *,
    combination: str = TOGETHER,
    seed: int = 0,
    by: Protocol | None = None,
    on_progress: ProgressCallback | None = None,
) -> Experiment:
    """
    Learn ``target`` from views by the dataset's protocol; the same input gives the same experiment.

    Parameters
    ----------
    values : mapping of str to ndarray of float32, shape (n, d)
        Raw vectors of each view, row by row those of ``clips``. NaN is filled in inside each training fold.
    clips : DataFrame
        n rows, as ``Reader.clips`` gives them.
    classifier, combination : str
        Names in ``CLASSIFIERS`` and ``COMBINATIONS``.
    by : Protocol or None
        Of the same clips and target; None for the dataset's own.

    Raises
    ------
    ClassifyError
        An unknown name, views and clips of different lengths, or a target that cannot be learned.
    InputError
        In no column does one clip differ from another.
    """
    chosen = classifier_named(classifier)
    matrix, blocks = joined(values, len(clips), combination)
    planned = by or protocol(clips, target, seed=seed)
    matrix = matrix[planned.rows]
    began = time.perf_counter()
    pieces = [
        learn_and_test(
            chosen, matrix, blocks, planned, split, seed, _share(on_progress, number, len(planned.splits))
        )
        for number, split in enumerate(planned.splits)
    ]
    folds, models, found, drawn = (list(each) for each in zip(*pieces, strict=True))
    tested = np.concatenate([split.test for split in planned.splits])
    order = np.argsort(tested, kind="stable")
    tested, probabilities = tested[order], np.concatenate(found)[order]
    predicted = np.concatenate(drawn)[order]
    truth = planned.codes[tested]
    measured = measure(
        truth, predicted, probabilities, folds=planned.folds[tested], groups=planned.groups[tested]
    )
    return Experiment(
        classifier, chosen.version, combination, tuple(values), matrix.shape[1], planned, seed, tested,
        clips["clip_id"].to_numpy(dtype=object)[planned.rows[tested]], truth, predicted,
        probabilities.astype(np.float32), tuple(folds), measured, versions(),
        (*planned.notes, *_notes_of_folds(models, planned)), time.perf_counter() - began, tuple(models),
    )  # fmt: skip


def learn_and_test(
    classifier: Classifier,
    matrix: NDArray[np.float32],
    blocks: Blocks,
    planned: Protocol,
    split: Split,
    seed: int,
    on_progress: ProgressCallback,
) -> tuple[Fold, Trained, NDArray[np.float64], NDArray[np.intp]]:
    """The fold's figures, its classifier, and of each held-out clip the probabilities and the prediction."""
    from threadpoolctl import threadpool_limits

    stop.check()
    codes, groups = planned.codes[split.train], planned.inner_groups[split.train]
    with threadpool_limits(1):  # small matrices: threads cost more than they gain, and change last digits
        model = train(
            classifier, matrix[split.train], codes, groups, blocks, len(planned.classes), seed, on_progress
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


def _share(on_progress: ProgressCallback | None, number: int, splits: int) -> ProgressCallback:
    def within(share: float) -> None:
        if on_progress:
            on_progress((number + share) / splits)

    return within


def _notes_of_folds(models: list[Trained], planned: Protocol) -> list[str]:
    """The folds' notes, each once, with the folds it is of."""
    folds: dict[str, list[str]] = {}
    for split, model in zip(planned.splits, models, strict=True):
        for note in dict.fromkeys(model.notes):
            folds.setdefault(note, []).append(split.name)
    return [f"{note} ({', '.join(names)})" for note, names in folds.items()]


def classifier_named(name: str) -> Classifier:
    """The classifier of that name, or ``ClassifyError`` with those there are."""
    if name not in CLASSIFIERS:
        raise ClassifyError(f"There is no classifier '{name}'; {listed(list(CLASSIFIERS))}.")
    return CLASSIFIERS[name]


def joined(values: Views, clips: int, combination: str = TOGETHER) -> tuple[NDArray[np.float32], Blocks]:
    """All views side by side (n, D), and which columns are learned from together."""
    if combination not in COMBINATIONS:
        raise ClassifyError(f"There is no combination '{combination}'; {listed(list(COMBINATIONS))}.")
    if not values:
        raise ClassifyError("No view was chosen to learn from. Choose one or more.")
    for name, view in values.items():
        if view.ndim != 2 or len(view) != clips:
            raise ClassifyError(
                f"The view '{name}' has vectors of {len(view):,} clips, and there are {clips:,} clips. "
                "Build again, so that the views are complete."
            )
    matrix = np.hstack([np.asarray(view, dtype=np.float32) for view in values.values()])
    if combination == TOGETHER:
        return matrix, {" + ".join(values): slice(0, matrix.shape[1])}
    ends = np.cumsum([view.shape[1] for view in values.values()])
    return matrix, {
        name: slice(int(end) - view.shape[1], int(end))
        for (name, view), end in zip(values.items(), ends, strict=True)
    }


def versions() -> dict[str, str]:
    """What else the numbers may depend on."""
    import scipy
    import sklearn

    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
    }
