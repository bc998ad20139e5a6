"""The audit of one dataset in memory: every part, each guarded."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.audit import balance, confounds, duplicates, label_issues, leakage
from pipeline.audit.duplicates import Duplicates
from pipeline.audit.fingerprint import ABSENT, CODES
from pipeline.audit.label_issues import experiment_title, rank, reasons, reference_experiment
from pipeline.audit.leakage import DUPLICATE, LEAK_KINDS, Leakage, effect
from pipeline.audit.splits import AuditError, Split, SplitColumn, count, own_column, split_of
from pipeline.classify.protocol import GROUPED
from pipeline.classify.run import Experiment
from pipeline.experiments.unit import Task
from pipeline.inputs import NAMED
from pipeline.runtime import stop
from store.errors import SesatlasError
from store.results_reader import Predictions

SPLIT, DUPLICATES, LEAKAGE, LEAKAGE_OWN, REMOVAL, LABEL_ISSUES, FACTS, BALANCE = (
    "split",
    "duplicates",
    "leakage",
    "leakage_own",
    "removal",
    "doubts",
    "facts",
    "balance",
)
NOT_AUDITED = "This part could not be audited."
"""The first note of a part that has a reason in the place of a result."""
SENTENCE = "sentence"
TIED_BY = {
    "source": "the source recording",
    "speaker": "the speaker",
    "sentence": "the sentence",
    DUPLICATE: "the same sound",
}
UNCHANGED = "Nothing had to be taken out, so the accuracies stand as they are."
LIMIT = 20_000
"""With more clips a build computes no fingerprints, label issues or second experiment: that takes hours."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Part:
    """``summary`` is one sentence or two; ``found`` are rows by table of the store."""

    name: str
    summary: str
    notes: tuple[str, ...] = ()
    found: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def row(self) -> dict[str, object]:
        """Its row of ``audit_parts``."""
        return {"part": self.name, "summary": self.summary, "notes": list(self.notes)}


@dataclass(frozen=True, eq=False)
class AuditInput:
    """
    What is known of a dataset.

    ``fingerprints`` are the clips that have a fingerprint (m,) and those, uint32 (m, 2, 256); None where there
    are too many clips. ``task`` and ``predictions`` are of the reference experiment, None without one.
    """

    clips: pd.DataFrame
    experiments: pd.DataFrame
    fingerprints: tuple[NDArray[np.object_], NDArray[np.uint32]] | None = None
    unread: Sequence[str] = ()
    task: Task | None = None
    predictions: Predictions | None = None


@dataclass(frozen=True, eq=False)
class Audit:
    """What was found, and the experiment without the clips that leaked, where there were any."""

    parts: tuple[Part, ...]
    unleaked: Experiment | None

    @property
    def found(self) -> Mapping[str, pd.DataFrame]:
        """The rows of all parts by table of the store."""
        tables: dict[str, list[pd.DataFrame]] = {}
        for part in self.parts:
            for name, table in part.found.items():
                tables.setdefault(name, []).append(table)
        return {name: _together(several) for name, several in tables.items()}


def audit_of(inputs: AuditInput) -> Audit:
    """Every part of a dataset's audit. What cannot be audited says why; nothing is raised for it."""
    import sklearn

    split = split_of(inputs.clips)
    copies: list[Duplicates] = []
    leaks: list[Leakage] = []
    made: list[Experiment] = []
    steps: list[tuple[str, Callable[[], Part]]] = [
        (DUPLICATES, lambda: _copies(inputs, copies)),
        (LEAKAGE, lambda: _leaks(split, copies, leaks)),
        *([(LEAKAGE_OWN, lambda: own_leakage_part(split, _one(copies)))] if own_column(split) else []),
        (REMOVAL, lambda: _removal(inputs, leaks, made)),
        (LABEL_ISSUES, lambda: _label_issues(inputs)),
        (FACTS, lambda: facts_part(split)),
        (BALANCE, lambda: balance_part(split)),
    ]
    done = [split_part(split)]
    # Of a few hundred clips, checking arrays and parameters takes longer than learning from them.
    with sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
        for name, make in steps:
            stop.check()
            done.append(guarded(name, make))
    return Audit(tuple(done), made[0] if made else None)


def _copies(inputs: AuditInput, out: list[Duplicates]) -> Part:
    fingerprints, notes = _in_order(inputs), unread_notes(inputs.unread)
    if inputs.fingerprints is None:
        notes = [_too_many(len(inputs.clips), "only files equal byte for byte were looked for")]
    part, result = duplicates_part(inputs.clips, fingerprints, notes)
    out.append(result)
    return part


def _leaks(split: Split, copies: Sequence[Duplicates], out: list[Leakage]) -> Part:
    part, result = leakage_part(split, _one(copies))
    out.append(result)
    return part


def _label_issues(inputs: AuditInput) -> Part:
    if len(inputs.clips) > LIMIT:
        return not_audited(LABEL_ISSUES, _too_many(len(inputs.clips), "no label issues were looked for"))
    return label_issues_part(inputs.clips, inputs.experiments, inputs.predictions)


def _removal(inputs: AuditInput, leaks: Sequence[Leakage], out: list[Experiment]) -> Part:
    if not leaks:
        return not_audited(
            REMOVAL, "Leakage could not be looked for, so no clip is known that would have to go."
        )
    removed = leaks[0].removed
    if removed.empty:
        return Part(REMOVAL, UNCHANGED)
    if len(inputs.clips) > LIMIT:
        return not_audited(REMOVAL, _too_many(len(inputs.clips), "nothing was learned again without them"))
    best = label_issues.reference_experiment(inputs.experiments)
    if best is None or inputs.task is None or inputs.predictions is None:
        return not_audited(REMOVAL, "No classifier has learned these labels, so no accuracy can change.")
    experiment = leakage.repeat_without(inputs.task, removed["clip_id"].tolist())
    part = removal_part(inputs.predictions.table, experiment, label_issues.experiment_title(best), removed)
    out.append(experiment)
    return part


def not_audited(name: str, why: str) -> Part:
    return Part(name, why, (NOT_AUDITED,))


def guarded(name: str, make: Callable[[], Part]) -> Part:
    """What ``make`` gives, or the reason why it cannot: no audit may end a build."""
    try:
        return make()
    except SesatlasError as error:
        return not_audited(name, str(error))
    except Exception as error:
        log.exception("The part %s of an audit failed", name)
        return not_audited(
            name, f"It failed for a reason nobody has foreseen ({type(error).__name__}: {error})."
        )


def split_part(found: Split) -> Part:
    """The split: its title, then its sentence as the first note."""
    return Part(SPLIT, found.title, (found.summary, *found.notes))


def duplicates_part(
    clips: pd.DataFrame, fingerprints: NDArray[np.uint32] | None, notes: Sequence[str]
) -> tuple[Part, Duplicates]:
    """Clips that hold the same sound; ``notes`` say which could not be compared."""
    result = duplicates.duplicates(clips, fingerprints)
    part = Part(
        DUPLICATES,
        duplicates.summary(result, by_sound=fingerprints is not None),
        tuple(notes),
        {"audit_pairs": result.pairs},
    )
    return part, result


def leakage_part(found: Split, same: Duplicates | None) -> tuple[Part, Leakage]:
    """What crosses the classifiers' split, and the clips to do without."""
    counted = kinds_counted(found.clips)
    result = leakage.leakage(found.clips, same, protocol=found.column, kinds=counted)
    leaks, more = _with_sentences(found.clips, result, counted, found.column)
    notes = (*_by_construction(found), *more, *result.notes)
    tables = {"audit_leaks": leaks, "audit_removed": result.removed}
    return Part(LEAKAGE, leakage.summary(result), notes, tables), result


def own_leakage_part(found: Split, same: Duplicates | None) -> Part:
    """What crosses the dataset's own TRAIN and TEST, where other folds are learned from."""
    counted = kinds_counted(found.clips)
    result = leakage.leakage(found.clips, same, protocol="split", kinds=counted)
    leaks, more = _with_sentences(found.clips, result, counted, "split")
    text = f"Across the dataset's own TRAIN and TEST: {_lower(leakage.summary(result))}"
    return Part(LEAKAGE_OWN, text, (*more, *result.notes), {"audit_leaks": leaks})


def kinds_counted(clips: pd.DataFrame) -> tuple[str, ...]:
    """
    The kinds of leak that help a model to the label without being it.

    Sentences that everybody reads are on every side: they count only where the sentence gives the label away.
    What is the label itself, a speaker who is to be recognised, must be on both sides.
    """
    return tuple(
        kind
        for kind in LEAK_KINDS
        if not _is_label(clips, kind) and (kind != SENTENCE or _tells_label(clips[SENTENCE], clips["label"]))
    )


def removal_part(before: pd.DataFrame, experiment: Experiment, name: str, removed: pd.DataFrame) -> Part:
    """The accuracies with and without the leaked clips.

    ``name`` is of the experiment, ``before`` what it predicted with every clip.
    """
    tied = " and ".join(TIED_BY[kind] for kind in removed["kind"].drop_duplicates())
    found = effect(before, experiment.predictions())
    head = f"{count(len(removed), 'clip')} {'was' if len(removed) == 1 else 'were'} taken out"
    return Part(
        REMOVAL,
        f"{head}, tied to another side by {tied}. {found.sentence}",
        (f"Learned by {name}.", *experiment.notes),
    )


def label_issues_part(
    clips: pd.DataFrame, experiments: pd.DataFrame, predictions: Predictions | None
) -> Part:
    """The labels that the reference experiment would not have given.

    Raises
    ------
    AuditError
        See :func:`pipeline.audit.label_issues.rank`.
    """
    best = reference_experiment(experiments)
    if best is None or predictions is None:
        raise AuditError(
            "No classifier has learned these labels, so there is nothing to check them against. Build with experiments."
        )
    ids = clips["clip_id"]
    places = pd.Index(predictions.table["clip_id"]).get_indexer(pd.Index(ids))
    # Clips that no fold tested have no probabilities: rows of NaN, which `rank` leaves out and counts.
    probabilities = np.where((places >= 0)[:, None], predictions.probabilities[places], np.nan)
    labels = clips["label"].where(clips["label"].notna(), None).tolist()
    result = rank(ids.tolist(), labels, probabilities, predictions.classes)
    some = f"{result.issues:,}" if result.issues else "None"
    head = (
        f"{some} of {count(len(result.table), 'label')} {'are' if result.issues > 1 else 'is'} likely wrong"
    )
    return Part(
        LABEL_ISSUES,
        f"{head} according to {experiment_title(best)}, which was not trained on the clip it judges.",
        (*reasons(best, experiments), *result.notes),
        {"audit_label_issues": result.table},
    )


def facts_part(found: Split) -> Part:
    """How well facts of the recording alone name the label."""
    result = confounds.confounds(found.clips, protocol=found.column)
    table = result.table.assign(chance=result.chance, majority=result.majority, clips=result.clips)
    return Part(FACTS, confounds.summary(result), result.notes, {"audit_facts": table})


def balance_part(found: Split) -> Part:
    """How the labels are spread over the sides."""
    result = balance.balance(found.clips, protocol=found.column)
    return Part(BALANCE, balance.summary(result), result.notes, {"audit_balance": result.cells})


def unread_notes(reasons: Sequence[str]) -> list[str]:
    """A note on recordings that could not be read again."""
    if not reasons:
        return []
    some = " ".join(dict.fromkeys(reasons[:NAMED]))
    return [f"{count(len(reasons), 'recording')} could not be read and compared by sound: {some}"]


def _with_sentences(
    clips: pd.DataFrame, result: Leakage, counted: Sequence[str], column: SplitColumn | None
) -> tuple[pd.DataFrame, list[str]]:
    """The leaks with those of sentences among them, counted or not, and a note on them."""
    if SENTENCE in counted or clips[SENTENCE].isna().all():
        return result.found, []
    read = leakage.leakage(clips, protocol=column, kinds=(SENTENCE,)).found
    if read.empty:
        return result.found, []
    note = (
        f"{count(len(read), 'sentence')} {'is' if len(read) == 1 else 'are'} on two sides as well. They are "
        "listed and not taken out: the words do not give the label away."
    )
    both = [table for table in (result.found, read) if len(table)]
    return pd.concat(both, ignore_index=True), [note]


def _by_construction(found: Split) -> list[str]:
    if not found.drawn or found.planned is None:
        return []
    what = found.planned.unit if found.planned.name == GROUPED else "recording with the same bytes"
    return [f"The folds were drawn such that no {what} is in two of them: that none crosses is no finding."]


def _is_label(clips: pd.DataFrame, column: str) -> bool:
    if column not in clips or clips[column].isna().any() or clips["label"].isna().any():
        return False
    return bool((pd.factorize(clips[column])[0] == pd.factorize(clips["label"])[0]).all())


def _tells_label(sentences: pd.Series, labels: pd.Series) -> bool:
    """Whether every sentence that is said twice goes with one label."""
    known = pd.DataFrame({"sentence": sentences, "label": labels}).dropna()
    again = known[known["sentence"].duplicated(keep=False)]
    return len(again) > 0 and bool((again.groupby("sentence")["label"].nunique() == 1).all())


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _in_order(inputs: AuditInput) -> NDArray[np.uint32] | None:
    """A fingerprint a clip, (n, 2, 256); one without any codes where there is none."""
    if inputs.fingerprints is None:
        return None
    ids, fingerprints = inputs.fingerprints
    whole = np.full((len(inputs.clips), 2, CODES), ABSENT, dtype=np.uint32)
    places = pd.Index(inputs.clips["clip_id"]).get_indexer(pd.Index(ids))
    whole[places[places >= 0]] = fingerprints[places >= 0]
    return whole


def _one(copies: Sequence[Duplicates]) -> Duplicates | None:
    return copies[0] if copies else None


def _too_many(clips: int, what: str) -> str:
    return f"{clips:,} clips are more than the {LIMIT:,} for which a build computes this by itself: {what}."


def _together(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]
