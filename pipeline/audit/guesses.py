"""Labels from a few numbers a clip, fold by fold, by those who learned from the other folds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.audit.splits import AuditError, Protocol
from pipeline.classify.recording_facts import Values
from pipeline.runtime import stop

SEED = 0
MOST_A_TREE = 4_000
Labels = NDArray[np.object_]
Predict = Callable[[Values, Labels, Values], Labels]
"""Training values (m, d), their labels (m,), values to predict (k, d): labels (k,). Sees no test label."""
Fold = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Rows to learn from and rows to test."""


def folds_of(side: NDArray[np.object_], protocol: Protocol) -> list[Fold]:
    """Rows to learn from and rows to test, for each side that is tested."""
    names = sorted(set(side), key=lambda name: (len(name), name))
    tested = ["test"] if protocol == "split" and "test" in names else names
    folds = [(np.flatnonzero(side != name), np.flatnonzero(side == name)) for name in tested]
    if any(not len(training) or not len(test) for training, test in folds):
        raise AuditError(
            "All clips with a label are on one side of the split; expected two sides with labels."
        )
    return folds


def predicted(values: Values, truth: Labels, folds: list[Fold], predict: Predict) -> Labels:
    """What is said of each clip when its fold is tested, (n,); None for one that is only learned from."""
    found = np.full(len(truth), None, dtype=object)
    for training, test in folds:
        stop.check()
        found[test] = predict(values[training], truth[training], values[test])
    return found


def forest(training: Values, labels: Labels, tested: Values) -> Labels:
    """Labels by a random forest of 50 trees, of one column 15, which takes facts as they are, unscaled.

    Each tree grows from 4,000 clips at most: of 20,000, whole ones take five times as long.
    """
    from sklearn.ensemble import RandomForestClassifier

    # Trees of one column differ by their clips alone.
    trees = 50 if training.shape[1] > 1 else 15
    most = MOST_A_TREE if len(training) > MOST_A_TREE else None
    model = RandomForestClassifier(trees, min_samples_leaf=2, max_samples=most, random_state=SEED, n_jobs=1)
    return np.asarray(model.fit(training, labels.astype(str)).predict(tested), dtype=object)


def most_frequent(training: Values, labels: Labels, tested: Values) -> Labels:
    """The most frequent label of the training clips, of equal ones the first in the alphabet."""
    names, counts = np.unique(labels.astype(str), return_counts=True)
    return np.full(len(tested), names[counts.argmax()], dtype=object)
