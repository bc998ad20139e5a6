"""t-SNE by openTSNE: keeps neighbours together; distances between groups mean little."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.inputs import InputError
from pipeline.landmarks import METRICS
from pipeline.projections import pca
from pipeline.projections.graph import between
from pipeline.projections.neighbourhood import Neighbourhood
from pipeline.projections.projection import Embedded, Method, Setting
from pipeline.runtime import stop
from pipeline.runtime.events import ProgressCallback

MAX_DIMENSIONS = 3
REPORT_EVERY = 25


def compute(
    clips: Neighbourhood, dimension: int, parameters: Mapping[str, object], on_progress: ProgressCallback
) -> Embedded:
    """
    The clips in 2 or 3 dimensions, from the leading principal components on.

    The perplexity is lowered to a third of the other clips where it asks for more neighbours than
    there are. Of many clips, landmarks are laid out and the others placed by their weights among them.

    Raises
    ------
    InputError
        More than 3 dimensions: the tree that makes t-SNE quick grows as 2 to the power of them.
    """
    if dimension > MAX_DIMENSIONS:
        raise InputError(
            f"t-SNE was asked for {dimension} dimensions and gives at most {MAX_DIMENSIONS}. "
            "Choose UMAP or PCA for more."
        )
    clips.require_different("t-SNE")
    used: dict[str, Any] = dict(parameters)
    n = len(clips.laid_out)
    used["perplexity"] = min(float(used["perplexity"]), (n - 1) / 3)
    positions = _lay_out(clips, dimension, used, on_progress)
    others = between(clips, positions, str(used["metric"])) if clips.by_landmarks else None
    return Embedded(
        clips.everywhere(positions, others), used, None, (*_notes(parameters, used, n), *clips.notes)
    )


def _lay_out(
    clips: Neighbourhood, dimension: int, used: Mapping[str, Any], on_progress: ProgressCallback
) -> NDArray[np.float32]:
    from openTSNE import TSNE
    from openTSNE.initialization import rescale

    early, late = int(used["early_exaggeration_iter"]), int(used["n_iter"])
    method = TSNE(
        n_components=dimension,
        n_jobs=1,  # with more, the forces are summed in another order
        negative_gradient_method="bh",
        callbacks=_Listener(early + late, on_progress),
        callbacks_every_iters=REPORT_EVERY,
        random_state=used["seed"],
        **{name: value for name, value in used.items() if name != "seed"},
    )
    key = ("affinities", used["perplexity"], used["metric"])
    affinities = clips.remember(key, lambda: _affinities(clips, used))
    start = rescale(pca.start(clips, dimension, int(used["seed"])))
    with (
        stop.deferred()
    ):  # interrupted while it is made, openTSNE's tree is freed before it is there: a crash
        embedding = method.fit(affinities=affinities, initialization=start)
    return np.asarray(embedding, dtype=np.float32)


def _affinities(clips: Neighbourhood, used: Mapping[str, Any]) -> object:
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    k = min(len(clips.laid_out) - 1, max(1, int(3 * used["perplexity"])))
    indices, distances = clips.nearest(k, used["metric"])
    index = PrecomputedNeighbors(np.ascontiguousarray(indices), np.ascontiguousarray(distances))
    return PerplexityBasedNN(perplexity=used["perplexity"], knn_index=index, n_jobs=1)


class _Listener:
    """Counts iterations over both phases, since openTSNE counts each from 1."""

    def __init__(self, total: int, on_progress: ProgressCallback) -> None:
        self.calls, self.total, self.on_progress = 0, max(1, total), on_progress

    def __call__(self, iteration: int, error: float, embedding: object) -> None:
        stop.check()
        self.calls += 1
        self.on_progress(min(1.0, self.calls * REPORT_EVERY / self.total))


def _notes(requested: Mapping[str, object], used: Mapping[str, Any], n: int) -> tuple[str, ...]:
    if used["perplexity"] == requested["perplexity"]:
        return ()
    return (
        f"The perplexity of {requested['perplexity']:g} asks for more neighbours than {n} clips have: "
        f"lowered to {used['perplexity']:.3g}.",
    )


METHOD = Method(
    name="tsne",
    title="t-SNE",
    version=2,
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
            default=250,
            help="Steps after the early exaggeration. More take longer and change little.",
        ),
    ),
    parameters={
        "perplexity": 30,
        "metric": "euclidean",
        "n_iter": 250,
        # In our trials (benchmarks/projections.py) as trustworthy as twice the steps and a finer tree.
        "early_exaggeration_iter": 75,
        "theta": 0.8,
        "seed": 0,
    },
    compute=compute,
)
