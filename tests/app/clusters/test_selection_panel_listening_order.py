"""Listening begins with the most typical clip and goes outwards."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from app.clusters import selection_panel
from app.clusters.selection_panel import listening_order

VALUES = st.tuples(st.integers(1, 40), st.integers(1, 5)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=st.floats(-1_000, 1_000, width=32))
)


@given(VALUES)
def test_every_clip_is_heard_once_and_each_is_farther_than_the_last(values: NDArray[np.float32]) -> None:
    found = listening_order(values)
    assert sorted(found.indices) == list(range(len(values)))
    assert found.distances[0] == 0
    assert (np.diff(found.distances) >= 0).all()
    medoid = values[found.indices[0]].astype(float)
    assert found.distances == pytest.approx(
        np.linalg.norm(values[found.indices] - medoid, axis=1), rel=1e-5, abs=1e-5
    )


@given(VALUES)
def test_the_first_has_the_least_summed_distance(values: NDArray[np.float32]) -> None:
    found = listening_order(values)
    sums = cdist(values.astype(float), values.astype(float)).sum(axis=1)
    assert found.exact and "medoid" in found.summary
    assert sums[found.indices[0]] == pytest.approx(sums.min(), rel=1e-5, abs=1e-2)


def test_a_star_far_from_the_origin_is_heard_from_its_centre() -> None:
    # The five points differ in the last of their digits only.
    star = np.array([[0, 3], [2, 0], [0, 0], [-1, 0], [0, -4]], dtype=np.float32) + 20_000
    found = listening_order(star)
    assert found.indices.tolist() == [2, 3, 1, 0, 4]
    assert found.distances.tolist() == [0, 1, 2, 3, 4]


def test_twins_of_the_medoid_come_right_after_it_in_their_own_order() -> None:
    values = np.array([[5], [1], [1], [1]], dtype=np.float32)
    assert listening_order(values).indices.tolist() == [1, 2, 3, 0]


def test_among_many_the_one_nearest_the_mean_comes_first_and_that_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(selection_panel, "MOST_EXACT", 3)
    found = listening_order(np.array([[0], [1], [2], [13]], dtype=np.float32))  # mean 4, medoid 1
    assert found.indices[0] == 2
    assert not found.exact and "nearest the mean" in found.summary


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(3).normal(size=(50, 4)).astype(np.float32)
    whole = listening_order(values)
    monkeypatch.setattr(selection_panel, "BLOCK", 7)
    assert np.array_equal(listening_order(values).indices, whole.indices)


def test_nothing_to_hear() -> None:
    assert len(listening_order(np.empty((0, 3), dtype=np.float32)).indices) == 0
