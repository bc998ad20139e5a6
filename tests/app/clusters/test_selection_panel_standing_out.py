"""What sets chosen clips apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clusters import selection_panel


def test_the_column_that_differs_comes_first_with_its_size() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(400, 6)).astype(np.float32)
    chosen = np.arange(400) < 100
    values[chosen, 4] -= 3
    table = selection_panel.by_column(values, list("abcdef"), chosen)
    assert table["column"].iloc[0] == "e"
    assert table["difference"].iloc[0] == pytest.approx(-3, abs=0.4)
    assert len(table) == 6


@given(st.integers(0, 2**10 - 1))
def test_swapping_the_sides_swaps_the_sign(bits: int) -> None:
    chosen = np.array([bits >> place & 1 for place in range(10)], dtype=bool)
    values = np.random.default_rng(1).normal(size=(10, 4)).astype(np.float32)
    here = selection_panel.by_column(values, list("abcd"), chosen).set_index("column")["difference"]
    there = selection_panel.by_column(values, list("abcd"), ~chosen).set_index("column")["difference"]
    if chosen.any() and not chosen.all():
        assert here.sort_index().to_numpy() == pytest.approx(-there.sort_index().to_numpy())
    else:
        assert here.empty and there.empty


def test_labels_are_counted_with_their_share() -> None:
    labels = pd.Series(["dog", "dog", "rain", None])
    table = selection_panel.by_label(labels, np.array([True, False, True, True])).set_index("label")
    assert table.loc["dog"].tolist() == [1, 2, 0.5]
    assert table.loc["no label"].tolist() == [1, 1, 1.0]
