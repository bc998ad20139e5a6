"""The confusion matrix: its counts, its cells, and the clips behind a cell."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.experiments import confusion, errors
from app.experiments.confusion import ALL

CLASSES = ("cat", "dog", "owl")
TABLE = pd.DataFrame(
    [
        ("a", "cat", "cat", 0.9), ("b", "cat", "cat", 0.5), ("c", "cat", "dog", 0.6), ("d", "cat", "dog", 0.8),
        ("e", "dog", "owl", 0.7), ("f", "owl", "dog", 0.4),
    ],
    columns=["clip_id", "truth", "predicted", "confidence"],
)  # fmt: skip


def test_counts_have_the_truth_in_rows() -> None:
    codes = {name: number for number, name in enumerate(CLASSES)}
    counts = confusion.table(
        TABLE["truth"].map(codes).to_numpy(), TABLE["predicted"].map(codes).to_numpy(), CLASSES
    )
    assert counts.loc["cat"].tolist() == [2, 2, 0]
    assert counts.loc["dog"].tolist() == [0, 0, 1]
    assert counts.to_numpy().sum() == len(TABLE)


def test_a_class_that_never_occurs_keeps_its_row_and_column() -> None:
    assert confusion.table(np.array([0]), np.array([0]), CLASSES).shape == (3, 3)


def test_of_many_classes_those_with_errors_are_drawn() -> None:
    many = confusion.MOST + 10
    counts = pd.DataFrame(np.eye(many, dtype=int) * 5, index=range(many), columns=range(many))
    counts.iloc[many - 1, 3] = 4
    shown = confusion.drawn(counts)
    assert shown.shape == (confusion.MOST, confusion.MOST)
    assert {3, many - 1} <= set(shown.index) and list(shown.index) == list(shown.columns)
    assert confusion.drawn(counts.iloc[:5, :5]).shape == (5, 5)


def test_each_cell_knows_what_it_is_of() -> None:
    counts = pd.DataFrame([[3, 1], [0, 2]], index=["cat", "dog"], columns=["cat", "dog"])
    figure = confusion.figure(counts, "title", ("cat", "dog"))
    cells = {
        tuple(one[:2]): text for one, text in zip(figure.data[0].customdata, figure.data[0].text, strict=True)
    }
    assert cells == {("cat", "cat"): 3, ("cat", "dog"): 1, ("dog", "dog"): 2}
    outline = figure.layout.shapes[0]
    assert (outline.x0, outline.x1, outline.y0, outline.y1) == (0.5, 1.5, -0.5, 0.5)


@pytest.mark.parametrize(
    ("cell", "clips", "said"),
    [
        ((ALL, ALL), "decf", "4 errors, the most confident first"),
        (("cat", "dog"), "dc", "2 clips of cat misclassified as dog"),
        (("cat", "cat"), "ba", "2 clips of cat classified correctly, the least confident first"),
        (("dog", ALL), "e", "1 clip of dog misclassified"),
        ((ALL, "dog"), "dcf", "3 clips misclassified as dog"),
        (("owl", "cat"), "", "0 clips of owl misclassified as cat"),
    ],
)
def test_the_clips_of_a_cell(cell: tuple[str, str], clips: str, said: str) -> None:
    rows = errors.of_cell(TABLE, cell)
    assert "".join(rows["clip_id"]) == clips
    assert errors.heading(cell, len(rows)) == said


def test_one_error_and_none() -> None:
    assert errors.heading((ALL, ALL), 1) == "The one error"
    assert errors.heading((ALL, ALL), 0).startswith("0 errors")
