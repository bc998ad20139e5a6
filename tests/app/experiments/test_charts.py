"""Figures of experiments: each number where it belongs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.experiments import bars, charts


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
    figure = bars.folds(pd.DataFrame({"name": ["fold 1", "fold 2"], "accuracy": [0.5, 0.75]}), 0.6, "title")
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
    figure = bars.importance(table, "title")
    assert list(figure.data[0].x) == [0.1, 0.3] and list(figure.data[0].y) == [0, 1]
    assert list(figure.data[0].error_x["array"]) == [0.0, 0.05]


def test_probabilities_with_the_likeliest_on_top() -> None:
    figure = bars.probabilities(pd.DataFrame({"name": ["dog", "cat"], "probability": [0.9, 0.1]}), "title")
    assert list(figure.data[0].y) == ["cat", "dog"] and list(figure.data[0].text) == ["10.0%", "90.0%"]
