"""Each clusterer against the package it stands for."""

from __future__ import annotations

import hdbscan
import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans, SpectralClustering
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from pipeline.clusterings import CLUSTERERS, spectral
from pipeline.clusterings.agglomerative import cut, dendrogram
from pipeline.clusterings.clusterer import Clusterer, Fitted, cluster_counts
from pipeline.clusterings.points import ALL_PAIRS, Points
from pipeline.clusterings.spectral import neighbour_graph
from pipeline.inputs import InputError

Values = NDArray[np.float32]


def fit(name: str, values: Values, **parameters: object) -> Fitted:
    clusterer = CLUSTERERS[name]
    return clusterer.fit(Points(values), {**clusterer.parameters, **parameters})


@pytest.mark.parametrize("name", CLUSTERERS)
class TestEach:
    def test_registered_by_its_name_with_all_defaults(self, name: str) -> None:
        clusterer = CLUSTERERS[name]
        assert clusterer.name == name
        for setting in clusterer.settings:
            assert clusterer.parameters[setting.name] == setting.default
            setting.check(setting.default)

    def test_finds_groups_far_apart(self, name: str, blobs: Values) -> None:
        asked = {
            "kmeans": {"n_clusters": 4},
            "agglomerative": {"n_clusters": 4},
            "mixture": {"n_components": 4},
            "spectral": {"n_clusters": 4},
        }
        labels = fit(name, blobs, **asked.get(name, {})).labels
        inside = labels >= 0
        assert inside.mean() > 0.85
        assert adjusted_rand_score(np.repeat(np.arange(4), 30), _true_order(blobs, labels)) > 0.85

    def test_twice_the_same(self, name: str, loose: Values) -> None:
        clusterer = CLUSTERERS[name]
        for combinations_of in clusterer.grid(Points(loose))[:6]:
            first, second = (fit(name, loose, **combinations_of) for _ in range(2))
            np.testing.assert_array_equal(first.labels, second.labels)
            assert first.parameters == second.parameters

    def test_as_many_labels_as_clips_of_the_types_promised(self, name: str, loose: Values) -> None:
        fitted = fit(name, loose)
        assert fitted.labels.shape == (150,)
        assert fitted.labels.dtype == np.int32
        if fitted.strengths is not None:
            assert fitted.strengths.dtype == np.float32
            assert ((fitted.strengths >= 0) & (fitted.strengths <= 1)).all()

    def test_every_entry_of_the_grid_is_allowed(self, name: str, loose: Values) -> None:
        clusterer = CLUSTERERS[name]
        grid = clusterer.grid(Points(loose))
        assert grid
        for combinations_of in grid:
            assert set(combinations_of) <= set(clusterer.parameters)
            for setting in clusterer.settings:
                if setting.name in combinations_of:
                    setting.check(combinations_of[setting.name])

    @pytest.mark.parametrize("n", [3, 4, 7])
    def test_a_handful_of_clips(self, name: str, n: int, loose: Values) -> None:
        clusterer = CLUSTERERS[name]
        points = Points(loose[:n])
        for combinations_of in clusterer.grid(points):
            assert len(clusterer.fit(points, {**clusterer.parameters, **combinations_of}).labels) == n


def _true_order(values: Values, labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Labels with the clips sorted by the group that they were drawn from."""
    return labels[np.argsort(values[:, :4].argmax(axis=1), kind="stable")]


def test_kmeans_is_scikit_learns(loose: Values) -> None:
    theirs = KMeans(7, n_init=3, random_state=0).fit_predict(loose)
    np.testing.assert_array_equal(fit("kmeans", loose, n_clusters=7).labels, theirs)


@pytest.mark.parametrize("linkage", ["ward", "average", "complete", "single"])
@pytest.mark.parametrize("clusters", [1, 2, 5, 17, 150])
def test_agglomerative_is_scikit_learns(loose: Values, linkage: str, clusters: int) -> None:
    theirs = AgglomerativeClustering(clusters, linkage=linkage).fit_predict(loose.astype(np.float64))
    ours = fit("agglomerative", loose, n_clusters=clusters, linkage=linkage).labels
    assert len(np.unique(ours)) == clusters
    assert adjusted_rand_score(theirs, ours) == 1


def test_cut_gives_the_number_asked_for_where_merges_tie() -> None:
    points = Points(np.repeat(np.eye(3, dtype=np.float32), 4, axis=0))
    for clusters in range(1, 13):
        assert len(np.unique(cut(dendrogram(points, "average"), clusters))) == clusters


@pytest.mark.parametrize("covariance", ["diag", "full"])
def test_mixture_is_scikit_learns(loose: Values, covariance: str) -> None:
    values = loose.astype(np.float64)
    model = GaussianMixture(5, covariance_type=covariance, reg_covar=1e-3, random_state=0).fit(values)
    ours = fit("mixture", loose, n_components=5, covariance_type=covariance)
    np.testing.assert_array_equal(ours.labels, model.predict(values))
    np.testing.assert_allclose(ours.strengths, model.predict_proba(values).max(axis=1), rtol=1e-6)
    assert ours.notes[0] == f"BIC {model.bic(values):.1f}."


def test_mixture_tries_full_covariances_only_where_clips_are_many() -> None:
    def kinds(n: int, k: int) -> set[object]:
        points = Points(np.zeros((n, k), dtype=np.float32))
        return {combinations_of["covariance_type"] for combinations_of in CLUSTERERS["mixture"].grid(points)}

    assert kinds(400, 5) == {"diag", "full"}
    assert kinds(400, 300) == {"diag"}


@pytest.mark.parametrize(("eps", "min_samples"), [(2.0, 4), (3.5, 4), (3.5, 10)])
def test_dbscan_is_scikit_learns(loose: Values, eps: float, min_samples: int) -> None:
    theirs = DBSCAN(eps=eps, min_samples=min_samples).fit_predict(loose)
    ours = fit("dbscan", loose, eps=eps, min_samples=min_samples).labels
    np.testing.assert_array_equal(ours, theirs)


def test_dbscan_tells_its_eps_and_takes_it_back(loose: Values) -> None:
    first = fit("dbscan", loose, of_knee=0.85)
    assert isinstance(first.parameters["eps"], float)
    assert "0.85 times the knee" in first.notes[0]
    again = fit("dbscan", loose, **first.parameters)
    np.testing.assert_array_equal(first.labels, again.labels)


@pytest.mark.parametrize("method", ["eom", "leaf"])
@pytest.mark.parametrize(("size", "samples"), [(5, 2), (5, 5), (10, 5), (20, 10)])
@pytest.mark.parametrize("columns", [5, 70])
def test_hdbscan_is_the_packages(loose: Values, method: str, size: int, samples: int, columns: int) -> None:
    # Above 60 dimensions the hierarchy comes from the shared distances.
    values = np.hstack([loose, np.random.default_rng(0).normal(0, 0.3, (150, columns - 5))]).astype(
        np.float32
    )
    model = hdbscan.HDBSCAN(
        min_cluster_size=size, min_samples=samples, cluster_selection_method=method, core_dist_n_jobs=1
    ).fit(values)
    ours = fit("hdbscan", values, min_cluster_size=size, min_samples=samples, cluster_selection_method=method)
    np.testing.assert_array_equal(ours.labels, model.labels_)
    np.testing.assert_allclose(ours.strengths, model.probabilities_, atol=1e-5)
    tree, theirs = ours.tree, model.condensed_tree_.to_pandas()
    assert tree is not None
    np.testing.assert_array_equal(tree.parent, theirs["parent"])
    np.testing.assert_array_equal(tree.child, theirs["child"])
    np.testing.assert_array_equal(tree.size, theirs["child_size"])
    np.testing.assert_allclose(tree.lambda_, theirs["lambda_val"], rtol=1e-5)


@pytest.mark.parametrize("method", ["eom", "leaf"])
def test_a_selected_node_holds_the_clips_of_its_cluster(loose: Values, method: str) -> None:
    fitted = fit("hdbscan", loose, min_cluster_size=5, min_samples=2, cluster_selection_method=method)
    tree = fitted.tree
    assert tree is not None
    assert len(tree.selected) == fitted.labels.max() + 1 >= 2
    above = dict(zip(tree.child.tolist(), tree.parent.tolist(), strict=True))
    for cluster, node in enumerate(tree.selected):
        below = set()
        for clip in range(len(loose)):
            at = clip
            while at in above and at != node:
                at = above[at]
            if at == node:
                below.add(clip)
        assert below == set(np.flatnonzero(fitted.labels == cluster))


@pytest.mark.parametrize("name", ["kmeans", "agglomerative", "mixture", "spectral"])
def test_more_clusters_than_clips_is_said(name: str, blobs: Values) -> None:
    asked = "n_components" if name == "mixture" else "n_clusters"
    with pytest.raises(InputError, match=r"8 clusters of 5 clips\. Choose 5 or fewer"):
        fit(name, blobs[:5], **{asked: 8})


def test_fewer_distinct_clips_than_clusters_is_noted() -> None:
    values = np.repeat(np.eye(3, dtype=np.float32), 5, axis=0)
    fitted = fit("kmeans", values, n_clusters=6)
    assert fitted.notes == ("3 of the 6 clusters asked for have clips: there are too few distinct clips.",)


def test_too_many_clips_for_all_pairs_is_said() -> None:
    points = Points(np.zeros((ALL_PAIRS + 1, 1), dtype=np.float32))
    agglomerative: Clusterer = CLUSTERERS["agglomerative"]
    with pytest.raises(InputError, match="Agglomerative needs the distances between all pairs"):
        agglomerative.fit(points, agglomerative.parameters)
    with pytest.raises(InputError, match="Choose a method that needs none"):
        _ = points.distances


def test_distances_of_a_subset_are_those_of_the_whole(loose: Values) -> None:
    points = Points(loose)
    some = np.array([3, 50, 51, 149])
    part = points.subset(some)
    np.testing.assert_array_equal(part.values, loose[some])
    np.testing.assert_array_equal(part.distances, points.distances[np.ix_(some, some)])


def test_cluster_counts_are_preferred_numbers_below_the_clips() -> None:
    assert cluster_counts(400) == [2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50]
    assert cluster_counts(10_000)[-3:] == [150, 200, 250]
    assert [cluster_counts(n) for n in (0, 1, 2, 3)] == [[], [], [], [2]]
    for n in range(2, 400):
        assert all(2 <= count < n for count in cluster_counts(n))


@pytest.mark.filterwarnings("ignore:Graph is not fully connected")
def test_spectral_is_scikit_learns_on_the_same_graph(blobs: Values) -> None:
    wide = np.hstack([blobs, np.random.default_rng(0).normal(0, 3, (120, 6))]).astype(np.float32)
    graph = neighbour_graph(Points(wide), 10).toarray()
    theirs = SpectralClustering(4, affinity="precomputed", random_state=0).fit_predict(graph)
    assert adjusted_rand_score(theirs, fit("spectral", wide, n_clusters=4).labels) == 1


def test_neighbour_graph_is_symmetric_and_as_wide_as_the_data_are_there(blobs: Values) -> None:
    graph = neighbour_graph(Points(blobs), 10).toarray()
    np.testing.assert_allclose(graph, graph.T)
    assert ((graph >= 0) & (graph <= 1)).all()
    np.testing.assert_array_equal(np.diag(graph), 0)
    # Lengths count by the widths around: ten times as large is the same graph.
    np.testing.assert_allclose(neighbour_graph(Points(blobs * 10), 10).toarray(), graph, rtol=1e-4)


def test_iterated_eigenvectors_give_the_groups_of_the_dense(
    loose: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    dense = fit("spectral", loose, n_clusters=6).labels
    monkeypatch.setattr(spectral, "DENSE", 10)
    assert adjusted_rand_score(dense, fit("spectral", loose, n_clusters=6).labels) == 1


def test_copies_of_clips_are_no_trouble_to_the_graph() -> None:
    values = np.repeat(np.eye(3, dtype=np.float32), 15, axis=0)
    labels = fit("spectral", values, n_clusters=3).labels
    assert adjusted_rand_score(np.repeat(np.arange(3), 15), labels) == 1
