"""Names for people of what the pipeline's registries hold."""

from __future__ import annotations

from pipeline.clusterings import CLUSTERERS
from pipeline.projections import METHODS

SPACES = {
    "standardised": "all columns, standardised",
    "pca": "principal components",
    "umap": "UMAP",
    "umap_cosine": "UMAP by cosine",
}
METHODS_AND_SPACES = (
    {name: one.title for name, one in CLUSTERERS.items()}
    | {name: one.title for name, one in METHODS.items()}
    | SPACES
)
