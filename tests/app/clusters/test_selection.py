"""Picked clips: through the URL and back, and a sentence where a link means other clips than there are."""

from __future__ import annotations

import numpy as np
import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some

from app.clusters import selection

IDS = [f"set/{number:04d}.wav" for number in range(40)]


@pytest.fixture(autouse=True)
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A session at its first page; what it is warned of."""
    told: list[str] = []
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "query_params", {})
    monkeypatch.setattr(st, "warning", lambda text, **_: told.append(text))
    return told


def _of(*places: int, n: int = len(IDS)) -> np.ndarray:
    return np.isin(np.arange(n), places)


def _opened_elsewhere() -> None:
    st.session_state.clear()


def test_nothing_is_picked_at_first() -> None:
    assert selection.mask("set", IDS) is None
    assert not selection.is_linked()


@given(some.lists(some.booleans(), min_size=1, max_size=200))
def test_the_link_leads_to_the_same_clips(chosen: list[bool]) -> None:
    ids = [f"{at}.wav" for at in range(len(chosen))]
    st.session_state.clear()
    st.query_params.clear()
    selection.put("set", ids, np.array(chosen))
    _opened_elsewhere()
    found = selection.mask("set", ids)
    assert (found is None) == (not any(chosen)) == (not selection.is_linked())
    if found is not None:
        assert found.tolist() == chosen


def test_the_same_clips_in_another_order_are_the_same_clips() -> None:
    selection.put("set", IDS, _of(3, 5))
    found = selection.mask("set", IDS[::-1])
    assert found is not None
    assert np.flatnonzero(found).tolist() == [len(IDS) - 6, len(IDS) - 4]


@pytest.mark.parametrize("chosen", [None, _of()])
def test_all_are_let_go(chosen: np.ndarray | None) -> None:
    selection.put("set", IDS, _of(1))
    selection.put("set", IDS, chosen)
    assert selection.mask("set", IDS) is None
    assert st.query_params == {}


def test_a_link_to_other_clips_says_so(said: list[str]) -> None:
    selection.put("set", IDS, _of(1))
    _opened_elsewhere()
    assert selection.mask("set", [*IDS[1:], "set/new.wav"]) is None
    (told,) = said
    assert "another state of the collection" in told
    assert st.query_params == {}
    assert selection.mask("set", IDS) is None  # and is said once
    assert len(said) == 1


@pytest.mark.parametrize(
    "damage", ["", "x", "abc.def", ".", "{stamp}.", "{stamp}.eJw", "{stamp}.ü", "{stamp}"]
)
def test_a_damaged_link_says_so(said: list[str], damage: str) -> None:
    st.query_params[selection.PARAMETER] = damage.format(stamp=selection._stamp(IDS))
    assert selection.mask("set", IDS) is None
    assert len(said) == (1 if damage else 0)
    assert all(told.endswith("Nothing is picked now.") and told[0].isupper() for told in said)


def test_too_many_for_a_link_are_picked_all_the_same() -> None:
    n = 100_000
    ids = [str(one) for one in range(n)]
    chosen = np.random.default_rng(2).random(n) < 0.5
    selection.put("set", ids, _of(5, n=n))
    assert selection.is_linked()
    selection.put("set", ids, chosen)
    assert not selection.is_linked()
    np.testing.assert_array_equal(selection.mask("set", ids), chosen)


def test_another_collection_has_no_part_in_it() -> None:
    selection.put("set", IDS, _of(1))
    other = [one.replace("set", "other") for one in IDS]
    assert selection.mask("other", other) is None
    assert not selection.is_linked()


def test_the_browsers_back_leads_to_what_was_picked_before(said: list[str]) -> None:
    assert selection.mask("set", IDS) is None
    history = [dict(st.query_params)]
    for place in (3, 7):
        selection.put("set", IDS, _of(place))
        history.append(dict(st.query_params))
    for address, place in [(history[1], 3), (history[2], 7), (history[0], None)]:
        st.query_params.clear()
        st.query_params.update(address)
        found = selection.mask("set", IDS)
        assert (None if found is None else np.flatnonzero(found).tolist()) == (
            None if place is None else [place]
        )
    assert said == []


def test_who_comes_back_from_another_page_finds_them_and_their_link() -> None:
    selection.put("set", IDS, _of(3))
    link = dict(st.query_params)
    st.query_params.clear()
    selection.come_back()
    assert st.query_params == link
    assert selection.mask("set", IDS) is not None
