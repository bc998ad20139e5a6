"""Stability where it must be full and where there is nothing to be stable about."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from pipeline.clusterings import CLUSTERERS
from pipeline.clusterings.measures import Rounds, measure
from pipeline.clusterings.points import Points
from pipeline.clusterings.stability import resamples

Values = NDArray[np.float32]


def measured(
    values: Values, name: str, *, rounds: int = 10, **parameters: object
) -> tuple[float | None, float | None]:
    """Stability and its spread."""
    clusterer, points = CLUSTERERS[name], Points(values)
    fitted = clusterer.fit(points, {**clusterer.parameters, **parameters})
    only = Rounds((0, rounds), (0, 0), (0, 0))
    found = measure(points, clusterer, fitted.parameters, fitted.labels, only).means()
    return found["stability"], found["stability_spread"]


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("kmeans", {"n_clusters": 4}),
        ("agglomerative", {"n_clusters": 4}),
        ("mixture", {"n_components": 4}),
        ("hdbscan", {"min_cluster_size": 10}),
    ],
)
def test_groups_far_apart_are_stable_and_noise_is_not(
    name: str, parameters: dict[str, object], blobs: Values, noise: Values
) -> None:
    assert measured(blobs, name, **parameters) == (1.0, 0.0)
    if name != "hdbscan":  # which calls it all noise, and does so each time
        found, _ = measured(noise, name, **dict.fromkeys(parameters, 12))
        assert found is not None
        assert found < 0.6


def test_it_is_the_mean_of_ten_comparisons_by_scikit_learn(loose: Values) -> None:
    def groups(values: Values) -> NDArray[np.int32]:
        return KMeans(6, n_init=3, random_state=0).fit_predict(values)

    whole = groups(loose)
    agreed = [
        adjusted_rand_score(whole[kept], groups(loose[kept])) for kept, _ in resamples(Points(loose), 10)
    ]
    assert len(agreed) == 10
    assert measured(loose, "kmeans", n_clusters=6) == pytest.approx((np.mean(agreed), np.std(agreed)))


def test_each_part_holds_four_fifths_drawn_once(loose: Values) -> None:
    points = Points(loose)
    parts = resamples(points, 10)
    assert all(len(kept) == len(np.unique(kept)) == 120 for kept, _ in parts)
    assert len({kept.tobytes() for kept, _ in parts}) == 10
    assert resamples(points, 10) is parts
    assert [kept.tobytes() for kept, _ in resamples(Points(loose), 10)] == [
        kept.tobytes() for kept, _ in parts
    ]


def test_none_without_rounds_or_with_parts_too_small(loose: Values) -> None:
    assert measured(loose[:10], "kmeans", n_clusters=9) == (None, None)
    assert measured(loose[:10], "kmeans", n_clusters=9, rounds=0) == (None, None)
