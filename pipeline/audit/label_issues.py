"""Label issues: clips that a model which was not trained on them would have labelled otherwise.

Confident learning over the out-of-fold probabilities of one experiment, the reference.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.audit.splits import AuditError, count
from pipeline.classify import CLASSIFIERS
from pipeline.experiments.spec import BUILD, CLASSIFIER, EVERY_CLIP

SLOW = ("forest", "boosting")


@dataclass(frozen=True, eq=False)
class LabelIssues:
    """
    How likely each label is wrong, the likeliest first.

    ``table`` has a row a clip: ``clip_id``; ``rank`` from 1; ``given`` and ``suggested`` label;
    ``self_confidence``, the probability of the given label, 0 to 1; ``margin``, that less the largest of
    the other labels, -1 to 1; ``issue``, whether confident learning takes the label for wrong.
    ``issues`` counts those. ``notes`` say which clips were left out.
    """

    table: pd.DataFrame
    issues: int
    notes: tuple[str, ...]


def rank(
    clip_ids: Sequence[str],
    labels: Sequence[str | None],
    probabilities: NDArray[np.floating],
    classes: Sequence[str],
) -> LabelIssues:
    """
    Rank the clips, those of the lowest margin first, and say which labels are likely wrong.

    The margin alone ranks: of wrong labels planted in ESC-10, more come early than with the issues first.
    An issue is a label that confident learning (Northcutt, Jiang and Chuang 2021, section 3), by cleanlab,
    takes for wrong: a clip counts as another class where that class's probability reaches its mean over the
    clips with that label; so many of each pair of classes are taken for wrong, those of the lowest margin
    first (``prune_by_noise_rate``).

    Parameters
    ----------
    clip_ids : sequence of str, (n,)
    labels : sequence of str or None, (n,)
        Clips without one are left out.
    probabilities : (n, k)
        Out-of-fold: of each clip by a model that was trained on neither it nor its like. Rows of NaN, of
        clips that no fold tested, are left out.
    classes : sequence of str, (k,)
        What the columns stand for.

    Raises
    ------
    AuditError
        Lengths that do not fit, a label that is no class, fewer than two classes with clips, or numbers
        that are no probabilities.
    """
    given = np.asarray(labels, dtype=object)
    values = np.asarray(probabilities, dtype=np.float64)
    _require_shapes(len(clip_ids), given, values, classes)
    labelled, tested = ~pd.isna(given), np.isfinite(values).all(axis=1)
    used = labelled & tested
    ids = np.asarray(clip_ids, dtype=object)[used]
    codes = pd.Index(list(classes)).get_indexer(pd.Index(given[used], dtype=object))
    _require_classes(given[used], codes)
    predicted = _require_probabilities(values[used])
    own = predicted[np.arange(len(predicted)), codes]
    others = predicted.copy()
    others[np.arange(len(predicted)), codes] = -np.inf
    margin = own - others.max(axis=1)
    issue = _issues(codes, predicted)
    table = pd.DataFrame(
        {
            "clip_id": ids,
            "given": given[used],
            "suggested": np.asarray(list(classes), dtype=object)[predicted.argmax(axis=1)],
            "self_confidence": own,
            "margin": margin,
            "issue": issue,
        }
    ).iloc[np.lexsort((ids.astype(str), margin))]
    table = table.reset_index(drop=True)
    table.insert(1, "rank", np.arange(1, len(table) + 1))
    notes = (*_left_out(~labelled, "label"), *_left_out(labelled & ~tested, "prediction"))
    return LabelIssues(table, int(issue.sum()), notes)


def _issues(codes: NDArray[np.intp], predicted: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which labels confident learning takes for wrong, shape ``(n,)``."""
    # Imported here: nobody but the audit needs it.
    from cleanlab.filter import find_label_issues  # type: ignore[import-untyped]

    # Classes that no clip bears have no threshold: they are left out, the rest adds to 1 again.
    present, compact = np.unique(codes, return_inverse=True)
    some = predicted[:, present]
    total = some.sum(axis=1, keepdims=True)
    some = np.divide(some, total, out=np.full_like(some, 1 / len(present)), where=total > 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes with few clips: it keeps those, as it should
        mask = find_label_issues(compact, some, filter_by="prune_by_noise_rate", n_jobs=1)
    # A label that the model itself predicts is no issue, however unsure it was.
    return np.asarray(mask, dtype=bool) & (predicted.argmax(axis=1) != codes)


def _require_shapes(
    n: int, given: NDArray[np.object_], values: NDArray[np.float64], classes: Sequence[str]
) -> None:
    if values.shape != (n, len(classes)) or len(given) != n:
        raise AuditError(
            f"There are {count(n, 'clip')}, {count(len(given), 'label')} and probabilities of shape "
            f"{values.shape}; expected {(n, len(classes))}: a row a clip, a column a class."
        )


def _require_classes(given: NDArray[np.object_], codes: NDArray[np.intp]) -> None:
    if (codes < 0).any():
        raise AuditError(
            f"The label '{given[codes < 0][0]}' is none of the classes that the model knows. "
            "Run the classifier again on the labels as they are now."
        )
    if not len(codes):
        raise AuditError(
            "No clip has both a label and a prediction: there is nothing to check. Run a classifier."
        )
    if len(np.unique(codes)) < 2:
        raise AuditError(
            f"All {count(len(codes), 'clip')} with a prediction bear the label '{given[0]}'; "
            "expected two labels or more: an issue is a label that another fits better."
        )


def _require_probabilities(values: NDArray[np.float64]) -> NDArray[np.float64]:
    totals = values.sum(axis=1)
    if (values < -1e-6).any() or not np.allclose(totals, 1, atol=1e-3):
        raise AuditError(
            f"The predictions are no probabilities: a row adds up to {totals[np.abs(totals - 1).argmax()]:.3g}, "
            f"the lowest value is {values.min():.3g}. Expected rows from 0 that add up to 1."
        )
    return np.clip(values, 0, None) / totals[:, None]


def _left_out(which: NDArray[np.bool_], what: str) -> tuple[str, ...]:
    absent = int(which.sum())
    if not absent:
        return ()
    return (f"{count(absent, 'clip')} without a {what} {'was' if absent == 1 else 'were'} left out.",)


def reference_experiment(experiments: pd.DataFrame) -> pd.Series | None:
    """The reference: of the quick classifiers the lowest log loss.

    What is learned again without the clips that leaked must be quick to learn, and the audit need not wait for
    forests and boosting; they count where there is nothing else.

    Parameters
    ----------
    experiments : DataFrame
        As ``Reader.experiments`` gives them. Baselines, which do not look at the sound, are no reference;
        nor is what a person ran, whose views may have been learned from these very labels.
    """
    there = _on_labels(experiments)
    looking = there["method"].isin([name for name, one in CLASSIFIERS.items() if one.looks])
    there = there[
        looking & (there["origin"] == BUILD) & (there["seed"] == 0)
    ]  # of another seed, drawn folds are others
    quick = there[~there["method"].isin(SLOW)]
    there = there if quick.empty else quick
    if there.empty:
        return None
    return there.sort_values(["log_loss", "experiment_id"]).iloc[0]


def experiment_title(experiment: pd.Series) -> str:
    """An experiment for a person: its classifier and how many views it learned from."""
    method = str(experiment["method"])
    title = CLASSIFIERS[method].title if method in CLASSIFIERS else method
    views = list(experiment["views"])
    return f"{title} on {views[0] if len(views) == 1 else f'{len(views)} views'}"


def reasons(best: pd.Series, experiments: pd.DataFrame) -> list[str]:
    """Why it is the reference, and how little it is worth where guessing does as well."""
    why = (
        f"Judged by the out-of-fold probabilities of {experiment_title(best)}: its log loss, {best['log_loss']:.3f}, "
        f"is the lowest of {_compared(experiments)} on these labels ({best['protocol_title']})."
    )
    guessing = _on_labels(experiments)
    guessing = guessing[guessing["method"].isin([name for name, one in CLASSIFIERS.items() if not one.looks])]
    if guessing.empty or guessing["log_loss"].min() > best["log_loss"]:
        return [why]
    return [why, "Guessing by the classes' shares does as well: these label issues mean little."]


def _compared(experiments: pd.DataFrame) -> str:
    there = _on_labels(experiments)
    slow = there["method"].isin(SLOW)
    if not slow.any() or slow.all():
        return count(len(there), "experiment")
    return (
        f"{count(int((~slow).sum()), 'experiment')}, not counting those with trees, which are slow to repeat,"
    )


def _on_labels(experiments: pd.DataFrame) -> pd.DataFrame:
    return experiments[
        (experiments["target"] == "label")
        & (experiments["subset"] == EVERY_CLIP)
        & (experiments["kind"] == CLASSIFIER)
    ]
