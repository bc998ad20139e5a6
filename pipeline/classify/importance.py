"""Which columns a classifier relies on: what is lost when a column's values change places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from pipeline.classify.classifier import ClassifyError, two_sided
from pipeline.classify.run import Experiment, Views, joined
from pipeline.classify.search import MIN_PROBABILITY, softmax
from pipeline.classify.solver import Linear
from pipeline.classify.train import Part, Trained
from pipeline.inputs import FeatureMatrix
from pipeline.runtime import stop
from pipeline.runtime.events import ProgressCallback

REPEATS = 3
ROWS = 20_000
"""Rows predicted at a time: many permuted copies of a fold cost little more than one."""

MAX_TESTED = 1_000
"""Test clips of a fold that columns are permuted in: a difference of log loss is then known to some hundredths."""

Columns = NDArray[np.intp]


def importance(
    experiment: Experiment,
    values: Views,
    columns: Mapping[str, Sequence[str]],
    *,
    repeats: int = REPEATS,
    on_progress: ProgressCallback | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Permutation importance (Breiman 2001, section 10; Fisher et al. 2019) on the test folds.

    Parameters
    ----------
    values : mapping of str to ndarray of float32, shape (n, d)
        The views as ``run`` got them.
    columns : mapping of str to sequence of str
        The names of each view's columns.

    Returns
    -------
    tuple of DataFrame
        By view, all columns of it permuted together; and by column. Each has ``view``, (``column``,)
        ``accuracy_drop``, ``loss_rise`` and ``spread`` (standard deviation of the loss's rise over folds),
        the most important first. Columns with the same content stand in for each other, so a view can
        matter of which no single column does.

    Raises
    ------
    ClassifyError
        Other views than the experiment's, or names that do not fit their columns.
    """
    _check(experiment, values, columns)
    n = max(len(view) for view in values.values())
    matrix = joined(values, n)[0][experiment.protocol.rows]
    names = [(view, column) for view in values for column in columns[view]]
    of_view = np.array([view for view, _ in names], dtype=object)
    whole = [np.flatnonzero(of_view == view) for view in values]
    units: list[Columns] = whole + [np.array([position]) for position in range(len(names))]
    with threadpool_limits(1):
        found = _folds(experiment, matrix, units, repeats, on_progress)
    table = pd.DataFrame(
        {
            "view": [*values, *of_view],
            "column": [None] * len(whole) + [column for _, column in names],
            "accuracy_drop": found[:, :, 0].mean(axis=0),
            "loss_rise": found[:, :, 1].mean(axis=0),
            "spread": found[:, :, 1].std(axis=0),
        }
    )
    views, single = table[: len(whole)].drop(columns="column"), table[len(whole) :]
    return tuple(  # type: ignore[return-value]
        each.sort_values("loss_rise", ascending=False, kind="stable").reset_index(drop=True)
        for each in (views, single)
    )


def _check(experiment: Experiment, values: Views, columns: Mapping[str, Sequence[str]]) -> None:
    if tuple(values) != experiment.views:
        raise ClassifyError(
            f"The experiment learned from {', '.join(experiment.views)}, not from {', '.join(values)}. "
            "Give the same views in the same order."
        )
    for name, view in values.items():
        if len(columns.get(name, ())) != view.shape[1]:
            raise ClassifyError(
                f"The view '{name}' has {view.shape[1]} columns and {len(columns.get(name, ()))} names."
            )


def _folds(
    experiment: Experiment,
    matrix: NDArray[np.float32],
    units: list[Columns],
    repeats: int,
    on_progress: ProgressCallback | None,
) -> NDArray[np.float64]:
    """Accuracy's drop and the loss's rise, (folds, units, 2)."""
    planned = experiment.protocol
    splits = planned.splits
    found = np.zeros((len(splits), len(units), 2))
    for fold, (split, model) in enumerate(zip(splits, experiment.models, strict=True)):
        generator = np.random.default_rng([experiment.seed, fold])
        test = _sampled(split.test, generator)
        values, truth = matrix[test], planned.codes[test]
        before = _scores(model.probabilities(values), truth)
        for number, probabilities in _predicted(model, values, units, repeats, generator):
            stop.check()
            scores = _scores(probabilities, np.tile(truth, len(number)))
            after = scores.reshape(len(number), len(truth), 2).mean(axis=1)
            np.add.at(found[fold], number, (before.mean(axis=0) - after) / repeats)
            if on_progress:
                on_progress((fold + (number[-1] + 1) / len(units)) / len(splits))
    return found


def _sampled(test: NDArray[np.intp], generator: np.random.Generator) -> NDArray[np.intp]:
    return test if len(test) <= MAX_TESTED else np.sort(generator.permutation(test)[:MAX_TESTED])


def _predicted(
    model: Trained,
    values: NDArray[np.float32],
    units: list[Columns],
    repeats: int,
    generator: np.random.Generator,
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """Probabilities of copies of the rows, each with one unit's columns permuted; and their units."""
    part = model.parts[0]
    if len(model.parts) == 1 and isinstance(part.scorer, Linear) and part.features is not None:
        yield from _by_difference(part, part.scorer, part.features, values, units, repeats, generator)
        return
    for number, copies in _permuted(values, units, repeats, generator):
        yield number, model.probabilities(copies)


def _by_difference(
    part: Part,
    linear: Linear,
    features: FeatureMatrix,
    values: NDArray[np.float32],
    units: list[Columns],
    repeats: int,
    generator: np.random.Generator,
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """A linear score changes by what the permuted columns change, times their weights: no copy is made."""
    placed = np.zeros(values.shape, dtype=np.float32)
    weights = np.zeros((values.shape[1], linear.weights.shape[1]))
    # Columns that are the same in all training clips have no weight.
    used = np.arange(values.shape[1])[part.columns][features.kept]
    placed[:, used], weights[used] = features.place(values[:, part.columns]), linear.weights
    scores = placed @ weights + linear.offset
    for unit, columns in enumerate(units):
        changed = np.empty((repeats, *scores.shape))
        for repeat in range(repeats):
            order = generator.permutation(len(values))
            changed[repeat] = (placed[order][:, columns] - placed[:, columns]) @ weights[columns]
        moved = (scores + changed).reshape(-1, scores.shape[1])
        found = np.zeros((len(moved), part.classes))
        found[:, part.known] = softmax(two_sided(moved) * part.choice.sharpness)
        yield np.full(repeats, unit), found


def _permuted(
    values: NDArray[np.float32], units: list[Columns], repeats: int, generator: np.random.Generator
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float32]]]:
    """Copies of the rows, one below the other, each with one unit's columns permuted; and their units."""
    jobs = np.repeat(np.arange(len(units)), repeats)
    held = max(ROWS // len(values), 1)
    for start in range(0, len(jobs), held):
        number = jobs[start : start + held]
        copies = np.tile(values, (len(number), 1, 1))  # (jobs, rows, columns)
        for place, unit in enumerate(number):
            order = generator.permutation(len(values))
            copies[place][:, units[unit]] = values[order][:, units[unit]]
        yield number, copies.reshape(-1, values.shape[1])


def _scores(probabilities: NDArray[np.float64], truth: NDArray[np.intp]) -> NDArray[np.float64]:
    """Of each row: whether it is right, and the logarithm of the true class's probability, (n, 2)."""
    of_truth = probabilities[np.arange(len(truth)), truth]
    right = probabilities.argmax(axis=1) == truth
    return np.stack([right, np.log(np.maximum(of_truth, MIN_PROBABILITY))], axis=1)
