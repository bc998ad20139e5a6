"""The label-by-cluster table: what it counts, what is drawn of it, and whose clips a cell gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
import streamlit
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from app.clusters import crosstab
from app.ui import heatmap
from app.ui.heatmap import ALL

ROWS = st.lists(
    st.tuples(st.sampled_from(["rain", "frog", "10", "2", "all", None]), st.integers(-1, 12)),
    min_size=1,
    max_size=80,
)
LABELS = pd.Series(["rain", "rain", "rain", "frog", None])
CLUSTERS = pd.Series([0, 0, -1, 10, 2])


def _split(rows: list[tuple[str | None, int]]) -> tuple[pd.Series, pd.Series]:
    labels, clusters = zip(*rows, strict=True)
    return pd.Series(labels, dtype=object), pd.Series(clusters)


@given(ROWS)
def test_each_cell_counts_the_clips_that_it_gives(rows: list[tuple[str | None, int]]) -> None:
    labels, clusters = _split(rows)
    counts = crosstab.table(labels, clusters)
    assert counts.to_numpy().sum() == len(rows)
    for label in counts.index:
        for cluster in counts.columns:
            found = crosstab.members(labels, clusters, (label, cluster))
            assert found is not None and found.sum() == counts.loc[label, cluster]


@given(ROWS)
def test_a_whole_row_or_column_is_the_sum_of_its_cells(rows: list[tuple[str | None, int]]) -> None:
    labels, clusters = _split(rows)
    counts = crosstab.table(labels, clusters)
    for label, clips in counts.sum(axis=1).items():
        assert crosstab.members(labels, clusters, (str(label), ALL)).sum() == clips
    for cluster, clips in counts.sum().items():
        assert crosstab.members(labels, clusters, (ALL, str(cluster))).sum() == clips


def test_clusters_stand_in_the_order_of_their_numbers_and_noise_last() -> None:
    counts = crosstab.table(LABELS, CLUSTERS)
    assert counts.columns.tolist() == ["0", "2", "10", "noise"]
    assert counts.index.tolist() == ["frog", "no label", "rain"]
    assert counts.loc["rain"].tolist() == [2, 0, 0, 1]


def test_nothing_chosen_is_no_clips_and_not_all() -> None:
    assert crosstab.members(LABELS, CLUSTERS, (ALL, ALL)) is None


@given(ROWS)
def test_the_picture_has_a_cell_for_each_count_and_none_for_nothing(
    rows: list[tuple[str | None, int]],
) -> None:
    counts = crosstab.table(*_split(rows))
    cells = heatmap.figure(counts, "t").data[0]
    assert sum(cells.text) == len(rows) and min(cells.text) > 0
    for cell, base, row, clips, share in zip(
        cells.customdata, cells.base, cells.y, cells.text, cells.marker.color, strict=True
    ):
        assert counts.loc[cell[0], cell[1]] == clips
        assert (counts.index[row], counts.columns[int(base + 0.5)]) == (cell[0], cell[1])
        assert share == pytest.approx(clips / counts.loc[cell[0]].sum())


def test_labels_of_one_cluster_stand_together() -> None:
    counts = pd.DataFrame([[1, 9], [9, 1], [2, 8], [5, 0]], index=list("abcd"), columns=["0", "1"])
    assert heatmap.drawn(counts).index.tolist() == ["d", "b", "a", "c"]


def test_of_too_many_labels_the_largest_are_drawn() -> None:
    many = heatmap.MOST_ROWS + 5
    counts = pd.DataFrame(
        np.arange(1, many + 1)[:, None], index=[f"l{one}" for one in range(many)], columns=["0"]
    )
    shown = heatmap.drawn(counts)
    assert len(shown) == heatmap.MOST_ROWS
    assert "l4" not in shown.index and "l5" in shown.index


@pytest.mark.parametrize(
    ("chosen", "frame"),
    [
        (("rain", "0"), (-0.5, 0.5, 1.5, 2.5)),
        (("rain", ALL), (-0.5, 3.5, 1.5, 2.5)),
        ((ALL, "noise"), (2.5, 3.5, -0.5, 2.5)),
    ],
)
def test_what_is_chosen_is_framed(chosen: tuple[str, str], frame: tuple[float, ...]) -> None:
    shape = heatmap.figure(crosstab.table(LABELS, CLUSTERS), "t", chosen).layout.shapes[0]
    assert (shape.x0, shape.x1, shape.y0, shape.y1) == frame


@pytest.mark.parametrize("chosen", [(ALL, ALL), ("snow", "0"), ("rain", "77")])
def test_nothing_is_framed_where_nothing_drawn_is_chosen(chosen: tuple[str, str]) -> None:
    shape = heatmap.figure(crosstab.table(LABELS, CLUSTERS), "t", chosen).layout.shapes[0]
    assert not shape.visible


def _page() -> None:
    import pandas as pd
    import streamlit as st

    from app.clusters import crosstab

    labels = pd.Series(["rain", "rain", "rain", "frog", None])
    clusters = pd.Series(st.session_state.get("clusters", [0, 0, -1, 10, 2]))

    def pick(mask: object) -> None:
        st.session_state["picks"] = [*st.session_state.get("picks", []), mask]

    found = crosstab.draw(labels, clusters, key="c", on_pick=pick)
    st.text("none" if found is None else str(found.astype(int).tolist()))


def test_the_boxes_choose_without_a_mouse() -> None:
    page = AppTest.from_function(_page).run()
    assert page.text[0].value == "none"
    page.selectbox(key="c_label").select("rain").run()
    assert page.text[0].value == "[1, 1, 1, 0, 0]"
    page.selectbox(key="c_cluster").select("noise").run()
    assert page.text[0].value == "[0, 0, 1, 0, 0]"
    assert [one.tolist() for one in page.session_state["picks"]][1] == [False, False, True, False, False]
    assert not page.exception


def test_a_cluster_that_another_clustering_has_not_is_let_go() -> None:
    page = AppTest.from_function(_page).run()
    page.selectbox(key="c_cluster").select("10").run()
    page.session_state["clusters"] = [0, 0, 0, 1, 1]
    page.run()
    assert page.text[0].value == "none"
    assert not page.exception


def test_a_click_chooses_its_cell_and_a_second_one_lets_it_go(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, Any] = {}
    picks: list[object] = []
    session: dict[str, Any] = {}
    monkeypatch.setattr(streamlit, "session_state", session)
    monkeypatch.setattr(streamlit, "plotly_chart", lambda figure, **more: told.update(more, figure=figure))
    for name in ("selectbox", "dataframe", "caption"):
        monkeypatch.setattr(streamlit, name, lambda *_, **__: None)
    monkeypatch.setattr(heatmap.show, "download", lambda *_: None)

    def draw() -> crosstab.Mask:
        return crosstab.draw(LABELS, CLUSTERS, key="c", on_pick=picks.append)

    assert draw() is None
    cells: go.Bar = told["figure"].data[0]
    number = [one[:2] for one in cells.customdata].index(["frog", "10"])
    session[told["key"]] = {"selection": {"points": [{"point_index": number}]}}
    told["on_select"]()
    found = draw()
    assert found is not None and found.tolist() == [False, False, False, True, False]
    assert np.array_equal(picks[0], found)
    session[told["key"]] = {"selection": {"points": [{"point_index": number}]}}
    told["on_select"]()
    assert draw() is None and picks[1] is None
    session[told["key"]] = {"selection": {"points": []}}
    told["on_select"]()
    assert len(picks) == 2, "a click beside all cells is no choice"
