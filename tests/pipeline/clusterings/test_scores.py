"""Scores against scikit-learn's functions of the same names, DBCV against the package's."""

from __future__ import annotations

import numpy as np
import pytest
from hdbscan.validity import validity_index
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics
from sklearn.cluster import KMeans

from pipeline.clusterings import points as points_module
from pipeline.clusterings import scores as scores_module
from pipeline.clusterings.agreement import against, ari
from pipeline.clusterings.points import Points
from pipeline.clusterings.scores import dbcv, score

Values = NDArray[np.float32]


def groups(values: Values, clusters: int, noise: int = 0) -> NDArray[np.int32]:
    labels = KMeans(clusters, n_init=1, random_state=0).fit_predict(values).astype(np.int32)
    labels[:noise] = -1
    return labels


@pytest.mark.parametrize(("clusters", "noise"), [(2, 0), (5, 0), (5, 30), (12, 10)])
def test_internal_scores_are_scikit_learns_without_the_noise(
    loose: Values, clusters: int, noise: int
) -> None:
    labels = groups(loose, clusters, noise)
    found, notes = score(Points(loose), labels, None)
    inside = labels >= 0
    values, kept = loose[inside].astype(np.float64), labels[inside]
    assert (found.clusters, found.noise, notes) == (clusters, noise, ())
    assert found.silhouette == pytest.approx(metrics.silhouette_score(values, kept))
    assert found.davies_bouldin == pytest.approx(metrics.davies_bouldin_score(values, kept))
    assert found.calinski_harabasz == pytest.approx(metrics.calinski_harabasz_score(values, kept))
    assert found.ari is found.nmi is found.homogeneity is found.completeness is None


@pytest.mark.parametrize("columns", [2, 5])
@pytest.mark.parametrize(("clusters", "noise"), [(2, 0), (4, 0), (4, 30), (6, 5)])
def test_dbcv_is_the_packages(loose: Values, columns: int, clusters: int, noise: int) -> None:
    values = loose[:, :columns]
    labels = groups(values, clusters, noise)
    theirs = validity_index(values.astype(np.float64), labels)
    found = score(Points(values), labels, None)[0].dbcv
    assert found == pytest.approx(theirs, abs=1e-6)


def test_dbcv_is_the_packages_in_many_dimensions_where_the_package_does_not_overflow() -> None:
    values = np.random.default_rng(0).normal(size=(80, 150)) / 17  # distances about 1
    labels = np.repeat(np.arange(4), 20).astype(np.int32)
    theirs = validity_index(values, labels)
    # Of 150 dimensions with distances of 17 the package's powers vanish; the index knows no scale.
    ours = score(Points((values * 1000).astype(np.float32)), labels, None)[0].dbcv
    assert ours == pytest.approx(theirs, abs=1e-5)


def test_dbcv_is_none_where_it_is_not_defined() -> None:
    distances = Points(np.repeat(np.eye(2, dtype=np.float32), 4, axis=0)).distances
    assert dbcv(distances, np.repeat([0, 0], 4), 2) is None
    assert dbcv(distances, np.array([0] * 7 + [1]), 2) is None


def test_dbcv_with_copies_is_a_number_or_none() -> None:
    values = np.repeat(np.random.default_rng(0).normal(size=(10, 3)), 4, axis=0).astype(np.float32)
    for clusters in (2, 5, 10):
        found = score(Points(values), groups(values, clusters), None)[0].dbcv
        assert found is None or -1 <= found <= 1


@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 3), st.booleans()), min_size=1, max_size=40))
def test_external_scores_are_scikit_learns_over_the_labelled(clips: list[tuple[int, int, bool]]) -> None:
    labels = np.array([label for label, _, _ in clips], dtype=np.int32)
    truth = [f"class {number}" if known else None for _, number, known in clips]
    found, _ = score(Points(np.arange(len(clips), dtype=np.float32)[:, None]), labels, truth)
    known = [place for place, name in enumerate(truth) if name is not None]
    if not known:
        assert found.ari is None
        return
    theirs = [truth[place] for place in known]
    ours = labels[known]
    homogeneity, completeness, _ = metrics.homogeneity_completeness_v_measure(theirs, ours)
    assert found.ari == pytest.approx(metrics.adjusted_rand_score(theirs, ours), abs=1e-12)
    assert found.nmi == pytest.approx(metrics.normalized_mutual_info_score(theirs, ours), abs=1e-9)
    assert found.homogeneity == pytest.approx(homogeneity, abs=1e-9)
    assert found.completeness == pytest.approx(completeness, abs=1e-9)


@given(st.lists(st.tuples(st.integers(-1, 6), st.integers(-1, 6)), min_size=1, max_size=60))
def test_ari_is_scikit_learns_and_symmetric(clips: list[tuple[int, int]]) -> None:
    first, second = np.array(clips).T
    assert ari(first, second) == pytest.approx(metrics.adjusted_rand_score(first, second), abs=1e-12)
    assert ari(first, second) == pytest.approx(ari(second, first), abs=1e-12)
    assert ari(first, first) == 1


def test_full_agreement_is_one() -> None:
    labels = np.repeat([0, 1, 2], 5)
    agreed = against(labels, (labels + 1) % 3)
    assert (agreed.ari, agreed.nmi) == pytest.approx((1, 1))
    assert (agreed.homogeneity, agreed.completeness) == pytest.approx((1, 1))


@pytest.mark.parametrize("labels", [[-1] * 6, [0] * 6, [-1, -1, 0, 0, 0, 0], [0, 1, 2, 3, 4, 5]])
def test_no_internal_scores_under_two_clusters_or_with_a_cluster_a_clip(labels: list[int]) -> None:
    values = np.random.default_rng(0).normal(size=(6, 2)).astype(np.float32)
    found, _ = score(Points(values), np.array(labels, dtype=np.int32), None)
    assert found.clusters == len({label for label in labels if label >= 0})
    assert found.silhouette is found.davies_bouldin is found.calinski_harabasz is found.dbcv is None


def test_silhouette_of_very_many_clips_is_sampled_and_told(
    monkeypatch: pytest.MonkeyPatch, loose: Values
) -> None:
    monkeypatch.setattr(points_module, "ALL_PAIRS", 100)
    monkeypatch.setattr(scores_module, "SAMPLE", 90)
    labels = groups(loose, 3)
    found, notes = score(Points(loose), labels, None)
    assert found.silhouette == pytest.approx(metrics.silhouette_score(loose, labels), abs=0.05)
    assert found.dbcv is None
    assert "Silhouette of a sample" in notes[0]
    assert score(Points(loose), labels, None)[0] == found
