"""Curves: their tables, the diagonal, the reliability of known confidences, epochs of a network."""

from __future__ import annotations

import numpy as np
import pandas as pd

from app.experiments import curves, thresholds
from pipeline.classify.metrics import Curve, pr, receiver, reliability, roc


def test_a_table_of_several_curves_is_thinned_and_keeps_both_ends() -> None:
    steps = np.linspace(0, 1, 5_000)
    long, short = Curve(steps, steps, steps[::-1], 0.5), Curve(steps[:3], steps[:3], steps[:3], 0.5)
    table = curves.curve_table({"long": long, "short": short}, "x", "y")
    mine = table[table["class"] == "long"]
    assert len(mine) == curves.MOST_POINTS and mine["x"].iloc[[0, -1]].tolist() == [0, 1]
    assert (table["class"] == "short").sum() == 3
    assert mine["threshold"].iloc[0] == 1


def test_no_curves_make_an_empty_table_with_its_columns() -> None:
    assert list(curves.curve_table({}, "x", "y")) == ["class", "x", "y", "threshold"]


def test_a_perfect_classifier_goes_through_the_corner() -> None:
    one = receiver(np.array([True, True, False, False]), np.array([0.9, 0.8, 0.2, 0.1]))
    table = curves.curve_table({"cat": one}, "false", "true")
    assert ((table["false"] == 0) & (table["true"] == 1)).any()
    figure = curves.with_diagonal(curves.curves(table, "false", "true", "ROC", stepped=False))
    assert figure.data[0].type == "scatter"  # not by WebGL: a page has several, a browser only some
    shape = figure.layout.shapes[0]
    assert (shape.x0, shape.y0, shape.x1, shape.y1) == (0, 0, 1, 1)


def test_reliability_of_known_confidences() -> None:
    right = np.array([True, True, False, True])
    told = reliability(right, np.array([0.95, 0.95, 0.55, 0.55]))
    table = curves.reliability_table(told)
    assert table["clips"].sum() == 4 and len(table) == 10
    figure = curves.reliability(table, "title")
    share, dots = figure.data
    assert np.allclose(share.y[[5, 9]], [0.5, 0.5])
    assert np.allclose(dots.x, [0.55, 0.95]) and np.allclose(dots.y, [0.5, 1.0])


def test_a_learning_curve_has_its_spread_on_tested_clips_only() -> None:
    table = pd.DataFrame(
        {"clips": [10, 100], "accuracy": [0.5, 0.8], "spread": [0.1, 0.05], "train_accuracy": [1, 1]}
    )
    train, test = curves.learning(table, "title").data
    assert list(train.y) == [1, 1] and train.error_y["array"] is None
    assert list(test.y) == [0.5, 0.8] and list(test.error_y["array"]) == [0.1, 0.05]


def test_epochs_are_drawn_in_their_order_for_each_fold() -> None:
    rows = [
        {"fold": fold, "epoch": epoch, "metric": metric, "value": epoch + (fold == "fold 2")}
        for metric in ("train_loss", "learning_rate")
        for fold in ("fold 1", "fold 2")
        for epoch in (2, 1)
    ]
    figure = curves.epochs(pd.DataFrame(rows), ["train_loss"], "title", "loss")
    assert {trace.name for trace in figure.data} == {"fold 1", "fold 2"}
    assert [list(trace.y) for trace in figure.data] == [[1, 2], [2, 3]]


def test_areas_of_classes_and_of_one_that_is_not_tested() -> None:
    truth = np.array([0, 0, 1, 1])
    told = np.array([[0.9, 0.1, 0.0], [0.8, 0.2, 0.0], [0.3, 0.7, 0.0], [0.1, 0.9, 0.0]])
    names = ("cat", "dog", "owl")
    curves_of = [dict(zip(names, found(truth, told), strict=True)) for found in (roc, pr)]
    table = thresholds.areas(*curves_of)
    assert table[thresholds.AREA].tolist()[:2] == [1, 1] and table.iloc[2, 1:].isna().all()
    assert "ROC is **1.000**" in thresholds.in_words(table)
