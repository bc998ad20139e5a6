"""What every score owes: one number a clip, the same twice over and in whatever order the clips come."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.distance import cdist

from pipeline.inputs import InputError
from pipeline.scores import SCORES, knn_distance
from pipeline.scores.score import ALL_VIEWS, EACH_VIEW

EVERY = pytest.mark.parametrize("score", SCORES.values(), ids=SCORES)


def values_of(n: int, d: int = 5, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)


@EVERY
def test_it_is_described(score) -> None:
    assert SCORES[score.name] is score and score.name.isidentifier() and score.name.islower()
    assert score.version >= 1 and set(score.scope) <= {EACH_VIEW, ALL_VIEWS} and score.scope
    for sentence in (score.title, score.unit, score.source, score.description):
        assert sentence == sentence.strip() != ""
    assert score.description.endswith(".") and score.format.format(1.234)


@EVERY
@pytest.mark.parametrize("n", [2, 3, 11, 60])
def test_one_finite_number_a_clip_and_the_same_twice(score, n) -> None:
    values = values_of(n)
    before = values.copy()
    found = score.compute(values)
    assert found.shape == (n,) and found.dtype == np.float64 and np.isfinite(found).all()
    assert np.array_equal(values, before) and np.array_equal(score.compute(values), found)


@EVERY
def test_the_order_of_the_clips_is_nothing_to_it(score) -> None:
    values = np.concatenate([values_of(40), values_of(5), np.zeros((15, 5), np.float32)])
    order = np.random.default_rng(1).permutation(len(values))
    np.testing.assert_allclose(score.compute(values[order]), score.compute(values)[order], rtol=1e-9)


@EVERY
def test_one_clip_alone_has_a_number_or_a_sentence(score) -> None:
    try:
        assert score.compute(values_of(1)).shape == (1,)
    except InputError as error:
        assert str(error).endswith(".")


@EVERY
def test_clips_without_a_difference_are_computed(score) -> None:
    assert score.compute(np.zeros((12, 3), np.float32)).shape == (12,)


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(np.float32, st.tuples(st.integers(2, 30), st.integers(1, 4)), elements=st.integers(-3, 3)))
def test_the_mean_distance_to_the_ten_nearest_others(values) -> None:
    """Copies of a clip are others, at distance 0; where there are fewer than ten others, it is all of them."""
    far = cdist(values.astype(np.float64), values.astype(np.float64))
    np.fill_diagonal(far, np.inf)
    expected = np.sort(far, axis=1)[:, : min(10, len(values) - 1)].mean(axis=1)
    np.testing.assert_allclose(knn_distance.compute(values), expected, rtol=1e-12)


def test_an_outlier_is_farthest() -> None:
    values = np.concatenate([values_of(100), np.full((1, 5), 20, np.float32)])
    found = knn_distance.compute(values)
    assert found.argmax() == 100 and found[100] > 5 * found[:100].max()


def test_one_clip_alone_is_near_to_nothing() -> None:
    with pytest.raises(InputError, match="one clip alone"):
        knn_distance.compute(values_of(1))
