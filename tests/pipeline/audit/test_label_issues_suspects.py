"""Whose probabilities doubt the labels, and what is said where they are worth little."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.audit.label_issues import doubts, witness
from pipeline.audit.report import label_issues_part
from pipeline.audit.splits import AuditError
from store.reader import Predictions


def _experiments(*rows: tuple[str, float], **columns: object) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["method", "log_loss"])
    told = {
        "target": "label",
        "subset": "all",
        "kind": "classifier",
        "seed": 0,
        "origin": "build",
        "protocol_title": "official folds",
    }
    table = table.assign(**(told | columns), views=[["mfcc"]] * len(table))
    return table.assign(experiment_id=[f"d.{name}" for name in table["method"]], key="k")


def _said(ids: list[str], probabilities: list[list[float]]) -> Predictions:
    table = pd.DataFrame({"clip_id": ids})
    return Predictions(table, np.array(probabilities, dtype=np.float32), ("cat", "dog"))


def _clips(labels: list[str | None]) -> pd.DataFrame:
    return pd.DataFrame({"clip_id": [f"{number}" for number in range(len(labels))], "label": labels})


def test_the_lowest_log_loss_bears_witness() -> None:
    best = witness(_experiments(("forest", 0.5), ("logistic", 0.2), ("knn", 0.9)))
    assert best is not None and best["method"] == "logistic"


@pytest.mark.parametrize(
    "columns",
    [
        {"target": "sex"},
        {"subset": "unleaked"},
        {"kind": "network"},
        {"kind": "facts"},
        {"seed": 3},
        {"origin": "page"},
    ],
)
def test_what_learned_something_else_bears_none(columns) -> None:
    assert witness(_experiments(("logistic", 0.1), **columns)) is None


def test_a_baseline_bears_none_however_low_its_loss() -> None:
    assert witness(_experiments(("majority", 0.1))) is None
    best = witness(_experiments(("majority", 0.1), ("logistic", 0.2)))
    assert best is not None and best["method"] == "logistic"
    assert witness(_experiments()) is None


def test_doubts_are_of_the_labels_as_they_are_and_count_who_was_not_tested() -> None:
    labels = ["cat", "cat", "cat", "dog", "dog", "dog", "dog", None]
    ids = ["6", "0", "1", "2", "3", "4"]  # clip 5 was only learned from
    told = [[0.95, 0.05], [0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.1, 0.9], [0.2, 0.8]]
    part = label_issues_part(
        _clips(labels), _experiments(("logistic", 0.2), ("majority", 0.7)), _said(ids, told)
    )
    table = part.found["audit_doubts"]
    assert table["clip_id"].iloc[0] == "6" and table["suggested"].iloc[0] == "cat" and len(table) == 6
    by_hand = doubts(ids, ["dog", "cat", "cat", "cat", "dog", "dog"], np.array(told), ("cat", "dog"))
    assert table["margin"].to_numpy() == pytest.approx(by_hand.table["margin"].to_numpy())
    assert part.told.startswith("1 label of 6 would be taken for wrong by Logistic regression on mfcc")
    assert any("lowest of 2 experiments" in note for note in part.notes)
    assert "1 clip without a prediction was left out." in part.notes
    assert not any("Guessing" in note for note in part.notes)


def test_a_witness_no_better_than_guessing_is_said_to_be_none() -> None:
    there = _experiments(("logistic", 0.7), ("majority", 0.69))
    part = label_issues_part(_clips(["cat", "dog"]), there, _said(["0", "1"], [[0.6, 0.4], [0.4, 0.6]]))
    assert any(note.startswith("Guessing by the classes' shares does as well") for note in part.notes)
    assert part.told.startswith("No label of 2")


def test_without_an_experiment_it_says_what_to_do() -> None:
    with pytest.raises(AuditError, match="No classifier has learned these labels"):
        label_issues_part(_clips(["cat"]), _experiments(("majority", 0.1)), None)
