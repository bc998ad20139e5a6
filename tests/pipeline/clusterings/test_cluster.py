"""Landmarks: what clusters them is carried over to the other clips."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from pipeline.clusterings.cluster import cluster
from pipeline.clusterings.spaces import Space

Values = NDArray[np.float32]


@pytest.mark.parametrize("method", ["agglomerative", "spectral", "hdbscan", "kmeans"])
def test_many_clips_are_clustered_by_their_landmarks(
    method: str, blobs: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.clusterings.cluster.MAX_WHOLE", 60)
    asked = {} if method == "hdbscan" else {"n_clusters": 4}
    found = cluster(Space("pca", "PCA", blobs, ""), method, asked, ["a"] * 120, stability_rounds=2)
    assert found.fitted.labels.shape == (120,)
    assert adjusted_rand_score(blobs[:, :4].argmax(axis=1), found.fitted.labels) > 0.9
    assert "Found among 60 of the 120 clips" in " ".join(found.notes)
    assert found.fitted.tree is None
    assert found.scores.silhouette is not None
