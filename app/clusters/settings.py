"""The parameters of a method as widgets, from what the method itself says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from pipeline.projections.projection import Setting

COLUMNS = 3


def draw(settings: Sequence[Setting], most: Mapping[str, float], *, key: str) -> dict[str, object]:
    """A slider or box for each setting; the chosen values by name.

    Parameters
    ----------
    settings : sequence of Setting
    most : mapping of str to float
        Upper ends that the collection sets, e.g. no more clusters than clips.
    key : str
        Put before each widget's key.
    """
    places = st.columns(COLUMNS)
    chosen: dict[str, object] = {}
    for number, one in enumerate(settings):
        with places[number % COLUMNS]:
            chosen[one.name] = _widget(one, most.get(one.name), f"{key}_{one.name}")
    return chosen


def _widget(one: Setting, most: float | None, key: str) -> object:
    if one.choices:
        at = one.choices.index(str(one.default)) if one.default in one.choices else 0
        return st.selectbox(one.title, one.choices, index=at, help=one.help or None, key=key)
    whole = isinstance(one.step, int)
    low = float(one.low if one.low is not None else 0)
    start = float(one.default) if isinstance(one.default, int | float) else low
    high = float(one.high if one.high is not None else 10 * max(low, start, 1.0))
    high = high if most is None else max(low, min(high, float(most)))
    if low >= high:
        st.caption(f"{one.title}: {low:g} (these clips leave no choice)")
        return int(low) if whole else low
    start, about = min(max(start, low), high), one.help or None
    if whole:
        return st.slider(
            one.title, int(low), int(high), int(start), step=int(one.step or 1), help=about, key=key
        )
    return st.slider(one.title, low, high, start, step=float(one.step or 0.01), help=about, key=key)
