"""The picture of the condensed tree, and the clips of a branch that is chosen or clicked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from app.clusters import condensed_tree
from app.clusters.condensed_tree import branches

# Seven clips: the root loses clip 6 and parts into 8 (clips 0, 1, 2) and 9 (clips 3, 4, 5).
TREE = pd.DataFrame(
    [
        (7, 6, 0.2, 1, False),
        (7, 8, 0.5, 3, True),
        (7, 9, 0.5, 3, True),
        *((8, one, 1.0 + one, 1, False) for one in (0, 1, 2)),
        *((9, one, 1.0, 1, False) for one in (3, 4, 5)),
    ],
    columns=["parent", "child", "lambda_val", "size", "selected"],
)


def test_each_cluster_is_a_trace_of_its_own_and_the_rest_is_grey() -> None:
    figure = condensed_tree.figure(branches(TREE), "Tree")
    assert [one.name for one in figure.data] == ["cluster 0", "cluster 1", "no cluster"]
    assert [one.marker.color for one in figure.data] == [None, None, condensed_tree.OTHERS]
    assert figure.layout.yaxis.autorange == "reversed"


def test_the_bars_are_as_wide_as_the_clips_that_are_left() -> None:
    first, second, rest = condensed_tree.figure(branches(TREE), "Tree").data
    assert rest.width.tolist() == [7, 6] and rest.base.tolist() == pytest.approx([0, 0.2])
    assert first.width.tolist() == [3, 2, 1] and (first.base + first.y).tolist() == [1, 2, 3]
    assert second.width.tolist() == [3]
    assert first.x[0] + 1.5 == second.x[0] - 1.5, "side by side"
    assert [one[2] for one in first.customdata] == [3, 2, 1]


def test_the_chosen_branch_is_framed() -> None:
    found = branches(TREE)
    assert not condensed_tree.figure(found, "Tree").layout.shapes
    (shape,) = condensed_tree.figure(found, "Tree", 9).layout.shapes
    assert (shape.x1 - shape.x0, shape.y0, shape.y1) == (3, 0.5, 1)


def _page() -> None:
    import streamlit as st

    from app.clusters import condensed_tree

    found = condensed_tree.draw(st.session_state["tree"], key="t")
    st.text("none" if found is None else str(found.astype(int).tolist()))


def test_the_box_chooses_without_a_mouse() -> None:
    page = AppTest.from_function(_page)
    page.session_state["tree"] = TREE
    page.run()
    assert page.text[0].value == "none"
    page.selectbox(key="t_branch").select(9).run()
    assert page.text[0].value == "[0, 0, 0, 1, 1, 1, 0]"
    page.session_state["tree"] = TREE[TREE["parent"] == 8].assign(parent=3)
    page.run()
    assert page.text[0].value == "none", "a branch of another tree"
    assert not page.exception


def test_a_clustering_without_a_tree_is_a_word() -> None:
    page = AppTest.from_function(_page)
    page.session_state["tree"] = TREE.iloc[:0]
    page.run()
    assert page.text[0].value == "none" and "HDBSCAN" in page.info[0].value


def test_a_click_chooses_its_branch_and_a_second_one_lets_it_go(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, Any] = {}
    picks: list[object] = []
    session: dict[str, Any] = {}
    monkeypatch.setattr(streamlit, "session_state", session)
    monkeypatch.setattr(streamlit, "plotly_chart", lambda figure, **more: told.update(more, figure=figure))
    for name in ("selectbox", "caption"):
        monkeypatch.setattr(streamlit, name, lambda *_, **__: None)
    session["t_branch"] = -1  # as the box would have it

    def draw() -> condensed_tree.Mask:
        return condensed_tree.draw(TREE, key="t", on_pick=picks.append)

    assert draw() is None
    bar = told["figure"].data[0].customdata[2]
    session["t_chart"] = {"selection": {"points": [{"customdata": bar}]}}
    told["on_select"]()
    found = draw()
    assert found is not None and np.flatnonzero(found).tolist() == [0, 1, 2]
    assert np.array_equal(picks[0], found)
    told["on_select"]()
    assert draw() is None and picks[1] is None
