"""UMAP: keeps neighbours together, and more of the whole than t-SNE does.

The stochastic gradient descent is our own, compiled without anything that differs between processors.
umap-learn's draws its random numbers from the bits of the positions and allows the compiler to reorder sums:
the least noise gives another picture. It also takes seven seconds to compile and one to load, where this takes
less than one. Here each clip draws its own numbers, known from its place and the seed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.landmarks import METRICS
from pipeline.projections import pca
from pipeline.projections.graph import between, eigenvectors, graph, memberships
from pipeline.projections.neighbourhood import Neighbourhood
from pipeline.projections.projection import Embedded, Method, Setting
from pipeline.runtime import stop
from pipeline.runtime.events import ProgressCallback

VECTORS = 5
"""So many eigenvectors are found at once: enough for every projection of a build."""
SPREAD = 1.0
SIDE = 10.0
"""The start fills a cube with this side."""
EPOCHS_OTHERS = 50
NEGATIVES = 5.0
"""Clips that are pushed away for each one that is drawn near."""
REPORT_EVERY = 20
log = logging.getLogger(__name__)


def compute(
    clips: Neighbourhood, dimension: int, parameters: Mapping[str, object], on_progress: ProgressCallback
) -> Embedded:
    """
    The clips in any number of dimensions, from the eigenvectors of the neighbours' graph on.

    The neighbours are lowered to the number of other clips. Where the graph yields no start, as with
    a handful of clips, the principal components are the start. Of many clips, landmarks are laid out,
    and the others start from the landmarks they are tied to and are laid out among these, which stay.
    """
    clips.require_different("UMAP")
    used: dict[str, Any] = dict(parameters)
    n, notes = len(clips.laid_out), []
    used["n_neighbors"] = min(int(used["n_neighbors"]), n - 1)
    if used["n_neighbors"] != parameters["n_neighbors"]:
        notes.append(
            f"{parameters['n_neighbors']} neighbours are more than {n} clips have: lowered to {n - 1}."
        )
    positions, started = _lay_out(clips, dimension, used, on_progress)
    others = _others(clips, positions, used) if clips.by_landmarks else None
    return Embedded(clips.everywhere(positions, others), used, None, (*notes, *started, *clips.notes))


def _lay_out(
    clips: Neighbourhood, dimension: int, used: Mapping[str, Any], on_progress: ProgressCallback
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    k, metric = int(used["n_neighbors"]), str(used["metric"])
    # UMAP counts a clip as the first of its own neighbours.
    edges = clips.remember(("graph", k, metric), lambda: graph(*clips.nearest(k - 1, metric)))
    several = max(dimension, min(VECTORS, len(clips.laid_out) - 2))
    vectors = clips.remember(("eigenvectors", k, metric, several), lambda: eigenvectors(edges, several))
    notes: tuple[str, ...] = ()
    if vectors is None:
        notes = ("UMAP started from principal components: the graph of neighbours gave no start.",)
        start = pca.start(clips, dimension, int(used["seed"]))
    else:
        start = vectors[:, :dimension]
    low, high = start.min(axis=0), start.max(axis=0)
    start = np.ascontiguousarray(SIDE * (start - low) / (high - low))
    curve = _curve(float(used["min_dist"]))
    positions = descend(
        start, None, edges.tocoo(), curve, int(used["n_epochs"]), int(used["seed"]), on_progress
    )
    return positions.astype(np.float32), notes


def _others(
    clips: Neighbourhood, landmarks_at: NDArray[np.float32], used: Mapping[str, Any]
) -> NDArray[np.float32]:
    """Positions of the rows that are no landmarks."""
    metric = str(used["metric"])
    indices, distances = clips.among(metric)
    begins = np.arange(0, indices.size + 1, indices.shape[1])
    strengths = memberships(distances).ravel()
    edges = sparse.csr_matrix((strengths, indices.ravel(), begins), shape=(len(indices), len(landmarks_at)))
    start = between(clips, landmarks_at, metric).astype(np.float64)
    fixed, curve = landmarks_at.astype(np.float64), _curve(float(used["min_dist"]))
    laid = descend(start, fixed, edges.tocoo(), curve, EPOCHS_OTHERS, int(used["seed"]), lambda share: None)
    return laid.astype(np.float32)


@cache
def _curve(min_dist: float) -> tuple[float, float]:
    """a and b with which 1 / (1 + a d ** 2b) is nearest to 1 up to ``min_dist``, then exp(min_dist - d)."""
    from scipy.optimize import curve_fit

    distance = np.linspace(0, 3 * SPREAD, 300)
    kernel = np.where(distance < min_dist, 1.0, np.exp(-(distance - min_dist) / SPREAD))
    (a, b), _ = curve_fit(lambda d, a, b: 1 / (1 + a * d ** (2 * b)), distance, kernel)
    # Rounded, so that the solver's last digits move nothing.
    return round(float(a), 6), round(float(b), 6)


def descend(
    positions: NDArray[np.float64],
    others: NDArray[np.float64] | None,
    edges: sparse.coo_matrix,
    curve: tuple[float, float],
    epochs: int,
    seed: int,
    progress: Callable[[float], None],
) -> NDArray[np.float64]:
    """
    Move positions (n, k) until tied clips are near and all others apart.

    Parameters
    ----------
    positions : ndarray
        The start; it is changed.
    others : ndarray, optional
        Positions (m, k) that stay where they are and to which the edges lead; without, the clips are tied
        among themselves.
    edges : sparse matrix
        Strengths 0 to 1, (n, n) or (n, m). An edge of strength w is drawn in a share w / max of the epochs.
    curve : tuple of float
        a and b of 1 / (1 + a d ** 2b), how near counts as near.
    epochs : int
        Rounds over all edges; the step falls from 1 to 0.
    seed : int
        Of the clips that are pushed away.
    progress : callable
        Is called with the share that is done.

    References
    ----------
    McInnes, Healy and Melville 2018, UMAP, algorithm 5 and section 4.1; steps are cut at 4.
    """
    kept = edges.data >= edges.data.max() / epochs
    heads, tails = edges.row[kept].astype(np.int64), edges.col[kept].astype(np.int64)
    every = edges.data.max() / edges.data[kept]
    due, due_apart = every.copy(), every / NEGATIVES
    state = np.random.default_rng(seed).integers(1, 2**63, size=len(positions)).astype(np.uint64)
    fixed = positions if others is None else others
    run, among = _compiled(), others is None
    with stop.deferred():
        for begin in range(0, epochs, REPORT_EVERY):
            end = min(begin + REPORT_EVERY, epochs)
            span = (begin, end, epochs)
            run(positions, fixed, among, heads, tails, every, due, due_apart, curve, span, state)
            stop.check()
            progress(end / epochs)
    return positions


@cache
def _compiled() -> Callable[..., None]:
    """The descent, compiled; kept on disk beside this file or in the user's cache folder where possible."""
    import numba

    compiled = numba.njit(_run, nogil=True)
    try:
        compiled.enable_caching()
    except (RuntimeError, OSError) as error:
        log.info("numba cannot keep UMAP's descent: %s", error)
    made: Callable[..., None] = compiled
    return made


def _run(
    positions: Any,
    others: Any,
    move_others: bool,
    heads: Any,
    tails: Any,
    every: Any,
    due: Any,
    due_apart: Any,
    curve: tuple[float, float],
    span: tuple[int, int, int],
    state: Any,
) -> None:
    (a, b), (begin, end, epochs) = curve, span
    dimension, count = positions.shape[1], len(others)
    for epoch in range(begin, end):
        step = 1.0 - epoch / epochs
        for tie in range(len(heads)):
            if due[tie] > epoch:
                continue
            due[tie] += every[tie]
            head, tail = heads[tie], tails[tie]
            squared = 0.0
            for axis in range(dimension):
                squared += (positions[head, axis] - others[tail, axis]) ** 2
            if squared > 0.0:
                power = squared**b
                pull = -2.0 * a * b * power / (squared * (1.0 + a * power))
                for axis in range(dimension):
                    move = pull * (positions[head, axis] - others[tail, axis])
                    move = step * min(4.0, max(-4.0, move))
                    positions[head, axis] += move
                    if move_others:
                        others[tail, axis] -= move
            draws = int((epoch - due_apart[tie]) * NEGATIVES / every[tie])
            due_apart[tie] += draws * every[tie] / NEGATIVES
            for _ in range(draws):
                # Marsaglia 2003, Xorshift RNGs
                drawn = state[head]
                drawn ^= drawn << np.uint64(13)
                drawn ^= drawn >> np.uint64(7)
                drawn ^= drawn << np.uint64(17)
                state[head] = drawn
                other = np.int64((drawn >> np.uint64(33)) % np.uint64(count))
                if move_others and other == head:
                    continue
                squared = 0.0
                for axis in range(dimension):
                    squared += (positions[head, axis] - others[other, axis]) ** 2
                if squared > 0.0:
                    push = 2.0 * b / ((0.001 + squared) * (1.0 + a * squared**b))
                    for axis in range(dimension):
                        move = push * (positions[head, axis] - others[other, axis])
                        positions[head, axis] += step * min(4.0, max(-4.0, move))


METHOD = Method(
    name="umap",
    title="UMAP",
    version=2,
    source=(
        "own implementation, held against umap-learn; McInnes, Healy and Melville 2018, "
        "UMAP: uniform manifold approximation and projection"
    ),
    settings=(
        Setting(
            name="n_neighbors",
            title="Neighbours",
            low=2,
            high=100,
            step=1,
            default=15,
            help="How many neighbours a clip is tied to. Small shows detail, large shows the whole.",
        ),
        Setting(
            name="min_dist",
            title="Smallest distance",
            low=0.0,
            high=0.99,
            step=0.01,
            default=0.1,
            help="How densely neighbours may lie. 0 packs groups tightly, as clustering likes it.",
        ),
        Setting(
            name="metric",
            title="Metric",
            choices=METRICS,
            default="euclidean",
            help="How far apart two clips are, by their standardised features.",
        ),
    ),
    parameters={"n_neighbors": 15, "min_dist": 0.1, "metric": "euclidean", "n_epochs": 300, "seed": 0},
    compute=compute,
)
