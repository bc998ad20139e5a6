"""Which experiment the label doubts are from, and what they say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.audit.label_issues import doubts
from pipeline.audit.part import DOUBTS, Part
from pipeline.audit.splits import AuditError, count
from pipeline.classify import CLASSIFIERS
from pipeline.experiments.spec import BUILD, CLASSIFIER, EVERY_CLIP
from store.reader import Predictions

SLOW = ("forest", "boosting")


def witness(experiments: pd.DataFrame) -> pd.Series | None:
    """The experiment whose probabilities are to be believed most: of the quick classifiers the lowest log loss.

    What is learned again without the clips that leaked must be quick to learn, and the audit need not wait for
    forests and boosting; they count where there is nothing else.

    Parameters
    ----------
    experiments : DataFrame
        As ``Reader.experiments`` gives them. Baselines, which do not look at the sound, bear no witness;
        nor does what a person ran, whose views may have been learned from these very labels.
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


def suspects(clips: pd.DataFrame, experiments: pd.DataFrame, said: Predictions | None) -> Part:
    """The labels that the witness would not have given.

    Raises
    ------
    AuditError
        See :func:`pipeline.audit.label_issues.doubts`.
    """
    best = witness(experiments)
    if best is None or said is None:
        raise AuditError(
            "No classifier has learned these labels, so nothing can doubt them. Build with experiments."
        )
    ids = clips["clip_id"]
    places = pd.Index(said.table["clip_id"]).get_indexer(pd.Index(ids))
    # Clips that no fold tested have no probabilities: rows of NaN, which `doubts` leaves out and counts.
    told = np.where((places >= 0)[:, None], said.probabilities[places], np.nan)
    labels = clips["label"].where(clips["label"].notna(), None).tolist()
    result = doubts(ids.tolist(), labels, told, said.classes)
    some = count(result.issues, "label") if result.issues else "No label"
    head = f"{some} of {len(result.table):,} would be taken for wrong"
    return Part(
        DOUBTS,
        f"{head} by {named(best)}, which had not seen the clip it judges.",
        (_why(best, experiments), *_no_better(best, experiments), *result.notes),
        {"audit_doubts": result.table},
    )


def named(experiment: pd.Series) -> str:
    """An experiment in words: its classifier and how many views it heard the clips by."""
    method = str(experiment["method"])
    title = CLASSIFIERS[method].title if method in CLASSIFIERS else method
    views = list(experiment["views"])
    return f"{title} on {views[0] if len(views) == 1 else f'{len(views)} views'}"


def _why(best: pd.Series, experiments: pd.DataFrame) -> str:
    return (
        f"Judged by the out-of-fold probabilities of {named(best)}: its log loss, {best['log_loss']:.3f}, is the "
        f"lowest of {_compared(experiments)} on these labels ({best['protocol_title']})."
    )


def _compared(experiments: pd.DataFrame) -> str:
    there = _on_labels(experiments)
    slow = there["method"].isin(SLOW)
    if not slow.any() or slow.all():
        return count(len(there), "experiment")
    return (
        f"{count(int((~slow).sum()), 'experiment')}, not counting those with trees, which are slow to repeat,"
    )


def _no_better(best: pd.Series, experiments: pd.DataFrame) -> list[str]:
    there = _on_labels(experiments)
    guessing = there[there["method"].isin([name for name, one in CLASSIFIERS.items() if not one.looks])]
    if guessing.empty or guessing["log_loss"].min() > best["log_loss"]:
        return []
    return ["Guessing by the classes' shares does as well: these doubts tell next to nothing."]


def _on_labels(experiments: pd.DataFrame) -> pd.DataFrame:
    return experiments[
        (experiments["target"] == "label")
        & (experiments["subset"] == EVERY_CLIP)
        & (experiments["kind"] == CLASSIFIER)
    ]
