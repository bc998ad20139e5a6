"""Each method against its own package on the same input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import openTSNE
import pytest
from numpy.typing import ArrayLike
from openTSNE.initialization import rescale
from scipy import sparse
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from pipeline.inputs import FeatureMatrix, InputError
from pipeline.landmarks import METRICS
from pipeline.projections import METHODS
from pipeline.projections.graph import _leading, eigenvectors, graph
from pipeline.projections.neighbourhood import Neighbourhood, nearest
from pipeline.projections.pca import start
from pipeline.projections.projection import Embedded
from pipeline.projections.quality import measure
from pipeline.projections.umap_ import _curve


def compute(method: str, values: Any, dimension: int, **changed: object) -> Embedded:
    of = METHODS[method]
    return of.compute(Neighbourhood(values), dimension, {**of.parameters, **changed}, lambda share: None)


@pytest.mark.parametrize("dimension", [2, 3, 8])
def test_pca_is_scikit_learns_up_to_sign(groups: FeatureMatrix, dimension: int) -> None:
    made = compute("pca", groups.values, dimension)
    reference = PCA(dimension, svd_solver="full").fit(groups.values.astype(np.float64))
    expected = reference.transform(groups.values)
    signs = np.sign((made.positions * expected).sum(axis=0))
    np.testing.assert_allclose(made.positions * signs, expected, atol=1e-4)
    assert made.axes is not None
    np.testing.assert_allclose(made.axes.explained, reference.explained_variance_ratio_, atol=1e-6)
    np.testing.assert_allclose(made.axes.loadings * signs[:, None], reference.components_, atol=1e-5)


def test_pca_signs_do_not_depend_on_the_order_of_clips(
    given_of: Callable[[ArrayLike], FeatureMatrix],
) -> None:
    # Two standardised columns: the loadings are equally large, so that rounding could choose the sign.
    raw = np.random.default_rng(0).normal(size=(40, 2)) @ [[1, 0.5], [0, 1]]
    first = compute("pca", given_of(raw).values, 2)
    turned = compute("pca", given_of(raw[::-1]).values, 2)
    np.testing.assert_allclose(first.positions, turned.positions[::-1], atol=1e-5)


def test_pca_says_when_there_are_fewer_directions_than_axes(
    given_of: Callable[[ArrayLike], FeatureMatrix],
) -> None:
    made = compute("pca", given_of(np.arange(10.0)[:, None] * [1, 2, 3]).values, 3)
    assert made.axes is not None
    assert made.axes.explained.tolist() == pytest.approx([1, 0, 0])
    assert not made.positions[:, 1:].any()
    assert made.notes == ("The clips differ in one direction only: the other axes are 0.",)


@pytest.mark.parametrize("dimension", [2, 3])
def test_tsne_is_opentsnes(groups: FeatureMatrix, dimension: int) -> None:
    reference = openTSNE.TSNE(
        n_components=dimension,
        perplexity=30,
        theta=0.8,
        early_exaggeration_iter=75,
        n_iter=250,
        neighbors="exact",
        initialization=rescale(start(Neighbourhood(groups.values), dimension, 0)),
        negative_gradient_method="bh",
        n_jobs=2,
    ).fit(groups.values)
    made = compute("tsne", groups.values, dimension)
    np.testing.assert_allclose(made.positions, np.asarray(reference), atol=1e-3)


@pytest.mark.parametrize(("dimension", "min_dist"), [(2, 0.1), (3, 0.1), (5, 0.0)])
def test_umap_keeps_as_much_as_umap_learns(groups: FeatureMatrix, dimension: int, min_dist: float) -> None:
    umap = pytest.importorskip("umap")
    reference = umap.UMAP(n_components=dimension, min_dist=min_dist, random_state=0, n_jobs=1)
    made = measure(groups.values, compute("umap", groups.values, dimension, min_dist=min_dist).positions)
    theirs = measure(groups.values, reference.fit_transform(groups.values))
    assert made.trustworthiness > theirs.trustworthiness - 0.01
    assert made.continuity > theirs.continuity - 0.01


def test_umaps_graph_is_umap_learns(groups: FeatureMatrix) -> None:
    umap = pytest.importorskip("umap")
    ties = graph(*nearest(groups.values, 14, "euclidean"))
    # Given its neighbours, or else umap-learn compiles a search for near ones, which takes 20 seconds.
    distances, neighbours = NearestNeighbors(n_neighbors=15).fit(groups.values).kneighbors(groups.values)
    of, *_ = umap.umap_.fuzzy_simplicial_set(
        groups.values, 15, np.random.RandomState(0), "euclidean", knn_indices=neighbours, knn_dists=distances
    )
    np.testing.assert_allclose(ties.toarray(), of.toarray(), atol=1e-3)


def test_umaps_start_is_the_smoothest_over_the_graph(groups: FeatureMatrix) -> None:
    ties = graph(*nearest(groups.values, 60, "euclidean"))
    found = eigenvectors(ties, 3)
    assert found is not None
    degree = ties.toarray().sum(axis=0)
    normed = ties.toarray() / np.sqrt(degree) / np.sqrt(degree)[:, None]
    values = np.linalg.eigvalsh(normed)[::-1]
    np.testing.assert_allclose(np.einsum("ij,ij->j", found, normed @ found), values[1:4], atol=1e-9)
    sparse_too = _leading(ties * 0 + sparse.csr_matrix(normed + np.eye(len(normed))), 3)
    assert sparse_too is not None
    np.testing.assert_allclose(np.abs((found * sparse_too).sum(axis=0)), 1, atol=1e-4)


def test_umaps_curve_is_umap_learns() -> None:
    umap = pytest.importorskip("umap")
    for min_dist in (0.0, 0.1, 0.99):
        np.testing.assert_allclose(_curve(min_dist), umap.umap_.find_ab_params(1.0, min_dist), atol=1e-4)


def test_tsne_lowers_the_perplexity_and_says_so(given_of: Callable[[ArrayLike], FeatureMatrix]) -> None:
    made = compute("tsne", given_of(np.random.default_rng(0).normal(size=(13, 4))).values, 2)
    assert made.parameters["perplexity"] == 4
    assert "lowered to 4" in made.notes[0]


def test_umap_lowers_the_neighbours_and_says_so(given_of: Callable[[ArrayLike], FeatureMatrix]) -> None:
    made = compute("umap", given_of(np.random.default_rng(0).normal(size=(13, 4))).values, 2)
    assert made.parameters["n_neighbors"] == 12
    assert "lowered to 12" in made.notes[0]


def test_tsne_refuses_a_space_to_cluster_in(groups: FeatureMatrix) -> None:
    with pytest.raises(InputError, match="at most 3"):
        compute("tsne", groups.values, 5)


@pytest.mark.parametrize("metric", METRICS)
def test_nearest_are_scikit_learns(groups: FeatureMatrix, metric: str) -> None:
    indices, distances = nearest(groups.values, 7, metric)
    expected, among = (
        NearestNeighbors(metric=metric, algorithm="brute").fit(groups.values).kneighbors(n_neighbors=7)
    )
    np.testing.assert_allclose(distances, expected, atol=1e-4)
    assert (indices == among).mean() > 0.99


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_copies_lie_at_one_point(given_of: Callable[[ArrayLike], FeatureMatrix], method: str) -> None:
    raw = np.random.default_rng(0).normal(size=(30, 4))
    values = given_of(np.vstack([raw, raw[:1].repeat(120, axis=0)])).values
    made = compute(method, values, 2)
    assert (made.positions[30:] == made.positions[0]).all()
    assert len(np.unique(made.positions, axis=0)) == 30
    assert "120 clips are copies" in made.notes[-1]
