"""Permuted columns: what tells the class matters, the rest does not."""

from __future__ import annotations

import pytest

from pipeline.classify.classifier import ClassifyError
from pipeline.classify.importance import importance
from pipeline.classify.run import run

NAMES = {"near": [f"n{i}" for i in range(6)], "far": [f"f{i}" for i in range(4)]}


@pytest.mark.parametrize("combination", ["together", "vote"])
def test_the_columns_that_tell_the_class_come_first(easy, combination) -> None:
    values, clips = easy
    found = run(values, clips, "label", "logistic", combination=combination)
    views, columns = importance(found, values, NAMES)
    assert views["view"].tolist() == ["near", "far"]
    assert views["accuracy_drop"][0] > 0.3
    assert abs(views["accuracy_drop"][1]) < 0.15
    assert set(columns["column"][:3]) == {"n0", "n1", "n2"}
    assert len(columns) == 10
    constant = columns[columns["column"] == "f3"].iloc[0]
    assert (constant["accuracy_drop"], constant["loss_rise"]) == pytest.approx((0, 0), abs=1e-12)


def test_twice_the_same(easy) -> None:
    values, clips = easy
    found = run(values, clips, "label", "knn")
    told: list[float] = []
    first, second = (
        importance(found, values, NAMES, repeats=2, on_progress=told.append)[1] for _ in range(2)
    )
    assert first.equals(second)
    assert told[-1] == pytest.approx(1)


def test_other_views_than_the_experiment_had(easy) -> None:
    values, clips = easy
    found = run(values, clips, "label", "majority")
    with pytest.raises(ClassifyError, match="learned from near, far, not from near"):
        importance(found, {"near": values["near"]}, NAMES)
    with pytest.raises(ClassifyError, match="has 6 columns and 2 names"):
        importance(found, values, {**NAMES, "near": ["x", "y"]})
