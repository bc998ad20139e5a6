"""The knee of curves whose knee is known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from pipeline.clusterings import points as points_module
from pipeline.clusterings.dbscan import eps_at_knee, k_distances, knee
from pipeline.clusterings.points import Points


@pytest.mark.parametrize("corner", [20, 50, 80])
def test_two_straight_lines_bend_where_they_meet(corner: int) -> None:
    curve = np.concatenate([np.linspace(0, 1, corner, endpoint=False), np.linspace(1, 20, 100 - corner)])
    assert abs(knee(curve) - corner) <= 1


def test_the_knee_of_a_power() -> None:
    # x - x**4 is highest where 4 x**3 is 1.
    x = np.linspace(0, 1, 10_001)
    assert x[knee(x**4)] == pytest.approx(0.25 ** (1 / 3), abs=1e-3)


def test_a_scale_moves_no_knee() -> None:
    curve = np.linspace(0, 1, 200) ** 6
    assert knee(curve) == knee(curve * 1e6 + 3)


def test_a_flat_curve_has_its_knee_at_the_start() -> None:
    assert knee(np.full(5, 2.0)) == 0


def test_k_distances_are_scikit_learns_with_and_without_all_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    theirs = np.sort(NearestNeighbors(n_neighbors=5).fit(values).kneighbors(values)[0][:, 4])
    np.testing.assert_allclose(k_distances(Points(values), 5), theirs, rtol=1e-5)
    monkeypatch.setattr(points_module, "ALL_PAIRS", 10)
    np.testing.assert_allclose(k_distances(Points(values), 5), theirs, rtol=1e-5)


def test_eps_lies_between_the_spacing_within_and_the_way_between() -> None:
    grid = np.stack(np.meshgrid(np.arange(10.0), np.arange(10.0)), -1).reshape(-1, 2)
    values = np.vstack([grid, grid + 100, [[50.0, 50.0], [-60.0, 90.0]]]).astype(np.float32)
    assert 1 <= eps_at_knee(Points(values), 4) < 10


def test_twins_leave_an_eps_above_zero_and_sameness_none() -> None:
    twins = np.repeat(np.arange(10.0), 5)[:, None].astype(np.float32)
    assert eps_at_knee(Points(np.vstack([twins, [[30.0]]]).astype(np.float32)), 4) > 0
    assert eps_at_knee(Points(np.zeros((9, 2), dtype=np.float32)), 4) == 0
