"""The tables of docs/RESULTS.md."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from app.experiments import leaderboard, summary
from pipeline.classify import CLASSIFIERS
from pipeline.classify.run import run
from store.reader import Reader

MEANS = {"mfcc": r"mfcc_(0\d|1[0-2])_mean", "chroma": r"chroma_\w+_mean", "contrast": r"contrast_\w+_mean"}
"""13 MFCC, 12 chroma, 7 bands of contrast, each its mean over a clip: 32 numbers."""


def percent(value: float | None, places: int = 1) -> str:
    return "" if value is None or not np.isfinite(value) else f"{100 * value:.{places}f}"


def lines(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    """A table of Markdown."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def method(row: pd.Series) -> str:
    if row["kind"] == "facts":
        return "recording facts alone (random forest)"
    return summary.method(str(row["method"]))


def views_of(row: pd.Series) -> str:
    views = list(row["views"])
    several = f"all {len(views)} views" if len(views) > 3 else " + ".join(views)
    return f"{several} ({row['columns']})" if row["kind"] == "classifier" else several


def experiments(table: pd.DataFrame) -> Iterator[str]:
    head = ["method", "views (columns)", "n", "accuracy %", "± folds", "95 %", "95 % by group",
            "balanced %", "macro F1 %", "log loss", "ECE %", "fit s", "seed"]  # fmt: skip
    rows = []
    for _, row in table.sort_values(["accuracy", "log_loss"], ascending=[False, True]).iterrows():
        looked = row["method"] not in CLASSIFIERS or CLASSIFIERS[row["method"]].looks
        grouped = f"{percent(row['grouped_low'])} to {percent(row['grouped_high'])}"
        rows.append([
            method(row), views_of(row) if looked else "none", str(row["clips"]), percent(row["accuracy"]),
            percent(row["spread"]), f"{percent(row['accuracy_low'])} to {percent(row['accuracy_high'])}",
            grouped if pd.notna(row["grouped_low"]) else "", percent(row["balanced_accuracy"]),
            percent(row["macro_f1"]), f"{row['log_loss']:.2f}", percent(row["ece"]),
            f"{row['fit_seconds']:.1f}", str(row["seed"]),
        ])  # fmt: skip
    yield from lines(head, rows)
    guess = table[table["method"].isin([one for one, how in CLASSIFIERS.items() if not how.looks])]
    best = table[table["kind"] == "classifier"].drop(guess.index).sort_values("accuracy").iloc[-1]
    yield f"\n{_against_guessing(guess, best)}\n"


def _against_guessing(guess: pd.DataFrame, best: pd.Series) -> str:
    level = max(float(guess["accuracy"].max()), 1 / len(best["classes"]))
    low, high = summary.bounds(best)
    if low > level:
        return (
            f"The best of them, {method(best)}, is better than guessing ({percent(level)} %) by its whole interval. It "
            "is the best of many on the same clips, and the methods on offer were chosen with accuracies on ESC-10 in "
            "view: both make it slightly optimistic. Nothing else was chosen on tested clips."
        )
    return (
        f"No better than guessing: the best of them, {method(best)}, lies between {percent(low)} and "
        f"{percent(high)} %, and guessing reaches {percent(level)} %. {best['groups']} groups by "
        f"{best['unit']} are too few to learn this."
    )


def network(reader: Reader, table: pd.DataFrame) -> Iterator[str]:
    for _, row in table[table["kind"] == "network"].iterrows():
        yield f"\nThe {method(row)}: {' '.join(row['notes'])}\n"
        found = reader.experiment_metrics(row["experiment_id"])
        wide = found[found["kind"] == "fold"].pivot(index="name", columns="metric", values="value")
        rows = [
            [
                str(fold),
                f"{one['train']:.0f}",
                f"{one['test']:.0f}",
                percent(one["accuracy"]),
                f"{one['fit_seconds']:.0f}",
            ]
            for fold, one in wide.iterrows()
        ]
        yield from lines(["fold", "trained on", "tested on", "accuracy %", "training s"], rows)


def literature(dataset: pd.Series, experiment: pd.Series) -> Iterator[str]:
    """Published results on these clips, as the page shows them; nothing for other collections."""
    found = leaderboard.published(dataset, experiment)
    if found:
        yield f"\n{leaderboard.published_sentence(found)}\n"


def means_table(reader: Reader, name: str) -> Iterator[str]:
    """The 32 mean-features of a quick start, by the official folds and by folds drawn at random."""
    if not set(MEANS) <= set(reader.views()["view"]):
        return
    clips = reader.clips(name).sort_values("clip_id", ignore_index=True)
    blocks = []
    for view, pattern in MEANS.items():
        found = reader.matrix(name, view)
        order = pd.Index(found.clip_ids).get_indexer(pd.Index(clips["clip_id"]))
        chosen = [place for place, column in enumerate(found.columns) if re.fullmatch(pattern, column)]
        blocks.append(found.values[order][:, chosen])
    values = {"means": np.hstack(blocks).astype(np.float32)}
    rows = []
    for what, rowset in (
        ("official folds", clips),
        ("random folds, which split clips of one source", clips.assign(fold=None, source=None, split=None)),
    ):
        found = run(values, rowset, "label", "logistic").metrics
        rows.append([what, str(found.clips), percent(found.accuracy), percent(found.spread),
                     f"{percent(found.interval.low)} to {percent(found.interval.high)}"])  # fmt: skip
    width = values["means"].shape[1]
    yield f"\nThe {width} means that quick starts use (MFCC, chroma, contrast), logistic regression:\n"
    yield from lines(["protocol", "n", "accuracy %", "± folds", "95 %"], rows)


def audit(reader: Reader, name: str) -> Iterator[str]:
    parts = reader.audit_parts(name)
    if parts.empty:
        return
    yield "\n### Audit\n"
    for _, part in parts.iterrows():
        yield f"- **{str(part['part']).replace('_', ', ').capitalize()}**: {part['summary']}"
