"""A method's settings as widgets, within what a collection allows."""

from __future__ import annotations

import math
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pipeline.clusterings import CLUSTERERS
from pipeline.projections import METHODS
from pipeline.projections.projection import Setting

EVERY = [*CLUSTERERS.items(), *METHODS.items()]


def _page() -> None:
    import streamlit as st

    from app.clusters import tuning

    st.session_state["chosen"] = tuning.parameter_widgets(
        st.session_state["settings"], st.session_state["most"], key="try"
    )


def _draw(*settings: Setting, **most: float) -> Any:
    at = AppTest.from_function(_page)
    at.session_state["settings"], at.session_state["most"] = settings, most
    at.run()
    assert not at.exception
    return at


@pytest.mark.parametrize("one", [one for _, one in EVERY], ids=[name for name, _ in EVERY])
def test_each_method_begins_with_its_defaults(one: Any) -> None:
    chosen = _draw(*one.settings).session_state["chosen"]
    assert set(chosen) == {setting.name for setting in one.settings}
    for setting in one.settings:
        assert chosen[setting.name] == pytest.approx(setting.default)
        assert isinstance(chosen[setting.name], type(setting.default)), "an algorithm takes no 3.0 for 3"


@pytest.mark.parametrize("most", [1, 2, 3, 7])
@pytest.mark.parametrize("one", [one for _, one in EVERY], ids=[name for name, _ in EVERY])
def test_a_small_collection_lowers_the_upper_ends(one: Any, most: int) -> None:
    numbers = [setting for setting in one.settings if not setting.choices]
    at = _draw(*one.settings, **{setting.name: most for setting in numbers})
    for setting in numbers:
        low = setting.low if setting.low is not None else 0
        assert low <= at.session_state["chosen"][setting.name] <= max(low, most)


def test_no_choice_is_said_and_has_the_type_of_its_step() -> None:
    at = _draw(Setting("k", "Clusters", 2, 200, 1, 10), k=1)
    assert at.session_state["chosen"] == {"k": 2}
    assert "Clusters: 2" in at.caption[0].value and not at.slider


def test_numbers_move_in_their_steps_and_words_are_chosen() -> None:
    at = _draw(
        Setting("k", "Clusters", 2, 200, 1, 10),
        Setting("eps", "Radius", 0.5, 2.0, 0.05, 1.0),
        Setting("linkage", "Linkage", None, None, None, "ward", choices=("ward", "average")),
    )
    at.slider[0].set_value(7)
    at.slider[1].set_value(1.25)
    at.selectbox[0].set_value("average")
    at.run()
    chosen = at.session_state["chosen"]
    assert chosen == {"k": 7, "eps": 1.25, "linkage": "average"}
    assert type(chosen["k"]) is int and math.isclose(chosen["eps"], 1.25)
