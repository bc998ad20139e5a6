"""The spaces to cluster in: never the 2-D or 3-D picture, whose gaps are the picture's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterings.points import Points
from pipeline.inputs import FeatureMatrix, InputError

STANDARDISED, PCA, UMAP, UMAP_COSINE = "standardised", "pca", "umap", "umap_cosine"
SPACES = (STANDARDISED, PCA, UMAP, UMAP_COSINE)
METRICS = {UMAP: "Euclidean distance", UMAP_COSINE: "cosine distance"}
"""By what UMAP took its neighbours, for each of its spaces."""

Umap = NDArray[np.float32] | Mapping[str, NDArray[np.float32]] | None
"""Positions (n, 5 to 10) by UMAP with ``min_dist`` 0; or such by the name of their space; or none."""

SHARE_HELD = 0.9
MAX_COMPONENTS = 32


@dataclass(frozen=True, eq=False)
class Space:
    """Values float32 (n, k) of the clips in one space; ``summary`` is a sentence on what that space is."""

    name: str
    title: str
    values: NDArray[np.float32]
    summary: str
    points: Points = field(init=False, repr=False)
    """The values with what was computed of them before: keep the space to cluster again at once."""

    def __post_init__(self) -> None:
        if not np.isfinite(self.values).all():
            raise InputError(
                f"The space '{self.name}' holds values that are not numbers. Build again, or choose another."
            )
        object.__setattr__(self, "points", Points(self.values))


def spaces(features: FeatureMatrix, umap: Umap) -> list[Space]:
    """
    The view's own standardised space, its leading principal components, and UMAP's where there is one.

    Parameters
    ----------
    features : FeatureMatrix
        Standardised vectors of n clips.
    umap : Umap
        Positions of the same clips in the same order; as a mapping, by names in ``METRICS``.

    Raises
    ------
    InputError
        ``umap`` has other clips than ``features``, or holds values that are not numbers.
    """
    n, d = features.values.shape
    counted = "Its 1 column" if d == 1 else f"All {d} columns"
    found = [
        Space(STANDARDISED, "Standardised", features.values, f"{counted}, each with mean 0 and deviation 1."),
        _components(features.values),
    ]
    named = umap if isinstance(umap, Mapping) else {UMAP: umap} if umap is not None else {}
    return found + [_by_umap(name, positions, n) for name, positions in named.items()]


def _by_umap(name: str, positions: NDArray[np.float32], n: int) -> Space:
    if len(positions) != n:
        raise InputError(f"UMAP has positions of {len(positions)} clips, the view has {n}. Build again.")
    dimension, metric = positions.shape[1], METRICS[name]
    summary = f"UMAP by {metric} to {dimension} dimensions, min_dist 0: near stays near, far means little."
    return Space(name, f"UMAP, {metric}, {dimension}-D", positions.astype(np.float32), summary)


def _components(values: NDArray[np.float32]) -> Space:
    """The leading principal components that hold 90 % of the variance, at most 32."""
    from sklearn import decomposition

    n, d = values.shape
    # The covariance's eigenvectors cost d x d memory whatever n is, and come out the same each time.
    model = decomposition.PCA(min(n, d, MAX_COMPONENTS), svd_solver="full" if n < d else "covariance_eigh")
    scores = model.fit_transform(values.astype(np.float64))  # (n, components)
    held = np.cumsum(model.explained_variance_ratio_)
    count = min(int(np.searchsorted(held, SHARE_HELD - 1e-9)) + 1, len(held))
    summary = f"{count} of {d} principal components, which hold {held[count - 1]:.0%} of the variance."
    return Space(PCA, "Principal components", scores[:, :count].astype(np.float32), summary)
