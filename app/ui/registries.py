"""Names for people of what the pipeline's registries hold."""

from __future__ import annotations

from pipeline.clusterings import CLUSTERERS

SPACES = {
    "standardised": "all columns, standardised",
    "pca": "principal components",
    "umap": "UMAP",
    "umap_cosine": "UMAP by cosine",
}
CLUSTERING_TITLES = {
    "method": {name: one.title for name, one in CLUSTERERS.items()},
    "space": SPACES,
}
"""By column of the leaderboard: a method and a view may have the same short name."""
