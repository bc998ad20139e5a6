"""Stability within clusters and generalisation where the answer is known, and rounds in portions."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.cluster import hierarchy
from scipy.spatial.distance import pdist
from sklearn.metrics import adjusted_rand_score

from pipeline.clusterings import CLUSTERERS, stability
from pipeline.clusterings.measures import WHOLE, Measured, Rounds, measure
from pipeline.clusterings.points import Points
from pipeline.clusterings.stability import generalisation, resamples, splits, vote, voted, within_stability

Values = NDArray[np.float32]


def parts(points: Points, rounds: int = 4) -> list[NDArray[np.intp]]:
    return [kept for kept, _ in resamples(points, rounds)]


def test_parts_are_the_cuts_of_wards_dendrogram(loose: Values) -> None:
    merges = hierarchy.linkage(pdist(loose.astype(np.float64)), "ward")
    for count, ours in zip(range(2, 6), stability._parts(Points(loose).distances, range(2, 6)), strict=True):
        assert adjusted_rand_score(hierarchy.fcluster(merges, count, "maxclust"), ours) == 1


def test_clusters_that_hold_clusters_divide_stably(blobs: Values) -> None:
    points = Points(blobs)
    fine = blobs[:, :4].argmax(axis=1)
    coarse = fine // 2
    inside = [
        float(np.mean(within_stability(points.distances, one, parts(points)))) for one in (fine, coarse)
    ]
    assert inside[0] < inside[1] - 0.05


def test_noise_and_clips_that_a_grouping_lacks_are_not_divided(blobs: Values) -> None:
    points = Points(blobs)
    labels = blobs[:, :4].argmax(axis=1)
    some = np.where(np.arange(120) < 60, labels, -1)
    missing = np.where(np.arange(120) < 60, labels, -2)
    assert within_stability(points.distances, some, parts(points)) == within_stability(
        points.distances, missing, parts(points)
    )
    assert within_stability(points.distances, np.full(120, -1), parts(points)) == [0.0] * 4


def test_groups_far_apart_generalise_and_too_many_do_not(blobs: Values) -> None:
    points, kmeans = Points(blobs), CLUSTERERS["kmeans"]
    by_count = [
        generalisation(points, kmeans, {**kmeans.parameters, "n_clusters": count}, splits(points, 3))
        for count in (4, 15)
    ]
    assert by_count[0] == [1.0, 1.0, 1.0]
    assert by_count[1] is not None
    assert max(by_count[1]) < 0.8
    assert generalisation(points, kmeans, {**kmeans.parameters, "n_clusters": 61}, splits(points, 3)) is None


def test_the_majority_votes_and_of_equals_the_nearest() -> None:
    assert vote(np.array([[2, 1, 1, 0, 0], [3, 3, 1, 1, 1], [-1, -1, 5, 4, 6]])).tolist() == [1, 1, -1]
    distances = np.array([[0.1, 0.2, 5.0], [5.0, 0.3, 0.1]])
    assert voted(distances, np.array([4, 7, 8])).tolist() == [4, 8]


@pytest.mark.parametrize("method", ["agglomerative", "hdbscan", "spectral"])
def test_portions_of_rounds_give_the_whole(method: str, loose: Values) -> None:
    points, clusterer = Points(loose), CLUSTERERS[method]
    fitted = clusterer.fit(points, clusterer.parameters)
    whole = measure(points, clusterer, fitted.parameters, fitted.labels)
    joined = Measured()
    for rounds in (Rounds((0, 2), (0, 1), (0, 1)), Rounds((2, 10), (1, 4), (1, 4))):
        joined = joined.joined(measure(points, clusterer, fitted.parameters, fitted.labels, rounds))
    assert joined == whole
    numbers = whole.means()
    assert numbers["stability"] == pytest.approx(np.mean(whole.stability or []))
    assert len(whole.within) == WHOLE.within[1]
    assert numbers["trust_spread"] is not None
    assert 0 <= numbers["trust_spread"] < 0.5
