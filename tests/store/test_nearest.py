"""The nearest are those that NumPy finds, in the same order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from store.errors import StoreError
from store.nearest import METRICS, Index

NUMBERS = st.floats(-100, 100, width=32)


def distances(values, vector, metric):
    values, vector = values.astype(np.float64), vector.astype(np.float64)
    if metric == "euclidean":
        return np.linalg.norm(values - vector, axis=1)
    return 1 - values @ vector / np.linalg.norm(values, axis=1) / np.linalg.norm(vector)


def ids(n: int) -> np.ndarray:
    return np.array([f"clip {number}" for number in range(n)], dtype=object)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), metric=st.sampled_from(sorted(METRICS)))
def test_as_numpy_finds_them(data, metric) -> None:
    n, d = data.draw(st.integers(1, 30)), data.draw(st.integers(1, 8))
    # In whole numbers, so that what is equally far is so in every arithmetic; none is all zeros.
    values = data.draw(hnp.arrays(np.int32, (n, d), elements=st.integers(-9, 9))).astype(np.float32)
    vector = data.draw(hnp.arrays(np.int32, d, elements=st.integers(-9, 9))).astype(np.float32)
    values[:, 0], vector[0] = np.abs(values[:, 0]) + 1, abs(vector[0]) + 1
    k = data.draw(st.integers(1, 35))
    index = Index.build(ids(n), values)
    found = index.nearest(vector, k, metric)
    index.close()
    right = distances(values, vector, metric)
    assert len(found) == min(k, n) and found["clip_id"].is_unique
    # float32 rounds a cosine near 1 to some 1e-7
    np.testing.assert_allclose(found["distance"], np.sort(right)[:k], rtol=1e-5, atol=1e-6)
    rows = [int(clip_id.split()[1]) for clip_id in found["clip_id"]]
    np.testing.assert_allclose(found["distance"], right[rows], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("metric", METRICS)
def test_the_clip_itself_is_the_nearest_unless_excluded(metric) -> None:
    values = np.random.default_rng(0).standard_normal((500, 40)).astype(np.float32)
    index = Index.build(ids(500), values)
    found = index.nearest(values[7], 10, metric)
    assert found["clip_id"][0] == "clip 7" and found["distance"][0] == pytest.approx(0, abs=1e-6)
    others = index.nearest(values[7], 9, metric, exclude=["clip 7", "clip of another collection"])
    assert others.equals(found[1:].reset_index(drop=True))
    assert list(others["clip_id"]) == [
        f"clip {n}" for n in np.argsort(distances(values, values[7], metric))[1:10]
    ]


def test_of_equally_near_ones_the_earlier_comes_first() -> None:
    index = Index.build(ids(6), np.ones((6, 3), np.float32))
    assert list(index.nearest(np.zeros(3), 4)["clip_id"]) == [f"clip {n}" for n in range(4)]


def test_a_clip_without_direction_comes_last_by_cosine() -> None:
    index = Index.build(ids(3), np.array([[0, 0], [-1, 0], [1, 0]], np.float32))
    found = index.nearest([2, 0], 3, "cosine")
    assert list(found["clip_id"]) == ["clip 2", "clip 1", "clip 0"]
    assert list(found["distance"][:2]) == [0, 2] and np.isnan(found["distance"][2])


def test_no_clips_and_no_wishes() -> None:
    index = Index.build([], np.zeros((0, 3), np.float32))
    assert index.nearest(np.ones(3)).empty and list(index.nearest(np.ones(3))) == ["clip_id", "distance"]
    assert Index.build(ids(2), np.ones((2, 3), np.float32)).nearest(np.ones(3), 0).empty


def test_many_threads_ask_one_index() -> None:
    values = np.random.default_rng(0).standard_normal((300, 20)).astype(np.float32)
    index = Index.build(ids(300), values)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda row: index.nearest(values[row], 1)["clip_id"][0], range(100)))
    assert found == list(ids(100))


@pytest.mark.parametrize(
    ("vector", "metric", "message"),
    [
        ([1, 2, 3], "euclidean", r"shape \(3,\); expected \(2,\)"),
        ([[1, 2]], "euclidean", r"shape \(1, 2\)"),
        ([1, np.nan], "euclidean", "not finite"),
        ([0, 0], "cosine", "all zeros"),
        ([1, 2], "manhattan", "no distance 'manhattan'; there are: cosine, euclidean"),
    ],
)
def test_a_vector_that_cannot_be_asked_for(vector, metric, message) -> None:
    index = Index.build(ids(1), np.ones((1, 2), np.float32))
    with pytest.raises(StoreError, match=message):
        index.nearest(vector, 1, metric)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((2, 3)), r"1 clips came with vectors of shape \(2, 3\)"),
        (np.zeros((1, 0)), "shape"),
        (np.zeros(1), "shape"),
        (np.full((1, 2), np.inf), "not finite"),
    ],
)
def test_vectors_that_cannot_be_searched(values, message) -> None:
    with pytest.raises(StoreError, match=message):
        Index.build(ids(1), values)


def test_a_closed_index_says_so() -> None:
    index = Index.build(ids(1), np.ones((1, 2), np.float32))
    index.close()
    with pytest.raises(StoreError, match="The search failed"):
        index.nearest(np.ones(2))
