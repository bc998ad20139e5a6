"""Every clusterer, projection and space has a name for people, and no two share a short one."""

from __future__ import annotations

from app.registries import METHODS_AND_SPACES, SPACES
from pipeline.clusterings import CLUSTERERS, spaces
from pipeline.projections import METHODS


def test_whatever_the_store_may_hold_has_a_name() -> None:
    assert set(SPACES) == set(spaces.SPACES)
    assert set(METHODS_AND_SPACES) == {*CLUSTERERS, *METHODS, *SPACES}
    assert all(METHODS_AND_SPACES.values())


def test_a_clusterer_is_called_what_it_calls_itself() -> None:
    for name, one in CLUSTERERS.items():
        assert METHODS_AND_SPACES[name] == one.title
