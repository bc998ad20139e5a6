"""Planted wrong labels are among the first doubts."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pipeline.audit.label_issues import doubts
from pipeline.audit.splits import AuditError

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
    found = doubts(list(map(str, range(120))), labels, *out_of_fold(values, labels, np.arange(120) % 5))
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
    found = doubts(list(map(str, range(400))), labels, *told)
    assert len(wrong & set(found.table["clip_id"].head(40).astype(int))) >= 14


def test_self_confidence_and_margin_are_what_they_say():
    told = np.array([[0.9, 0.1], [0.3, 0.7], [0.2, 0.8]])
    table = doubts(["x", "y", "z"], ["a", "a", "b"], told, ["a", "b"]).table.set_index("clip_id")
    assert table.loc["y", ["given", "suggested"]].tolist() == ["a", "b"]
    assert table.loc["y", ["self_confidence", "margin"]].tolist() == pytest.approx([0.3, -0.4])
    assert table["rank"].tolist() == [1, 2, 3] and table.index[0] == "y"


def test_clips_without_label_or_prediction_are_left_out_and_told():
    told = np.array([[0.9, 0.1], [0.3, 0.7], [np.nan, np.nan], [0.5, 0.5]])
    found = doubts(list("wxyz"), ["a", "b", "a", None], told, ["a", "b"])
    assert sorted(found.table["clip_id"]) == ["w", "x"]
    assert found.notes == (
        "1 clip without a label was left out.",
        "1 clip without a prediction was left out.",
    )


def test_a_class_with_one_clip_and_a_class_without_any():
    told = np.random.default_rng(0).dirichlet(np.ones(4), 9)
    found = doubts(list("abcdefghi"), [*"ppppqqqq", "r"], told, list("pqrs"))
    assert len(found.table) == 9


@pytest.mark.parametrize(
    ("labels", "told", "words"),
    [
        (["a", "a"], [[0.9, 0.1], [0.3, 0.7]], "bear the label 'a'"),
        (["a", "c"], [[0.9, 0.1], [0.3, 0.7]], "'c' is none of the classes"),
        (["a", "b"], [[9.0, 0.1], [0.3, 0.7]], "no probabilities"),
        (["a", "b"], [[0.9, 0.1]], r"expected \(2, 2\)"),
        ([None, None], [[0.9, 0.1], [0.3, 0.7]], "nothing to doubt"),
        (["a", "b"], [[np.nan, 0.1], [np.nan, 0.7]], "nothing to doubt"),
    ],
)
def test_bad_input_is_a_sentence(labels, told, words):
    with pytest.raises(AuditError, match=words):
        doubts(["x", "y"], labels, np.array(told), ["a", "b"])
