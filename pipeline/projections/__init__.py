"""The projections: ways to lay clips out in a few dimensions. A new one is one file and one line here."""

from __future__ import annotations

import os

# Threads of OpenMP wait for each other a thousand times in one t-SNE. On a busy machine those that spin
# while they wait keep the others from working: 400 clips then took 19 s, and 1.5 s with sleep. It is read
# when the library is loaded, so it comes before the imports that load it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from pipeline.projections import pca, tsne, umap_
from pipeline.projections.projection import Method

METHODS: dict[str, Method] = {
    "pca": pca.METHOD,
    "tsne": tsne.METHOD,
    "umap": umap_.METHOD,
}
