"""Planted wrong labels are among the first doubts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pipeline.audit.label_issues import rank, reference_experiment
from pipeline.audit.report import label_issues_part
from pipeline.audit.splits import AuditError
from store.results_reader import Predictions

pytestmark = pytest.mark.xdist_group("esc10")


def planted(labels, wrong, random):
    """The labels with ``wrong`` of them changed, and which."""
    names = sorted(set(labels))
    changed, chosen = np.array(labels, dtype=object), random.permutation(len(labels))[:wrong]
    for number in chosen:
        changed[number] = random.choice([name for name in names if name != labels[number]])
    return changed, set(chosen.tolist())


def out_of_fold(values, labels, folds):
    classes = np.unique(labels.astype(str))
    told = np.zeros((len(labels), len(classes)))
    for fold in np.unique(folds):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500))
        model.fit(values[folds != fold], labels[folds != fold].astype(str))
        told[folds == fold] = model.predict_proba(values[folds == fold])
    return told, classes.tolist()


def test_planted_wrong_labels_come_first():
    random = np.random.default_rng(0)
    truth = np.repeat(["a", "b", "c"], 40)
    values = random.normal(size=(120, 4)) + 4 * np.eye(4)[np.repeat([0, 1, 2], 40)]
    labels, wrong = planted(truth, 8, random)
    found = rank(list(map(str, range(120))), labels, *out_of_fold(values, labels, np.arange(120) % 5))
    first = found.table.head(10)
    assert len(wrong & set(first["clip_id"].astype(int))) >= 7
    assert (first["suggested"] == truth[first["clip_id"].astype(int)]).mean() > 0.7
    assert found.table["rank"].tolist() == list(range(1, 121))
    assert 6 <= found.issues <= 14
    assert found.table["issue"].sum() == found.issues
    assert found.table["margin"].is_monotonic_increasing


@pytest.mark.parametrize("seed", range(3))
def test_twenty_wrong_labels_of_the_real_clips_fourteen_in_the_first_forty(esc10, seed):
    truth = esc10.clips["label"].to_numpy(dtype=object)
    labels, wrong = planted(truth, 20, np.random.default_rng(seed))
    told = out_of_fold(esc10.features, labels, esc10.clips["fold"].to_numpy())
    found = rank(list(map(str, range(400))), labels, *told)
    assert len(wrong & set(found.table["clip_id"].head(40).astype(int))) >= 14


def test_self_confidence_and_margin_are_what_they_say():
    told = np.array([[0.9, 0.1], [0.3, 0.7], [0.2, 0.8]])
    table = rank(["x", "y", "z"], ["a", "a", "b"], told, ["a", "b"]).table.set_index("clip_id")
    assert table.loc["y", ["given", "suggested"]].tolist() == ["a", "b"]
    assert table.loc["y", ["self_confidence", "margin"]].tolist() == pytest.approx([0.3, -0.4])
    assert table["rank"].tolist() == [1, 2, 3] and table.index[0] == "y"


def test_clips_without_label_or_prediction_are_left_out_and_told():
    told = np.array([[0.9, 0.1], [0.3, 0.7], [np.nan, np.nan], [0.5, 0.5]])
    found = rank(list("wxyz"), ["a", "b", "a", None], told, ["a", "b"])
    assert sorted(found.table["clip_id"]) == ["w", "x"]
    assert found.notes == (
        "1 clip without a label was left out.",
        "1 clip without a prediction was left out.",
    )


def test_a_class_with_one_clip_and_a_class_without_any():
    told = np.random.default_rng(0).dirichlet(np.ones(4), 9)
    found = rank(list("abcdefghi"), [*"ppppqqqq", "r"], told, list("pqrs"))
    assert len(found.table) == 9


@pytest.mark.parametrize(
    ("labels", "told", "words"),
    [
        (["a", "a"], [[0.9, 0.1], [0.3, 0.7]], "bear the label 'a'"),
        (["a", "c"], [[0.9, 0.1], [0.3, 0.7]], "'c' is none of the classes"),
        (["a", "b"], [[9.0, 0.1], [0.3, 0.7]], "no probabilities"),
        (["a", "b"], [[0.9, 0.1]], r"expected \(2, 2\)"),
        ([None, None], [[0.9, 0.1], [0.3, 0.7]], "nothing to check"),
        (["a", "b"], [[np.nan, 0.1], [np.nan, 0.7]], "nothing to check"),
    ],
)
def test_bad_input_is_a_sentence(labels, told, words):
    with pytest.raises(AuditError, match=words):
        rank(["x", "y"], labels, np.array(told), ["a", "b"])


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


def test_the_lowest_log_loss_is_the_reference() -> None:
    best = reference_experiment(_experiments(("forest", 0.5), ("logistic", 0.2), ("knn", 0.9)))
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
def test_what_learned_something_else_is_none(columns) -> None:
    assert reference_experiment(_experiments(("logistic", 0.1), **columns)) is None


def test_a_baseline_is_none_however_low_its_loss() -> None:
    assert reference_experiment(_experiments(("majority", 0.1))) is None
    best = reference_experiment(_experiments(("majority", 0.1), ("logistic", 0.2)))
    assert best is not None and best["method"] == "logistic"
    assert reference_experiment(_experiments()) is None


def test_issues_are_of_the_labels_as_they_are_and_count_who_was_not_tested() -> None:
    labels = ["cat", "cat", "cat", "dog", "dog", "dog", "dog", None]
    ids = ["6", "0", "1", "2", "3", "4"]  # clip 5 was only learned from
    told = [[0.95, 0.05], [0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.1, 0.9], [0.2, 0.8]]
    part = label_issues_part(
        _clips(labels), _experiments(("logistic", 0.2), ("majority", 0.7)), _said(ids, told)
    )
    table = part.found["audit_label_issues"]
    assert table["clip_id"].iloc[0] == "6" and table["suggested"].iloc[0] == "cat" and len(table) == 6
    by_hand = rank(ids, ["dog", "cat", "cat", "cat", "dog", "dog"], np.array(told), ("cat", "dog"))
    assert table["margin"].to_numpy() == pytest.approx(by_hand.table["margin"].to_numpy())
    assert part.summary.startswith("1 of 6 labels is likely wrong according to Logistic regression on mfcc")
    assert any("lowest of 2 experiments" in note for note in part.notes)
    assert "1 clip without a prediction was left out." in part.notes
    assert not any("Guessing" in note for note in part.notes)


def test_a_reference_no_better_than_guessing_is_said_to_be_none() -> None:
    there = _experiments(("logistic", 0.7), ("majority", 0.69))
    part = label_issues_part(_clips(["cat", "dog"]), there, _said(["0", "1"], [[0.6, 0.4], [0.4, 0.6]]))
    assert any(note.startswith("Guessing by the classes' shares does as well") for note in part.notes)
    assert part.summary.startswith("None of 2 labels is likely wrong")


def test_without_an_experiment_it_says_what_to_do() -> None:
    with pytest.raises(AuditError, match="No classifier has learned these labels"):
        label_issues_part(_clips(["cat"]), _experiments(("majority", 0.1)), None)
