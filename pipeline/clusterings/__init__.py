"""The clusterings: ways to put clips into groups. A new one is one file here and one line in ``CLUSTERERS``."""

from __future__ import annotations

from pipeline.clusterings import agglomerative, dbscan, hdbscan_, kmeans, mixture, spectral
from pipeline.clusterings.clusterer import Clusterer

CLUSTERERS: dict[str, Clusterer] = {
    "kmeans": kmeans.CLUSTERER,
    "agglomerative": agglomerative.CLUSTERER,
    "mixture": mixture.CLUSTERER,
    "dbscan": dbscan.CLUSTERER,
    "hdbscan": hdbscan_.CLUSTERER,
    "spectral": spectral.CLUSTERER,
}
