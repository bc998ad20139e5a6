"""How far the recording gives the label away: duration, level, bandwidth and the like, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.audit.splits import AuditError, SplitColumn, count, require, split_sides
from pipeline.classify.baselines import NEVER_RIGHT
from pipeline.classify.recording_facts import FACTS, Values, numbers
from pipeline.runtime import stop

SEED = 0
TREES = (50, 15)
"""Trees of a forest on several columns, and on one: there they differ by their clips alone."""
MAX_CLIPS_A_TREE = 4_000
TOGETHER = "together"
BEYOND = 2.6
"""Standard errors above chance: one in 200 by luck, for some ten facts are looked at."""
Labels = NDArray[np.object_]
Predict = Callable[[Values, Labels, Values], Labels]
"""Training values (m, d), their labels (m,), values to predict (k, d): labels (k,). Sees no test label."""
Fold = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Rows to learn from and rows to test."""


@dataclass(frozen=True, eq=False)
class Confounds:
    """
    How well facts alone predict the label, by the protocol of the classifiers.

    ``table`` has a row a fact and one for all ``"together"``, the most telling first: ``fact`` (column of
    ``clips``), ``title``, ``accuracy``, ``balanced_accuracy`` (mean recall of the classes), both 0 to 1
    over all tested clips, and ``spread``, the standard deviation of the sides' accuracies. ``majority``
    and ``chance`` are what guessing reaches: accuracy of the training folds' most frequent label, and one
    over the number of labels, for balanced accuracy. ``predicted`` are the labels from all facts
    together, the clip_id as index: the baseline beside every classifier.
    """

    table: pd.DataFrame
    majority: float
    chance: float
    clips: int
    predicted: pd.Series
    notes: tuple[str, ...]

    @property
    def telling(self) -> pd.Series | None:
        """The row of the fact that gives most away; None where no fact beats guessing beyond chance's reach."""
        return telling(self.table, self.chance, self.clips)


def confounds(
    clips: pd.DataFrame,
    *,
    label: str = "label",
    facts: Sequence[str] = tuple(FACTS),
    protocol: SplitColumn | None = None,
    predict: Predict | None = None,
) -> Confounds:
    """
    Predict the label from each fact alone and from all together, by the dataset's own folds.

    Folds: each is tested by a model of the others. TRAIN and TEST: only TEST is tested.

    Parameters
    ----------
    clips : DataFrame
        As ``Reader.clips`` gives it.
    label : str
        Which column to predict.
    facts : sequence of str
        Columns of ``clips``. One that is the same for all clips is left out, with a note.
    protocol : {"fold", "split"}, optional
        See ``split_sides``.
    predict : callable, optional
        What to predict with; left out, a random forest of 50 trees, of 15 for one fact alone.

    Raises
    ------
    AuditError
        No split, fewer than two clips or labels, or no fact in which clips differ.
    """
    require(clips, ("clip_id", label))
    split = split_sides(clips, protocol)
    rows = clips.set_index("clip_id").loc[split.of.index]
    labelled = rows[label].notna()
    rows, side = rows[labelled], split.of[labelled.to_numpy()].to_numpy()
    truth = rows[label].astype(str).to_numpy(dtype=object)
    if len(set(truth)) < 2:
        raise AuditError(
            f"The {count(len(rows), 'clip')} have {count(len(set(truth)), 'label')} between them; expected "
            "two or more labels, so that there is something to predict. Choose another dataset."
        )
    values = {fact: numbers(rows[fact]) for fact in facts if fact in rows}
    known = {fact: each for fact, each in values.items() if (each != each[0]).any()}
    if not known:
        raise AuditError("In no fact does one clip differ from another: there is nothing to predict from.")
    folds = folds_of(side, split.protocol)
    columns = {**known, TOGETHER: np.hstack(list(known.values()))}
    predictor = predict or forest
    named = {fact: predicted(each, truth, folds, predictor) for fact, each in columns.items()}
    tested = np.concatenate([test for _, test in folds])
    table = pd.DataFrame([_scored(fact, each, truth, folds) for fact, each in named.items()])
    majority = predicted(columns[TOGETHER], truth, folds, most_frequent)
    return Confounds(
        table.sort_values("balanced_accuracy", ascending=False, kind="stable", ignore_index=True),
        float((majority == truth)[tested].mean()),
        1 / len(set(truth[tested])),
        len(tested),
        pd.Series(named[TOGETHER][tested], index=rows.index[tested]),
        (*split.notes, *_left_out(int((~labelled).sum()), [fact for fact in values if fact not in known])),
    )


def telling(table: pd.DataFrame, chance: float, clips: int) -> pd.Series | None:
    """Of a ``Confounds.table``, the fact that gives most away alone; see ``Confounds.telling``."""
    alone = table[table["fact"] != TOGETHER]
    reach = BEYOND * np.sqrt(chance * (1 - chance) / clips)
    alone = alone[alone["balanced_accuracy"] > chance + reach]
    return None if alone.empty else alone.sort_values("balanced_accuracy", ascending=False).iloc[0]


def summary(result: Confounds) -> str:
    """The result in one sentence."""
    together = result.table.set_index("fact").loc[TOGETHER]
    text = (
        f"Facts of the recording alone name the label of {together['accuracy']:.0%} of {count(result.clips, 'clip')}; "
        f"the most frequent label is right in {result.majority:.0%}."
    )
    if result.majority == 0:
        text += f" {NEVER_RIGHT}"
    fact = result.telling
    if fact is None:
        return f"{text} No single fact clearly beats guessing."
    return (
        f"{text} Most is given away by {fact['title']}: {fact['balanced_accuracy']:.0%} balanced "
        f"accuracy alone, against {result.chance:.0%} by chance."
    )


def _scored(fact: str, found: Labels, truth: Labels, folds: list[Fold]) -> dict[str, object]:
    right = found == truth
    tested = np.concatenate([test for _, test in folds])
    recalls = pd.Series(right[tested], dtype=float).groupby(truth[tested]).mean()
    return {
        "fact": fact,
        "title": "all together" if fact == TOGETHER else FACTS.get(fact, fact),
        "accuracy": float(right[tested].mean()),
        "balanced_accuracy": float(recalls.mean()),
        "spread": float(np.std([right[test].mean() for _, test in folds])),
    }


def _left_out(unlabelled: int, constant: Sequence[str]) -> tuple[str, ...]:
    notes = [f"{count(unlabelled, 'clip')} without a label left out."] if unlabelled else []
    if constant:
        same = ", ".join(FACTS.get(fact, fact) for fact in constant)
        notes.append(f"The same for all clips and left out: {same}.")
    return tuple(notes)


def folds_of(side: NDArray[np.object_], protocol: SplitColumn) -> list[Fold]:
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
    """The prediction of each clip when its fold is tested, (n,); None for one that is only learned from."""
    found = np.full(len(truth), None, dtype=object)
    for training, test in folds:
        stop.check()
        found[test] = predict(values[training], truth[training], values[test])
    return found


def forest(training: Values, labels: Labels, tested: Values) -> Labels:
    """Labels by a random forest of ``TREES`` trees, which takes facts as they are, unscaled.

    Each tree grows from 4,000 clips at most: of 20,000, whole ones take five times as long.
    """
    from sklearn.ensemble import RandomForestClassifier

    of_many, of_one = TREES
    trees = of_many if training.shape[1] > 1 else of_one
    max_samples = MAX_CLIPS_A_TREE if len(training) > MAX_CLIPS_A_TREE else None
    model = RandomForestClassifier(
        trees, min_samples_leaf=2, max_samples=max_samples, random_state=SEED, n_jobs=1
    )
    return np.asarray(model.fit(training, labels.astype(str)).predict(tested), dtype=object)


def most_frequent(training: Values, labels: Labels, tested: Values) -> Labels:
    """The most frequent label of the training clips, of equal ones the first in the alphabet."""
    names, counts = np.unique(labels.astype(str), return_counts=True)
    return np.full(len(tested), names[counts.argmax()], dtype=object)
