"""All experiments on one target in a table, the most accurate first, beside what others report."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from app.experiments import summary
from app.experiments.summary import Names
from app.ui import escape, show
from pipeline.experiments.spec import EVERY_CLIP, FACTS
from pipeline.networks import NETWORKS

HIGHEST_PX = 330
ABOUT, GOOD, SURE, COST = "Experiment", "Performance", "Uncertainty and calibration", "Cost"
COLUMNS = {
    "method": (ABOUT, "method", None, "The classifier or network. A baseline does not use the audio: it "
               "guesses, or learned from facts of the recording such as duration, level, bandwidth and format."),
    "views": (ABOUT, "views", None, "The features it learned from."),
    "accuracy": (GOOD, "accuracy %", "%.1f", "Tested clips that are classified correctly."),
    "spread": (GOOD, "±", "%.1f", "Standard deviation of the accuracy over the folds."),
    "balanced": (GOOD, "balanced %", "%.1f", "The mean recall of the classes: each class counts the same."),
    "macro_f1": (GOOD, "macro F1 %", "%.1f", "The mean F1 of the classes: each class counts the same."),
    "interval": (SURE, "95% interval %", None, "Of the accuracy, with each clip taken as independent "
                 "(Wilson 1927)."),
    "grouped": (SURE, "95% interval by groups %", None, "The same, with all clips of a speaker or source "
                "taken as one; empty where no two clips belong together."),
    "log_loss": (SURE, "log loss", "%.2f", "In nats: 0 is confident and correct, lower is better."),
    "ece": (SURE, "ECE %", "%.1f", "Expected calibration error: how far confidence and accuracy differ."),
    "seconds": (COST, "seconds", "%.1f", "To train and test on all folds."),
}  # fmt: skip
"""Column: the heading it stands under, its name, its number format, and what it means."""
READER = "esc50"
SOURCE = "Piczak 2015, ACM Multimedia"
LINK = "https://doi.org/10.1145/2733373.2806390"
ESC10 = frozenset(
    {
        "chainsaw", "clock_tick", "crackling_fire", "crying_baby", "dog",
        "helicopter", "rain", "rooster", "sea_waves", "sneezing",
    }
)  # fmt: skip
ESC50_CLASSES = 50
PAPER = {
    "ESC-10": (400, {"k-NN": 0.667, "SVM": 0.675, "Random forest": 0.727, "Human listeners": 0.957}),
    "ESC-50": (2_000, {"k-NN": 0.322, "SVM": 0.396, "Random forest": 0.443, "Human listeners": 0.813}),
}
"""Accuracies of the paper that brought the collection: five official folds, MFCC and zero crossings."""


def of_target(experiments: pd.DataFrame, target: str) -> pd.DataFrame:
    """The experiments that can be compared with each other: on one target, tested on every clip."""
    chosen = (experiments["target"] == target) & (experiments["subset"] == EVERY_CLIP)
    return experiments[chosen]


def apart(board: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The experiments that learned here, and those of networks that learned elsewhere and are tested otherwise."""
    away = [summary.elsewhere(row) is not None for _, row in board.iterrows()]
    elsewhere = pd.Series(away, index=board.index, dtype=bool)
    return board[~elsewhere], board[elsewhere]


def protocols(board: pd.DataFrame) -> str:
    """How the experiments of a leaderboard were tested, in sentences; Markdown."""
    here, elsewhere = apart(board)
    sentences = {"": escape.sentence(here["protocol_summary"].iloc[0])} if len(here) else {}
    for method, rows in elsewhere.groupby("method", sort=False):
        noun = NETWORKS[str(method)].noun
        sentences[f"*{noun[:1].upper()}{noun[1:]}:* "] = escape.sentence(rows["protocol_summary"].iloc[0])
    if len(sentences) == 1:
        return next(iter(sentences.values()))
    return " ".join(name + sentence for name, sentence in sentences.items())


def first(experiments: pd.DataFrame) -> str | None:
    """The most accurate experiment that uses the audio; else the most accurate of all."""
    if experiments.empty:
        return None
    listening = experiments[summary.listens(experiments)]
    return str((listening if len(listening) else experiments)["experiment_id"].iloc[0])


def display_table(experiments: pd.DataFrame, names: Names) -> pd.DataFrame:
    """The table as it is shown, indexed by ``experiment_id``, the columns of ``COLUMNS``."""
    table = experiments.set_index("experiment_id")
    made = pd.DataFrame(
        {
            "method": [_method(row) for _, row in table.iterrows()],
            "views": [
                "none" if summary.sort(row) == summary.BASELINE else names.of_views(row["views"])
                for _, row in table.iterrows()
            ],
            "accuracy": 100 * table["accuracy"],
            "spread": 100 * table["spread"],
            "balanced": 100 * table["balanced_accuracy"],
            "macro_f1": 100 * table["macro_f1"],
            "interval": _between(table["accuracy_low"], table["accuracy_high"]),
            "grouped": _between(table["grouped_low"], table["grouped_high"]),
            "log_loss": table["log_loss"],
            "ece": 100 * table["ece"],
            "seconds": table["seconds"],
        },
        index=table.index,
    )
    kept = [one for one in COLUMNS if one != "grouped" or table["grouped_low"].notna().any()]
    return made[kept]


def _method(row: pd.Series) -> str:
    extra = [f"seed {row['seed']}"] if row["seed"] and summary.elsewhere(row) is None else []
    extra += ["each view votes"] if row["combination"] == "vote" else []
    extra += ["baseline"] if summary.sort(row) in (summary.BASELINE, summary.MEASURED_AS[FACTS]) else []
    return summary.method(row["method"]) + (f" ({', '.join(extra)})" if extra else "")


def _between(low: pd.Series, high: pd.Series) -> list[str]:
    return [
        "" if pd.isna(one) else f"{100 * one:.1f} to {100 * other:.1f}"
        for one, other in zip(low, high, strict=True)
    ]


def draw(experiments: pd.DataFrame, names: Names, chosen: str | None, *, key: str) -> str | None:
    """Draw the table; the experiment chosen in it, ``chosen`` where no row has been.

    Parameters
    ----------
    experiments : DataFrame
        Of one target, see :func:`of_target`.
    chosen : str or None
        What is chosen so far; of no row in this table where it is another subset's.
    key : str
        A prefix, unique on the page.
    """
    return show.choose_row(display_table(experiments, names), COLUMNS, chosen, key=key, highest_px=HIGHEST_PX)


@dataclass(frozen=True, slots=True)
class Reference:
    """A published accuracy (0 to 1) of a collection of ``clips`` clips."""

    what: str
    accuracy: float
    of: str
    clips: int
    source: str = SOURCE
    link: str = LINK


def published(dataset: pd.Series, experiment: pd.Series) -> list[Reference]:
    """Published accuracies to set beside an experiment; empty for other collections, targets and sets of classes."""
    if dataset["reader"] != READER or experiment["target"] != "label":
        return []
    classes = frozenset(experiment["classes"])
    name = "ESC-10" if classes == ESC10 else "ESC-50" if len(classes) == ESC50_CLASSES else None
    if name is None:
        return []
    clips, accuracies = PAPER[name]
    return [Reference(what, accuracy, name, clips) for what, accuracy in accuracies.items()]


def published_table(references: list[Reference]) -> pd.DataFrame:
    """A row a reference, accuracy in percent."""
    return pd.DataFrame(
        {
            "of": [one.of for one in references],
            "method": [one.what for one in references],
            "accuracy %": [100 * one.accuracy for one in references],
            "clips": [one.clips for one in references],
            "source": [one.source for one in references],
            "link": [one.link for one in references],
        }
    )


def published_sentence(references: list[Reference]) -> str:
    """All of them in a sentence that says they were not measured here."""
    each = ", ".join(f"{one.what} {100 * one.accuracy:.1f}%" for one in references)
    first = references[0]
    return f"Published results on {first.of}, not measured here: {each} ([{first.source}]({first.link}))."
