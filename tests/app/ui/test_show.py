"""Every entry of the registries has a name for people."""

from __future__ import annotations

from app.ui.show import CLUSTERING_TITLES, SPACES
from pipeline.clusterings import CLUSTERERS, spaces


def test_every_method_and_space_has_a_name() -> None:
    assert set(SPACES) == set(spaces.SPACES)
    assert CLUSTERING_TITLES["method"] == {name: one.title for name, one in CLUSTERERS.items()}
    assert all(title for titles in CLUSTERING_TITLES.values() for title in titles.values())
