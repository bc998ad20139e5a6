"""The audit's figures: each number is where it belongs, and nothing is drawn that is not there."""

from __future__ import annotations

import pandas as pd
import pytest

from app.audit import charts


def _facts(**told: object) -> pd.DataFrame:
    table = {
        "fact": ["together", "rms_dbfs", "codec"],
        "title": ["all together", "level", "codec"],
        "accuracy": [0.8, 0.5, 0.25],
        "balanced_accuracy": [0.75, 0.5, 0.2],
        "spread": [0.1, 0.1, 0.1],
        "chance": 0.25,
        "majority": 0.4,
        "clips": 40,
    }
    return pd.DataFrame(table | told)


def test_the_most_telling_fact_stands_on_top_between_the_lines_of_guessing() -> None:
    figure = charts.facts(_facts(), "t")
    bars, chance, majority = figure.data
    assert list(bars.y) == ["codec", "level", "all together"] and list(bars.x) == [0.2, 0.5, 0.75]
    assert (set(chance.x), chance.name) == ({0.25}, "chance 25%")
    assert (set(majority.x), majority.name) == ({0.4}, "most frequent label 40%")
    assert list(chance.y) == [-0.5, 2.5] and figure.layout.yaxis2.range == (-0.5, 2.5)


@pytest.mark.parametrize("best", [0.01, 0.2, 1.0])
def test_every_bar_and_line_is_within_the_picture(best: float) -> None:
    figure = charts.facts(_facts(balanced_accuracy=[best, 0.0, 0.0]), "t")
    low, high = figure.layout.xaxis.range
    assert low == 0 and high > max(best, 0.4)


def _cells(counts: list[list[int]], sides: list[str] | None = None) -> pd.DataFrame:
    rows = []
    for number, row in enumerate(counts):
        for place, clips in enumerate(row):
            side = sides[place] if sides else str(place + 1)
            verdict = "empty" if not clips else "many" if clips > 8 else "even"
            told = {"label": f"label {number}", "side": side, "clips": clips, "expected": 4.0}
            rows.append(told | {"residual": (clips - 4) / 2, "verdict": verdict})
    return pd.DataFrame(rows)


def test_each_cell_holds_its_count_and_what_is_odd_about_it() -> None:
    figure = charts.balance(_cells([[4, 0, 9], [3, 4, 5]]), "t")
    cells, text = figure.data
    assert cells.z.tolist() == [[0, -2, 2.5], [-0.5, 0, 0.5]]
    assert list(cells.x) == ["fold 1", "fold 2", "fold 3"] and list(cells.y) == ["label 0", "label 1"]
    said = {(x, y): word for x, y, word in zip(text.x, text.y, text.text, strict=True)}
    assert said["fold 2", "label 0"] == "0 empty" and said["fold 3", "label 0"] == "9 many"
    assert said["fold 1", "label 1"] == "3"
    assert cells.customdata[0, 2].tolist() == [9, 4]


def test_sides_that_are_no_folds_keep_their_names_and_the_colours_are_even() -> None:
    figure = charts.balance(_cells([[4, 4]], ["test", "train"]), "t")
    assert list(figure.data[0].x) == ["test", "train"]
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-4, 4)


def test_of_many_labels_the_least_even_are_drawn() -> None:
    counts = [[4, 4]] * 80 + [[4, 20], [0, 4]]
    names = charts.drawn_labels(_cells(counts))
    assert len(names) == charts.MOST_LABELS and {"label 80", "label 81"} <= set(names)
    assert names == sorted(names)
    assert len(charts.balance(_cells(counts), "t").data[0].y) == charts.MOST_LABELS


def test_long_names_do_not_push_the_picture_aside() -> None:
    cells = _cells([[4, 4]]).assign(label="a name that would take half of a narrow screen")
    assert len(charts.balance(cells, "t").data[0].y[0]) == charts.LONGEST_NAME


def test_accuracies_stand_between_the_ends_of_their_intervals() -> None:
    rows = {
        "when": ["every clip", "without 3 clips"],
        "accuracy": [0.9, 0.8],
        "low": [0.85, 0.7],
        "high": [0.94, 0.88],
    }
    figure = charts.removal(pd.DataFrame(rows), "t")
    (points,) = figure.data
    assert list(points.x) == [0.9, 0.8] and list(points.y) == ["every clip", "without 3 clips"]
    assert (points.x - points.error_x.arrayminus).tolist() == pytest.approx(rows["low"])
    assert (points.x + points.error_x.array).tolist() == pytest.approx(rows["high"])
    low, high = figure.layout.xaxis.range
    assert low < 0.7 and 0.94 < high <= 1


def test_an_interval_of_nothing_still_has_a_picture() -> None:
    rows = {"when": ["every clip"], "accuracy": [1.0], "low": [1.0], "high": [1.0]}
    low, high = charts.removal(pd.DataFrame(rows), "t").layout.xaxis.range
    assert low < high == 1
