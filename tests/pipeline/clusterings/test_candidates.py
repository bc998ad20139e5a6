"""A whole view clustered, odd data, requests to stop, and one clustering as the page asks for it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.clusterings import CLUSTERERS
from pipeline.clusterings import points as points_module
from pipeline.clusterings.candidates import Gap, combinations_of
from pipeline.clusterings.cluster import Clustering, cluster
from pipeline.clusterings.spaces import SPACES, Space, spaces
from pipeline.errors import FAILURES, failure_sentence
from pipeline.inputs import FeatureMatrix, InputError, standardise
from store.reader import Matrix

Values = NDArray[np.float32]


def features_of(values: Values) -> FeatureMatrix:
    ids = np.array([f"clip {row:04d}" for row in range(len(values))], dtype=object)
    return standardise(Matrix(ids, values.astype(np.float32), tuple(f"c{i}" for i in range(values.shape[1]))))


def space(values: Values) -> Space:
    return Space("standardised", "Standardised", values, "as they are")


def all_clusterings(
    one: FeatureMatrix, umap: Values | None, truth: list[str | None] | None, *, stability_rounds: int
) -> tuple[list[Clustering], list[Gap]]:
    """A view clustered in every space by every method over its grid, and what failed."""
    found: list[Clustering] = []
    gaps: list[Gap] = []
    for each in spaces(one, umap):
        combinations, failed = combinations_of(each)
        gaps += failed
        for clusterer, parameters in combinations:
            try:
                found.append(
                    cluster(each, clusterer.name, parameters, truth, stability_rounds=stability_rounds)
                )
            except FAILURES as error:
                gaps.append((f"{each.title}: {clusterer.title}", failure_sentence(error)))
    return found, gaps


@pytest.fixture(scope="module")
def whole(loose: Values) -> tuple[list[Clustering], list[tuple[str, str]]]:
    return all_clusterings(features_of(loose[:80]), loose[:80, :3], ["a", None] * 40, stability_rounds=2)


def test_every_space_and_method_has_its_clusterings(
    whole: tuple[list[Clustering], list[tuple[str, str]]],
) -> None:
    found, gaps = whole
    assert gaps == []
    assert {(each.space, each.method) for each in found} == {(s, m) for s in SPACES[:3] for m in CLUSTERERS}
    for each in found:
        assert len(each.fitted.labels) == 80
        assert each.scores.ari is not None
        assert each.stability is None or -1 <= each.stability <= 1
        assert each.seconds > 0


def test_the_same_twice(whole: tuple[list[Clustering], list[tuple[str, str]]], loose: Values) -> None:
    again, _ = all_clusterings(features_of(loose[:80]), loose[:80, :3], ["a", None] * 40, stability_rounds=2)
    for one, other in zip(whole[0], again, strict=True):
        np.testing.assert_array_equal(one.fitted.labels, other.fitted.labels)
        assert (one.scores, one.stability, one.parameters) == (
            other.scores,
            other.stability,
            other.parameters,
        )


@pytest.mark.parametrize("n", [3, 4, 5, 8, 12])
def test_a_handful_of_clips(n: int, loose: Values) -> None:
    found, gaps = all_clusterings(features_of(loose[:n]), None, None, stability_rounds=2)
    assert found
    assert all(reason.endswith(".") for _, reason in gaps)


def test_clips_that_are_nearly_all_copies() -> None:
    values = np.zeros((40, 3), dtype=np.float32)
    values[30:] = 1
    found, gaps = all_clusterings(
        features_of(values), np.zeros((40, 5), dtype=np.float32), None, stability_rounds=2
    )
    assert {each.space for each in found} == set(SPACES[:3])
    assert all("DBSCAN" in what for what, _ in gaps)
    assert all("all clips are the same" in reason for _, reason in gaps)


def test_one_that_fails_keeps_no_other_back(loose: Values, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("no convergence\nat all")

    monkeypatch.setattr("sklearn.mixture.GaussianMixture.fit", fail)
    found, gaps = all_clusterings(features_of(loose[:30]), None, None, stability_rounds=0)
    assert {each.method for each in found} == set(CLUSTERERS) - {"mixture"}
    assert "Standardised: Gaussian mixture" in gaps[0][0]
    assert "no convergence. Try other parameters" in gaps[0][1]


def test_too_many_clips_for_all_pairs_is_one_gap_a_space(
    loose: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(points_module, "ALL_PAIRS", 40)
    found, gaps = all_clusterings(features_of(loose[:50]), None, None, stability_rounds=1)
    refusing = [one for one in CLUSTERERS.values() if one.needs_pairs]
    assert [what for what, _ in gaps] == [
        f"{space}: {one.title}" for space in ("Standardised", "Principal components") for one in refusing
    ]
    assert {each.method for each in found} == set(CLUSTERERS) - {one.name for one in refusing}


def test_the_components_hold_nine_tenths_of_the_variance(loose: Values) -> None:
    wide = np.hstack([loose, loose @ np.random.default_rng(0).normal(size=(5, 60)).astype(np.float32)])
    full, components = spaces(features_of(wide), None)
    assert full.values.shape == (150, 65)
    assert components.values.shape[1] <= 5
    share = components.values.var(axis=0).sum() / full.values.var(axis=0).sum()
    assert 0.9 <= share < 1
    assert f"{components.values.shape[1]} of 65 principal components" in components.summary


def test_several_spaces_by_umap_each_described_by_its_metric(loose: Values) -> None:
    both = {"umap": loose[:20], "umap_cosine": loose[:20, :3]}
    found = spaces(features_of(loose[:20]), both)
    assert tuple(each.name for each in found) == SPACES
    assert found[3].title == "UMAP, cosine distance, 3-D"
    assert [each.title for each in spaces(features_of(loose[:20]), loose[:20])[2:]] == [
        "UMAP, Euclidean distance, 5-D"
    ]


def test_umap_of_other_clips_or_without_numbers_is_refused(loose: Values) -> None:
    with pytest.raises(InputError, match="positions of 9 clips, the view has 20"):
        spaces(features_of(loose[:20]), loose[:9])
    with pytest.raises(InputError, match="not numbers"):
        spaces(features_of(loose[:20]), np.full((20, 5), np.nan, dtype=np.float32))


class TestOne:
    def test_a_slider_moves_and_the_groups_follow(self, blobs: Values) -> None:
        found = cluster(space(blobs), "kmeans", {"n_clusters": 4}, ["x"] * 120, stability_rounds=0)
        assert (found.scores.clusters, found.stability, found.stability_spread) == (4, None, None)
        assert found.parameters == {"n_clusters": 4, "n_init": 3, "random_state": 0}
        assert found.scores.silhouette is not None
        assert found.scores.silhouette > 0.8

    def test_stability_comes_with_its_spread(self, blobs: Values) -> None:
        found = cluster(space(blobs), "agglomerative", {"n_clusters": 4}, None)
        assert (found.stability, found.stability_spread) == (1.0, 0.0)

    @pytest.mark.parametrize(
        ("method", "parameters", "said"),
        [
            ("kmedoids", None, "no clustering 'kmedoids'; there are: kmeans"),
            ("kmeans", {"k": 4}, "K-Means has no parameter 'k'; there are: n_clusters"),
            ("kmeans", {"n_clusters": 1}, "Clusters is 1. Choose a whole number of at least 2"),
            ("agglomerative", {"linkage": "near"}, "choose one of: ward, average"),
            ("kmeans", {"n_clusters": 130}, "130 clusters of 120 clips"),
        ],
    )
    def test_what_cannot_be_is_said(
        self, method: str, parameters: dict[str, object], said: str, blobs: Values
    ) -> None:
        with pytest.raises(InputError, match=said):
            cluster(space(blobs), method, parameters, None)

    @pytest.mark.parametrize("n", [1, 2])
    def test_one_or_two_clips(self, n: int, blobs: Values) -> None:
        with pytest.raises(InputError, match="a clustering needs 3 or more"):
            cluster(space(blobs[:n]), "kmeans", None, None)

    @pytest.mark.parametrize("method", [name for name in CLUSTERERS if name != "dbscan"])
    def test_all_clips_the_same(self, method: str) -> None:
        found = cluster(space(np.ones((20, 3), dtype=np.float32)), method, None, None, stability_rounds=2)
        assert len(found.fitted.labels) == 20

    def test_all_clips_the_same_leave_dbscan_no_eps(self) -> None:
        with pytest.raises(InputError, match="all clips are the same"):
            cluster(space(np.ones((20, 3), dtype=np.float32)), "dbscan", None, None)
