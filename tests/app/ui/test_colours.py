"""Values become codes: every category its own, missing the highest, numbers between two percentiles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.ui.colours import MOST_CATEGORIES, STEPS, categories, groups, scale


@given(some.lists(some.one_of(some.none(), some.text(max_size=3)), max_size=40))
def test_a_category_can_be_read_back_from_its_code(values: list[str | None]) -> None:
    found = categories(pd.Series(values, dtype=object), "label")
    assert found.codes.dtype == np.uint8
    assert list(found.names) == sorted({value for value in values if value is not None})
    read = [None if code == 255 else found.names[code] for code in found.codes]
    assert read == values


@pytest.mark.parametrize(
    ("kinds", "dtype", "missing"),
    [(1, np.uint8, 255), (MOST_CATEGORIES, np.uint8, 255), (MOST_CATEGORIES + 1, np.uint16, 65_535)],
)
def test_many_categories_take_two_bytes(kinds: int, dtype: type, missing: int) -> None:
    found = categories(pd.Series([*(f"{at:04d}" for at in range(kinds)), None]), "speaker")
    assert found.codes.dtype == dtype
    assert found.codes.tolist() == [*range(kinds), missing]
    assert len(found.names) == kinds


def test_more_categories_than_two_bytes_hold_have_no_colour_left() -> None:
    found = categories(pd.Series(np.arange(70_000)), "speaker")
    assert found.codes.dtype == np.uint16
    assert len(found.names) == 65_535
    assert (found.codes[65_535:] == 65_535).all()


def test_numbers_are_sorted_as_numbers_and_read_as_such() -> None:
    found = categories(pd.Series([10, 9, 100]), "fold")
    assert found.names == ("9", "10", "100")
    assert found.codes.tolist() == [1, 0, 2]
    assert categories(pd.Series([1.0, None, 2.5]), "take").names == ("1", "2.5")


def test_noise_is_no_cluster() -> None:
    found = groups(np.array([2, -1, 0, 2], dtype=np.int32), "Cluster")
    assert found.names == ("cluster 0", "cluster 2")
    assert found.codes.tolist() == [1, 255, 0, 1]
    assert found.missing == "noise"


def test_nothing_but_noise() -> None:
    found = groups(np.full(3, -1, dtype=np.int32), "Cluster")
    assert found.names == ()
    assert found.codes.tolist() == [255] * 3


def test_a_scale_goes_from_the_first_to_the_last_percentile() -> None:
    values = pd.Series(np.arange(1_001, dtype=float))
    values[1_000] = 1e9  # one far value leaves the rest its colours
    found = scale(values, "Level", "dBFS")
    assert (found.low, found.high) == (10, 990)
    assert (found.title, found.unit, found.names) == ("Level", "dBFS", ())
    assert found.codes[[0, 10, 500, 990, 1_000]].tolist() == [0, 0, STEPS // 2, STEPS, STEPS]
    assert (np.diff(found.codes.astype(int)) >= 0).all()


@given(some.lists(some.floats(width=32), min_size=1, max_size=30))
def test_any_numbers_have_a_colour_and_what_is_none_has_the_highest_code(values: list[float]) -> None:
    found = scale(pd.Series(values, dtype=float), "column", "")
    finite = np.isfinite(values)
    assert ((found.codes == 255) == ~finite).all()
    assert np.isfinite([found.low, found.high]).all()
    assert found.low <= found.high


@pytest.mark.parametrize("dtype", ["float64", "Float64", "object"])
def test_all_missing(dtype: str) -> None:
    found = scale(pd.Series([None] * 3, dtype=dtype), "bandwidth", "Hz")
    assert found.codes.tolist() == [255] * 3
    assert categories(pd.Series([None] * 3, dtype=dtype), "fold").codes.tolist() == [255] * 3


def test_a_column_that_never_changes() -> None:
    found = scale(pd.Series([0.25] * 4), "flatness", "")
    assert found.codes.tolist() == [0] * 4


def test_no_clips() -> None:
    assert len(scale(pd.Series([], dtype=float), "level", "dB").codes) == 0
    assert len(categories(pd.Series([], dtype=object), "label").codes) == 0
