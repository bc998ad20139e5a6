"""The figures over whole collections: what they count, and what they make of odd input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.ui import charts

# Every number a fact or a feature can be: hertz, decibels, shares, and NaN where nothing was measured.
NUMBERS = st.floats(-1e7, 1e7) | st.just(float("nan"))
CLASSES = st.sampled_from(["rain", "frog", "10", None])
SIDES = st.sampled_from([1, 2, None])


def _frame(values: list[float], classes: list[str]) -> pd.DataFrame:
    ids = [f"set/{number}.wav" for number in range(len(values))]
    return pd.DataFrame({"clip_id": ids, "label": classes, "value": values})


@given(st.lists(NUMBERS, max_size=300))
def test_a_histogram_loses_no_clip(values: list[float]) -> None:
    table = charts.histogram_table(pd.Series(values, dtype=float))
    known = [value for value in values if not np.isnan(value)]
    assert table["clips"].sum() == len(known)
    assert 1 <= len(table) <= charts.MOST_BARS
    assert (table["from"] < table["to"]).all()
    assert table["from"][1:].tolist() == table["to"][:-1].tolist()  # no gap between two bars


@given(st.floats(-1e7, 1e7), st.lists(st.integers(-4, 4), min_size=2, max_size=50))
def test_values_apart_by_rounding_only_are_one_bar(value: float, steps: list[int]) -> None:
    values = value + np.array(steps) * np.spacing(value)
    table = charts.histogram_table(pd.Series(values))
    assert table["clips"].max() == len(values)


def test_a_histogram_tells_its_count_and_its_unit() -> None:
    figure = charts.histogram(pd.Series([1.0, 2.0, np.nan, 4.0]), "Duration", "s")
    assert figure.layout.title.text == "Duration (n = 3)"
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("Duration (s)", "clips")
    assert sum(figure.data[0].y) == 3


@given(st.lists(st.tuples(CLASSES, SIDES), max_size=60))
def test_balance_counts_every_clip_once(rows: list[tuple[str | None, int | None]]) -> None:
    clips = pd.DataFrame(rows, columns=["label", "fold"]).astype({"fold": "Int32"})
    alone = charts.balance_table(clips, "label", None)
    split = charts.balance_table(clips, "label", "fold")
    told = clips["label"].fillna("unknown").tolist()
    assert dict(zip(alone["label"], alone["clips"], strict=True)) == {one: told.count(one) for one in told}
    assert split.groupby("label")["clips"].sum().to_dict() == alone.set_index("label")["clips"].to_dict()


def test_balance_by_the_same_facet_twice_is_the_plain_one() -> None:
    clips = pd.DataFrame({"label": ["a", "a", "b"]})
    assert charts.balance_table(clips, "label", "label").equals(charts.balance_table(clips, "label", None))


def test_the_largest_class_stands_on_top() -> None:
    clips = pd.DataFrame({"label": list("abbccc"), "fold": [1, 1, 2, 1, 2, 3]})
    figure = charts.class_balance(clips, "label", "fold", "Clips by label")
    # A category axis begins at the bottom.
    assert figure.layout.yaxis.categoryarray == ("a", "b", "c")
    assert {bar.name for bar in figure.data} == {"1", "2", "3"}
    # A fold is a name, not an amount: numbers would give a colour bar.
    assert figure.layout.coloraxis.colorbar.title.text is None


@pytest.mark.parametrize("kind", ["violin", "box"])
def test_a_distribution_is_ordered_by_median(kind: str) -> None:
    # By mean, by name and by appearance the order would be another one.
    frame = _frame([9, 10, 11, 1, 2, 900, 5, 5, 5], list("aaacccbbb"))
    figure = charts.distribution(frame, "value", "label", kind, "Value by label", "value (Hz)")
    assert figure.layout.yaxis.categoryarray == ("c", "b", "a")
    assert figure.layout.xaxis.title.text == "value (Hz)"
    assert {trace.type for trace in figure.data} == {kind}


@pytest.mark.parametrize("kind", ["violin", "box"])
@pytest.mark.parametrize("values", [[], [1.0], [2.0, 2.0]])
def test_a_distribution_of_next_to_nothing(kind: str, values: list[float]) -> None:
    frame = _frame(values, ["rain"] * len(values))
    figure = charts.distribution(frame, "value", "label", kind, "Value", "value")
    assert sum(len(trace.x) for trace in figure.data) == len(values)


def test_more_points_than_a_browser_draws_become_a_fixed_sample() -> None:
    many = charts.MOST_POINTS + 1
    values = np.random.default_rng(1).normal(size=many).tolist()
    frame = _frame(values, ["rain", "frog", "wind"] * (many // 3))
    drawn = []
    for _ in range(2):
        figures = [
            charts.distribution(frame, "value", "label", "box", "t", "u"),
            charts.against(frame, "value", "value", "label", "t"),
        ]
        drawn.append([[value for trace in figure.data for value in trace.x] for figure in figures])
    assert [len(points) for points in drawn[0]] == [charts.MOST_POINTS] * 2
    assert drawn[0] == drawn[1]  # the same points after each click
    assert set(drawn[0][0]) <= set(values)


def test_two_columns_against_each_other_tell_classes_by_more_than_colour() -> None:
    frame = _frame([1.0, 2.0, 3.0], ["rain", "frog", "rain"])
    figure = charts.against(frame, "value", "value", "label", "Value against value")
    assert {trace.name for trace in figure.data} == {"rain", "frog"}
    assert len({trace.marker.symbol for trace in figure.data}) == 2
    ids = [row[0] for trace in figure.data for row in trace.customdata]
    assert sorted(ids) == frame["clip_id"].tolist()


@given(
    st.lists(
        st.lists(st.floats(-1e6, 1e6, width=32), min_size=3, max_size=3),
        max_size=40,
    ).map(lambda rows: np.array(rows, dtype=np.float32).reshape(-1, 3))
)
def test_correlation_is_symmetric_and_within_one(values: NDArray[np.float32]) -> None:
    table = charts.correlation_table(values, ["a", "b", "c"]).to_numpy()
    assert np.array_equal(table, table.T, equal_nan=True)
    known = table[~np.isnan(table)]
    assert (np.abs(known) <= 1 + 1e-6).all()


def test_a_constant_column_correlates_with_nothing() -> None:
    rising = np.arange(5, dtype=np.float32)
    values = np.stack([rising, -rising, np.full(5, 3, dtype=np.float32)], axis=1)
    table = charts.correlation_table(values, ["up", "down", "same"])
    assert table.loc["up", "down"] == pytest.approx(-1)
    assert table["same"].isna().all()
    heat = charts.correlation(table, "Correlation").data[0]
    assert (heat.zmin, heat.zmax) == (-1, 1)  # the colours mean the same in every map


def test_a_clip_without_pitch_leaves_the_others_correlated() -> None:
    values = np.array([[1, 2], [2, 4], [np.nan, 5], [4, 8]], dtype=np.float32)
    assert charts.correlation_table(values, ["a", "b"]).loc["a", "b"] == pytest.approx(1)
