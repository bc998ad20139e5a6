"""UMAP's graph of neighbours, and the start that its eigenvectors give."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.projections.neighbourhood import Neighbourhood

HALVINGS = 64
SMALLEST_WIDTH = 1e-3
DENSE_UP_TO = 1_000
"""Up to so many clips, all eigenvectors at once cost less than a search for the leading ones."""
TOLERANCE = 1e-6


def memberships(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    How strongly each clip is tied to its neighbours, by their distances (n, k), nearest first: (n, k).

    ``exp(-(d - rho) / sigma)``, rho being the distance to the nearest that is no copy, and sigma such that
    a clip's edges sum to log2(k + 1): it counts as one of its own neighbours.

    References
    ----------
    McInnes, Healy and Melville 2018, UMAP, section 3.1 and algorithm 3.
    """
    n, k = distances.shape
    rho = np.where(distances > 0, distances, np.inf).min(axis=1)
    beyond = np.maximum(distances - np.where(np.isfinite(rho), rho, 0.0)[:, None], 0.0)
    target = np.log2(k + 1)
    low, high, sigma = np.zeros(n), np.full(n, np.inf), np.ones(n)
    for _ in range(HALVINGS):
        large = np.exp(-beyond / sigma[:, None]).sum(axis=1) > target
        high, low = np.where(large, sigma, high), np.where(large, low, sigma)
        sigma = np.where(np.isinf(high), sigma * 2, (low + np.minimum(high, low + sigma * 2)) / 2)
    smallest = SMALLEST_WIDTH * np.maximum(distances.mean(axis=1), np.finfo(np.float32).tiny)
    return np.exp(-beyond / np.maximum(sigma, smallest)[:, None])


def graph(indices: NDArray[np.int64], distances: NDArray[np.float64]) -> sparse.csr_matrix:
    """The edges of n clips to their k nearest, (n, k), joined: a + b - ab of either direction; (n, n)."""
    n, k = indices.shape
    begins = np.arange(0, n * k + 1, k)
    edges = sparse.csr_matrix((memberships(distances).ravel(), indices.ravel(), begins), shape=(n, n))
    back = edges.T.tocsr()
    joined = (edges + back - edges.multiply(back)).tocsr()
    joined.sum_duplicates()
    joined.sort_indices()
    return joined


def eigenvectors(edges: sparse.csr_matrix, count: int) -> NDArray[np.float64] | None:
    """
    The ``count`` smoothest vectors over the graph but the constant one, (n, count); None where there are none.

    Those of the normalised Laplacian with the smallest eigenvalues. Of the entries of a vector that are the
    largest, the first is positive: its sign is free. A graph that falls into parts has no such order.
    """
    n = edges.shape[0]
    parts, _ = sparse.csgraph.connected_components(edges, directed=False)
    if parts > 1 or n <= count + 1:
        return None
    scale = sparse.diags(1 / np.sqrt(np.asarray(edges.sum(axis=0)).ravel()))
    # Shifted, so that the eigenvalues sought are the largest in size: no system of equations to solve.
    shifted = scale @ edges @ scale + sparse.identity(n)
    found = _dense(shifted, count) if n <= DENSE_UP_TO else _leading(shifted, count)
    if found is None or not np.isfinite(found).all():
        return None
    size = np.abs(found)
    first = np.argmax(size >= size.max(axis=0) * (1 - 1e-4), axis=0)
    return np.asarray(found * np.where(found[first, np.arange(count)] < 0, -1.0, 1.0))


def _dense(shifted: sparse.csr_matrix, count: int) -> NDArray[np.float64]:
    from scipy.linalg import eigh

    n = shifted.shape[0]
    _, vectors = eigh(shifted.toarray(), subset_by_index=(n - count - 1, n - 1))
    return np.asarray(vectors[:, -2::-1])


def _leading(shifted: sparse.csr_matrix, count: int) -> NDArray[np.float64] | None:
    from scipy.sparse.linalg import ArpackError, eigsh

    n = shifted.shape[0]
    try:
        values, vectors = eigsh(
            shifted, count + 1, v0=np.ones(n), tol=TOLERANCE, ncv=max(2 * count + 3, int(np.sqrt(n)))
        )
    except ArpackError:
        return None
    return np.asarray(vectors[:, np.argsort(-values)[1:]])


def between(clips: Neighbourhood, landmarks_at: NDArray[np.float32], metric: str) -> NDArray[np.float32]:
    """Where the rows that are no landmarks lie, (rows - m, k): the mean of the landmarks nearest to each,
    weighted by how strongly it is tied to them."""
    indices, distances = clips.among(metric)
    weights = memberships(distances)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("ij,ijk->ik", weights, landmarks_at[indices]), dtype=np.float32)
