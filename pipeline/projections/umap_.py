"""UMAP by its authors: keeps neighbours together, and more of the whole than t-SNE does."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.projections.compiled import ONE_AT_A_TIME, keep_compiled
from pipeline.projections.copies import once
from pipeline.projections.neighbours import EXACT_UP_TO, METRICS, nearest
from pipeline.projections.pca import start
from pipeline.projections.projection import Embedded, Method, Setting, Tell

ALL_PAIRS_BELOW = 4096
"""Up to here umap-learn itself compares all pairs; beyond, it would compile a search of its own."""


def compute(
    values: NDArray[np.float32], dimension: int, parameters: Mapping[str, object], tell: Tell
) -> Embedded:
    """
    Values (n, d) in any number of dimensions, from the eigenvectors of the neighbours' graph on.

    The neighbours are lowered to the number of other clips. Where the graph yields no start, as with
    a handful of clips, the principal components are the start.
    """
    return once("UMAP", values, lambda rows: _lay_out(rows, dimension, parameters, tell))


def _lay_out(
    values: NDArray[np.float32], dimension: int, parameters: Mapping[str, object], tell: Tell
) -> Embedded:
    used: dict[str, Any] = dict(parameters)
    n = len(values)
    used["n_neighbors"] = min(int(used["n_neighbors"]), n - 1)
    notes = []
    if used["n_neighbors"] != parameters["n_neighbors"]:
        notes.append(
            f"{parameters['n_neighbors']} neighbours are more than {n} clips have: lowered to {n - 1}."
        )
    if n > EXACT_UP_TO:
        notes.append("The neighbours were found by approximate search (NN-descent).")
    # The eigenvectors of a graph of n clips are at most n, and the solver wants one to spare.
    positions = _embed(values, dimension, used, "spectral", tell) if n > dimension + 2 else None
    if positions is None:
        notes.append("UMAP started from principal components: the graph of neighbours gave no start.")
        positions = _embed(values, dimension, used, start(values, dimension, used["seed"]), tell)
    if positions is None:
        positions = np.full((n, dimension), np.nan, dtype=np.float32)
    return Embedded(positions, used, None, tuple(notes))


def _embed(
    values: NDArray[np.float32],
    dimension: int,
    used: Mapping[str, Any],
    init: str | NDArray[np.float64],
    tell: Tell,
) -> NDArray[np.float32] | None:
    """Positions (n, dimension), or None where UMAP fails from this start."""
    keep_compiled()
    from umap import UMAP

    reducer = UMAP(
        n_components=dimension,
        init=init,
        random_state=used["seed"],
        n_jobs=1,  # what a seed means: umap-learn draws in another order with more threads
        disconnection_distance=np.inf,
        precomputed_knn=_neighbours(values, used),
        tqdm_kwds={"file": _Bar(tell), "bar_format": "{percentage}", "disable": False, "miniters": 1},
        **{name: value for name, value in used.items() if name != "seed"},
    )
    try:
        with ONE_AT_A_TIME, warnings.catch_warnings(), np.errstate(all="ignore"):
            # It warns of a failed start, which is tried anew, and that a seed means one thread.
            warnings.simplefilter("ignore")
            positions = np.asarray(reducer.fit_transform(values), dtype=np.float32)
    except (ValueError, TypeError, ArithmeticError, np.linalg.LinAlgError):
        return None
    return positions if np.isfinite(positions).all() else None


def _neighbours(values: NDArray[np.float32], used: Mapping[str, Any]) -> tuple[Any, Any, None]:
    n = len(values)
    if n < ALL_PAIRS_BELOW or n > EXACT_UP_TO:
        return None, None, None
    indices, distances = nearest(values, used["n_neighbors"] - 1, used["metric"])
    # umap-learn counts a clip as the first of its own neighbours.
    indices = np.hstack([np.arange(n)[:, None], indices]).astype(np.int32)
    return indices, np.hstack([np.zeros((n, 1)), distances]).astype(np.float32), None


class _Bar(io.TextIOBase):
    """The file that umap-learn's progress bar writes its percentage to."""

    def __init__(self, tell: Tell) -> None:
        self._say = tell

    def write(self, text: str) -> int:
        if text.strip():
            self._say(float(text) / 100)
        return len(text)


METHOD = Method(
    name="umap",
    title="UMAP",
    version=1,
    source="umap-learn; McInnes, Healy and Melville 2018, UMAP: uniform manifold approximation and projection",
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
    parameters={"n_neighbors": 15, "min_dist": 0.1, "metric": "euclidean", "seed": 0},
    compute=compute,
)
