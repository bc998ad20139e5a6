"""Principal components: the directions in which the clips differ most. Linear, exact and quick."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.projections.neighbourhood import Neighbourhood
from pipeline.projections.projection import Axes, Embedded, Method
from pipeline.runtime.events import ProgressCallback

LEVEL = 1e-4
SEVERAL = 3
NOTHING = 1e-12
"""A share of the variance that float32 cannot hold."""


def compute(
    clips: Neighbourhood, dimension: int, parameters: Mapping[str, object], on_progress: ProgressCallback
) -> Embedded:
    """The leading components of the clips' values (n, d); where there are fewer, the rest of the axes is 0."""
    values, axes = clips.values, _shared(clips, clips.values, dimension)
    on_progress(0.5)
    positions = (values - values.mean(axis=0, dtype=np.float64)) @ axes.loadings.T  # (n, k)
    found = int((axes.explained > 0).sum())
    directions = "one direction" if found == 1 else f"{found} directions"
    notes = (f"The clips differ in {directions} only: the other axes are 0.",) if found < dimension else ()
    return Embedded(positions.astype(np.float32), dict(parameters), axes, notes)


def components(values: NDArray[np.float32], dimension: int) -> Axes:
    """
    The leading eigenvectors of the covariance, by singular value decomposition.

    The sign of a component is free, so one is chosen: of its loadings that are the largest, the first
    is positive. Components that hold no variance have loadings 0.
    """
    from sklearn.decomposition import PCA

    n, d = values.shape
    count = min(dimension, n - 1, d)
    # Exact, whatever the shape: the randomised solver would give other numbers for another seed.
    solver = "covariance_eigh" if n > d else "full"
    fitted = PCA(n_components=count, svd_solver=solver).fit(values.astype(np.float64))
    explained, loadings = np.zeros(dimension), np.zeros((dimension, d))
    explained[:count] = fitted.explained_variance_ratio_
    explained[explained < NOTHING] = 0.0
    loadings[:count] = fitted.components_
    loadings[explained == 0.0] = 0.0
    return Axes(explained, loadings * _signs(loadings)[:, None])


def start(clips: Neighbourhood, dimension: int, seed: int) -> NDArray[np.float64]:
    """Leading components (m, dimension) of what is laid out, for another method to start from: none
    constant, no two clips at one place, as that method would never part them."""
    values = clips.laid_out
    loadings = _shared(clips, values, dimension).loadings
    positions = np.asarray(values @ loadings.T, dtype=np.float64)
    noise = np.random.default_rng(seed).normal(size=positions.shape)
    return positions + LEVEL * np.abs(positions).max() * noise


def _shared(clips: Neighbourhood, values: NDArray[np.float32], dimension: int) -> Axes:
    """The leading components, of which one decomposition serves every picture."""
    several = max(dimension, SEVERAL)
    axes = clips.remember(("pca", id(values), several), lambda: components(values, several))
    return Axes(axes.explained[:dimension], axes.loadings[:dimension])


def _signs(loadings: NDArray[np.float64]) -> NDArray[np.float64]:
    """-1 where the first of a component's largest loadings is negative, else 1: shape ``(k,)``."""
    size = np.abs(loadings)
    # Loadings that differ by rounding alone count as equally large: with two columns they always are.
    first = np.argmax(size >= size.max(axis=1, keepdims=True) * (1 - LEVEL), axis=1)
    return np.where(loadings[np.arange(len(loadings)), first] < 0, -1.0, 1.0)


METHOD = Method(
    name="pca",
    title="PCA",
    version=1,
    source="sklearn.decomposition.PCA; Pearson 1901, On lines and planes of closest fit to systems of points",
    settings=(),
    parameters={},
    compute=compute,
)
