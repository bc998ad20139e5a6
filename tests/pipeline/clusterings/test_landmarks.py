"""Landmarks: a small group far away has some, and the others join the groups around them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from pipeline.clusterings import landmarks as landmarks_module
from pipeline.clusterings.cluster import cluster
from pipeline.clusterings.landmarks import landmarks, nearest
from pipeline.clusterings.spaces import Space

Values = NDArray[np.float32]


def test_few_clips_are_all_landmarks(blobs: Values) -> None:
    np.testing.assert_array_equal(landmarks(blobs), np.arange(120))


def test_a_lonely_group_has_landmarks_and_the_draw_is_the_same_twice() -> None:
    rng = np.random.default_rng(0)
    values = np.vstack([rng.normal(size=(3_980, 4)), rng.normal(30, 3, (20, 4))]).astype(np.float32)
    chosen = landmarks(values, 400)
    assert len(np.unique(chosen)) == 400
    assert (chosen >= 3_980).sum() > 2 * 400 * 20 / 4_000
    np.testing.assert_array_equal(landmarks(values, 400), chosen)
    moved = values * (1 + 1e-6 * rng.normal(size=values.shape).astype(np.float32))
    assert len(np.intersect1d(landmarks(moved, 400), chosen)) >= 398


def test_copies_are_no_trouble() -> None:
    assert len(landmarks(np.zeros((50, 2), dtype=np.float32), 20)) == 20


def test_nearest_are_those_of_all_pairs_in_any_block(loose: Values, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = np.arange(0, 150, 5)
    theirs = np.argsort(((loose[:, None] - loose[chosen]) ** 2).sum(axis=2), axis=1)[:, :5]
    for cells in (1, 1 << 24):
        monkeypatch.setattr(landmarks_module, "CELLS", cells)
        np.testing.assert_array_equal(nearest(loose, chosen), theirs)


@pytest.mark.parametrize("method", ["agglomerative", "spectral", "hdbscan", "kmeans"])
def test_many_clips_are_clustered_by_their_landmarks(
    method: str, blobs: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landmarks_module.landmarks, "__defaults__", (60, 0))
    asked = {} if method == "hdbscan" else {"n_clusters": 4}
    found = cluster(Space("pca", "PCA", blobs, ""), method, asked, ["a"] * 120, stability_rounds=2)
    assert found.fitted.labels.shape == (120,)
    assert adjusted_rand_score(blobs[:, :4].argmax(axis=1), found.fitted.labels) > 0.9
    assert "Found among 60 of the 120 clips" in " ".join(found.notes)
    assert found.fitted.tree is None
    assert found.scores.silhouette is not None
