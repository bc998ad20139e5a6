"""t-SNE by openTSNE: keeps neighbours together; distances between groups mean little."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from joblib import cpu_count
from numpy.typing import NDArray

from pipeline import stop
from pipeline.inputs import InputError
from pipeline.projections.copies import once
from pipeline.projections.neighbours import EXACT_UP_TO, METRICS, nearest
from pipeline.projections.pca import start
from pipeline.projections.projection import Embedded, Method, Setting, Tell

MOST_DIMENSIONS = 3
TELL_EVERY = 25
GRID_FROM = 10_000
"""From so many clips on, 2-D is interpolated on a grid (FIt-SNE), which there is faster than the tree."""


def compute(
    values: NDArray[np.float32], dimension: int, parameters: Mapping[str, object], tell: Tell
) -> Embedded:
    """
    Values (n, d) in 2 or 3 dimensions, from the leading principal components on.

    The perplexity is lowered to a third of the other clips where it asks for more neighbours than
    there are.

    Raises
    ------
    InputError
        More than 3 dimensions: the tree that makes t-SNE quick grows as 2 to the power of them.
    """
    if dimension > MOST_DIMENSIONS:
        raise InputError(
            f"t-SNE was asked for {dimension} dimensions and gives at most {MOST_DIMENSIONS}. "
            "Choose UMAP or PCA for more."
        )
    return once("t-SNE", values, lambda rows: _lay_out(rows, dimension, parameters, tell))


def _lay_out(
    values: NDArray[np.float32], dimension: int, parameters: Mapping[str, object], tell: Tell
) -> Embedded:
    from openTSNE import TSNE
    from openTSNE.initialization import rescale

    used: dict[str, Any] = dict(parameters)
    n = len(values)
    used["perplexity"] = min(float(used["perplexity"]), (n - 1) / 3)
    early, late = int(used["early_exaggeration_iter"]), int(used["n_iter"])
    method = TSNE(
        n_components=dimension,
        n_jobs=cpu_count(),
        neighbors=_neighbours(values, used),
        negative_gradient_method="fft" if dimension < 3 and n >= GRID_FROM else "bh",
        initialization=rescale(start(values, dimension, used["seed"])),
        callbacks=_Listener(early + late, tell),
        callbacks_every_iters=TELL_EVERY,
        random_state=used["seed"],
        **{name: value for name, value in used.items() if name != "seed"},
    )
    with stop.held():  # interrupted while it is made, openTSNE's tree is freed before it is there: a crash
        embedding = method.fit(values)
    return Embedded(np.asarray(embedding, dtype=np.float32), used, None, _notes(parameters, used, n))


class _Listener:
    """Counts iterations over both phases, since openTSNE counts each from 1."""

    def __init__(self, total: int, tell: Tell) -> None:
        self.calls, self.total, self.tell = 0, max(1, total), tell

    def __call__(self, iteration: int, error: float, embedding: object) -> None:
        stop.check()
        self.calls += 1
        self.tell(min(1.0, self.calls * TELL_EVERY / self.total))


def _neighbours(values: NDArray[np.float32], used: Mapping[str, Any]) -> object:
    from openTSNE.nearest_neighbors import Annoy, PrecomputedNeighbors

    k = min(len(values) - 1, max(1, int(3 * used["perplexity"])))
    if len(values) > EXACT_UP_TO:
        # One thread, since the trees that several build depend on which is first.
        return Annoy(values, k, metric=used["metric"], n_jobs=1, random_state=used["seed"])
    return PrecomputedNeighbors(*nearest(values, k, used["metric"]))


def _notes(asked: Mapping[str, object], used: Mapping[str, Any], n: int) -> tuple[str, ...]:
    notes = []
    if used["perplexity"] != asked["perplexity"]:
        notes.append(
            f"The perplexity of {asked['perplexity']:g} asks for more neighbours than {n} clips have: "
            f"lowered to {used['perplexity']:.3g}."
        )
    if n > EXACT_UP_TO:
        notes.append("The neighbours were found by approximate search (Annoy).")
    return tuple(notes)


METHOD = Method(
    name="tsne",
    title="t-SNE",
    version=1,
    source=(
        "openTSNE; van der Maaten and Hinton 2008, Visualizing data using t-SNE; "
        "van der Maaten 2014, Accelerating t-SNE using tree-based algorithms"
    ),
    settings=(
        Setting(
            name="perplexity",
            title="Perplexity",
            low=2,
            high=100,
            step=1,
            default=30,
            help="About how many neighbours a clip keeps close. Small shows detail, large shows the whole.",
        ),
        Setting(
            name="metric",
            title="Metric",
            choices=METRICS,
            default="euclidean",
            help="How far apart two clips are, by their standardised features.",
        ),
        Setting(
            name="n_iter",
            title="Iterations",
            low=100,
            high=2000,
            step=50,
            default=500,
            help="Steps after the early exaggeration. More take longer and change little.",
        ),
    ),
    parameters={
        "perplexity": 30,
        "metric": "euclidean",
        "n_iter": 500,
        # In our trials (benchmarks/projections.py) as trustworthy as twice the early steps and a finer tree.
        "early_exaggeration_iter": 125,
        "theta": 0.8,
        "seed": 0,
    },
    compute=compute,
)
