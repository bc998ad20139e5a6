"""Figures of experiments: each number where it belongs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.experiments import charts, thresholds
from pipeline.classify.metrics import Curve, pr, receiver, reliability, roc


def test_accuracies_with_intervals_and_lines() -> None:
    table = pd.DataFrame(
        {"name": ["best", "x" * 60], "accuracy": [0.9, 0.5], "low": [0.8, 0.45], "high": [0.95, 0.6]}
    )
    figure = charts.accuracies(table, {"chance": 0.1, "human": 0.957}, "title")
    dots, *lines = figure.data
    assert list(dots.x) == [0.5, 0.9]  # Plotly draws upwards: the best is on top
    assert np.allclose(dots.error_x["array"], [0.1, 0.05])
    assert np.allclose(dots.error_x["arrayminus"], [0.05, 0.1])
    names = figure.layout.yaxis.ticktext
    assert names[1] == "best" and len(names[0]) == charts.LONGEST and names[0].endswith("…")
    assert [(line.name, list(line.x)) for line in lines] == [
        ("chance 10.0%", [0.1, 0.1]),
        ("human 95.7%", [0.957] * 2),
    ]
    assert len({line.line.dash for line in lines}) == 2


def test_classes_with_the_hardest_on_top() -> None:
    table = pd.DataFrame(
        {
            "name": ["easy", "hard", "never"],
            "precision": [1, 0.4, None],
            "recall": [0.9, 0.5, None],
            "f1": [0.95, 0.44, None],
        }
    )
    figure = charts.classes(table, "title")
    assert [list(trace.y) for trace in figure.data] == [["never", "easy", "hard"]] * 3
    assert figure.layout.xaxis.range[0] == pytest.approx(0.35)  # nothing lies below


def test_folds_and_the_line_over_all() -> None:
    figure = charts.folds(pd.DataFrame({"name": ["fold 1", "fold 2"], "accuracy": [0.5, 0.75]}), 0.6, "title")
    assert list(figure.data[0].y) == [0.5, 0.75] and list(figure.data[0].text) == ["50.0%", "75.0%"]
    assert figure.layout.shapes[0].y0 == 0.6


def test_importance_with_the_most_important_on_top_though_names_are_alike() -> None:
    table = pd.DataFrame(
        {
            "name": ["a" * 50, "a" * 51],
            "loss_rise": [0.3, 0.1],
            "spread": [0.05, None],
            "accuracy_drop": [0.02, 0.0],
        }
    )
    figure = charts.importance(table, "title")
    assert list(figure.data[0].x) == [0.1, 0.3] and list(figure.data[0].y) == [0, 1]
    assert list(figure.data[0].error_x["array"]) == [0.0, 0.05]


def test_probabilities_with_the_likeliest_on_top() -> None:
    figure = charts.probabilities(pd.DataFrame({"name": ["dog", "cat"], "probability": [0.9, 0.1]}), "title")
    assert list(figure.data[0].y) == ["cat", "dog"] and list(figure.data[0].text) == ["10.0%", "90.0%"]


def test_a_table_of_several_curves_is_thinned_and_keeps_both_ends() -> None:
    steps = np.linspace(0, 1, 5_000)
    long, short = Curve(steps, steps, steps[::-1], 0.5), Curve(steps[:3], steps[:3], steps[:3], 0.5)
    table = charts.curve_table({"long": long, "short": short}, "x", "y")
    mine = table[table["class"] == "long"]
    assert len(mine) == charts.MOST_POINTS and mine["x"].iloc[[0, -1]].tolist() == [0, 1]
    assert (table["class"] == "short").sum() == 3
    assert mine["threshold"].iloc[0] == 1


def test_no_curves_make_an_empty_table_with_its_columns() -> None:
    assert list(charts.curve_table({}, "x", "y")) == ["class", "x", "y", "threshold"]


def test_a_perfect_classifier_goes_through_the_corner() -> None:
    one = receiver(np.array([True, True, False, False]), np.array([0.9, 0.8, 0.2, 0.1]))
    table = charts.curve_table({"cat": one}, "false", "true")
    assert ((table["false"] == 0) & (table["true"] == 1)).any()
    figure = charts.with_diagonal(charts.curves(table, "false", "true", "ROC", stepped=False))
    assert figure.data[0].type == "scatter"  # not by WebGL: a page has several, a browser only some
    shape = figure.layout.shapes[0]
    assert (shape.x0, shape.y0, shape.x1, shape.y1) == (0, 0, 1, 1)


def test_reliability_of_known_confidences() -> None:
    right = np.array([True, True, False, True])
    told = reliability(right, np.array([0.95, 0.95, 0.55, 0.55]))
    table = charts.reliability_table(told)
    assert table["clips"].sum() == 4 and len(table) == 10
    figure = charts.reliability(table, "title")
    share, dots = figure.data
    assert np.allclose(share.y[[5, 9]], [0.5, 0.5])
    assert np.allclose(dots.x, [0.55, 0.95]) and np.allclose(dots.y, [0.5, 1.0])


def test_a_learning_curve_has_its_spread_on_tested_clips_only() -> None:
    table = pd.DataFrame(
        {"clips": [10, 100], "accuracy": [0.5, 0.8], "spread": [0.1, 0.05], "train_accuracy": [1, 1]}
    )
    train, test = charts.learning(table, "title").data
    assert list(train.y) == [1, 1] and train.error_y["array"] is None
    assert list(test.y) == [0.5, 0.8] and list(test.error_y["array"]) == [0.1, 0.05]


def test_epochs_are_drawn_in_their_order_for_each_fold() -> None:
    rows = [
        {"fold": fold, "epoch": epoch, "metric": metric, "value": epoch + (fold == "fold 2")}
        for metric in ("train_loss", "learning_rate")
        for fold in ("fold 1", "fold 2")
        for epoch in (2, 1)
    ]
    figure = charts.epochs(pd.DataFrame(rows), ["train_loss"], "title", "loss")
    assert {trace.name for trace in figure.data} == {"fold 1", "fold 2"}
    assert [list(trace.y) for trace in figure.data] == [[1, 2], [2, 3]]


def test_areas_of_classes_and_of_one_that_is_not_tested() -> None:
    truth = np.array([0, 0, 1, 1])
    told = np.array([[0.9, 0.1, 0.0], [0.8, 0.2, 0.0], [0.3, 0.7, 0.0], [0.1, 0.9, 0.0]])
    names = ("cat", "dog", "owl")
    curves_of = [dict(zip(names, found(truth, told), strict=True)) for found in (roc, pr)]
    table = thresholds.areas(*curves_of)
    assert table[thresholds.AREA].tolist()[:2] == [1, 1] and table.iloc[2, 1:].isna().all()
    assert "ROC curve is **1.000**" in thresholds.mean_areas(table)
