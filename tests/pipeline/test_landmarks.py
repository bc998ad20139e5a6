"""Landmarks: few stand for many, a rare group among them, and noise moves few."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import pairwise_distances

from pipeline import landmarks
from pipeline.landmarks import METRICS, choose, nearest

RARE = 40


@pytest.fixture(scope="module")
def crowd() -> NDArray[np.float32]:
    """12,000 clips: three large groups, and last a dense one of 40."""
    random = np.random.default_rng(0)
    centres = 8 * random.normal(size=(4, 6))
    large = np.repeat(centres[:3], 3_987, axis=0)[: 12_000 - RARE] + random.normal(size=(12_000 - RARE, 6))
    return np.vstack([large, centres[3] + 0.2 * random.normal(size=(RARE, 6))]).astype(np.float32)


def test_as_many_as_asked_for_ascending_and_the_same_twice(crowd: NDArray[np.float32]) -> None:
    chosen = choose(crowd, 1_000, seed=0)
    assert len(chosen) == 1_000 and (np.diff(chosen) > 0).all()
    np.testing.assert_array_equal(chosen, choose(crowd, 1_000, seed=0))
    assert (chosen != choose(crowd, 1_000, seed=1)).mean() > 0.5


def test_a_rare_group_keeps_members(crowd: NDArray[np.float32]) -> None:
    kept = (choose(crowd, 1_000, seed=0) >= 12_000 - RARE).sum()
    assert kept > 3 * 1_000 * RARE / 12_000  # three times its share


def test_noise_changes_few(crowd: NDArray[np.float32]) -> None:
    noise = 1e-6 * np.random.default_rng(1).normal(size=crowd.shape)
    noisy = (crowd * (1 + noise)).astype(np.float32)
    same = np.intersect1d(choose(crowd, 1_000, seed=0), choose(noisy, 1_000, seed=0))
    assert len(same) > 980


def test_all_where_there_are_no_more() -> None:
    np.testing.assert_array_equal(choose(np.zeros((5, 2), dtype=np.float32), 9, seed=0), np.arange(5))


def test_clips_that_are_the_same_can_be_chosen_from() -> None:
    assert len(choose(np.ones((500, 3), dtype=np.float32), 100, seed=0)) == 100


@pytest.mark.parametrize("metric", METRICS)
def test_nearest_by_definition_in_blocks(monkeypatch: pytest.MonkeyPatch, metric: str) -> None:
    random = np.random.default_rng(0)
    values, points = (random.normal(size=(n, 20)).astype(np.float32) for n in (50, 30))
    monkeypatch.setattr(landmarks, "BLOCK_BYTES", 8 * 9 * 20 * 7)
    indices, distances = nearest(values, points, 4, metric)
    true = pairwise_distances(values.astype(np.float64), points.astype(np.float64), metric=metric)
    np.testing.assert_array_equal(indices, np.argsort(true, axis=1)[:, :4])
    np.testing.assert_allclose(distances, np.sort(true, axis=1)[:, :4], atol=1e-6)


def test_ties_go_by_index() -> None:
    points = np.array([[1, 0], [0, 1], [-1, 0], [0, -1], [5, 5]], dtype=np.float32)
    indices, _ = nearest(np.zeros((1, 2), dtype=np.float32), points, 3)
    assert indices.tolist() == [[0, 1, 2]]
