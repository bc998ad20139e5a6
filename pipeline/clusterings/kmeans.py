"""K-Means: each clip belongs to the nearest of k means."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.clusterings.clusterer import (
    Clusterer,
    Fitted,
    Parameters,
    cluster_counts,
    found_fewer,
    require_clusters,
)
from pipeline.clusterings.points import Points
from pipeline.projections.projection import Setting

TITLE = "K-Means"


def fit(points: Points, parameters: Mapping[str, Any]) -> Fitted:
    """Lloyd's algorithm from ``n_init`` k-means++ starts, the best of them by inertia."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    count = int(parameters["n_clusters"])
    require_clusters(TITLE, count, len(points))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a note says so instead
        model = KMeans(count, n_init=parameters["n_init"], random_state=parameters["random_state"])
        labels = model.fit_predict(points.values)
    return Fitted(labels.astype(np.int32), dict(parameters), notes=found_fewer(labels, count))


def grid(points: Points) -> list[Parameters]:
    return [{"n_clusters": number} for number in cluster_counts(len(points))]


CLUSTERER = Clusterer(
    name="kmeans",
    title=TITLE,
    version=1,
    source="sklearn.cluster.KMeans; Lloyd 1982, Arthur and Vassilvitskii 2007 (k-means++)",
    settings=(
        Setting("n_clusters", "Clusters", 2, 200, 1, 10, help="Into how many groups the clips are put."),
        Setting("n_init", "Starts", 1, 20, 1, 3, help="The best of so many runs is kept."),
    ),
    parameters={"n_clusters": 10, "n_init": 3, "random_state": 0},
    grid=grid,
    fit=fit,
)
