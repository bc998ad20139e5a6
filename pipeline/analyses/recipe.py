"""What each stage computes of a view, and the key that changes when any of its numbers would."""

from __future__ import annotations

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.clusterings import CLUSTERERS
from pipeline.clusterings.spaces import UMAP
from pipeline.features.view import View
from pipeline.inputs import ALL
from pipeline.projections import METHODS
from pipeline.projections.projection import Projection
from pipeline.stage import State
from store.reader import Matrix, Reader

VERSION = 2
"""Part of the key of every picture and every clustering: raising it computes each t-SNE, UMAP and clustering anew.

Seldom the one to raise. Positions of one projection change: its ``Method.version``. Groups of one clusterer change:
its ``Clusterer.version``, which computes all clusterings anew, for they are ranked together. Something new is
computed of a view: a stage with units and keys of its own, and no version at all.
"""
DIMENSIONS = (2, 3)
"""Of a projection to look at."""
SPACE_DIMENSION = 5

PCA, OVERVIEW, PICTURES, CLUSTERINGS = "pca", "overview", "pictures", "clusterings"
"""The stages: principal components of every view; t-SNE and UMAP of all views together; the same of each view;
clusterings."""
LINEAR = ("pca",)
"""Methods that are computed first, for they cost next to nothing."""


BUILD, KEPT = "build", "kept"
"""Where a result comes from: a build's own recipe, or a person who kept it."""


@dataclass(frozen=True, slots=True)
class ClusteringSpec:
    """A clustering that a person has tried on a page and kept."""

    space: str
    method: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ProjectionSpec:
    """One projection that a unit holds; ``origin`` is 'kept' where a person kept it on a page."""

    method: str
    dimension: int
    parameters: Mapping[str, Any]
    origin: str = "build"


SPACES: Mapping[str, ProjectionSpec] = {
    UMAP: ProjectionSpec("umap", SPACE_DIMENSION, {"min_dist": 0.0}),
}
"""UMAP as a space in which a person may cluster on the page. With ``min_dist`` 0 the points of one group may lie
on one another (McInnes et al. 2018). A build's search stays out of it: UMAP is not laid out anew for each
resample, so that whatever is found there looks more stable than it is."""


def pictures(stage: str, view: View | None) -> list[ProjectionSpec]:
    """The projections to look at that a stage makes of a view, None standing for all views together.

    A view that a network made comes after the others, so all its pictures come at once.
    """
    learned = view is not None and view.learned
    methods = {
        PCA: [] if learned else [name for name in METHODS if name in LINEAR],
        OVERVIEW: [] if view is not None else [name for name in METHODS if name not in LINEAR],
        PICTURES: []
        if view is None
        else list(METHODS)
        if learned
        else [name for name in METHODS if name not in LINEAR],
    }[stage]
    return [ProjectionSpec(method, dimension, {}) for method in methods for dimension in DIMENSIONS]


def views_with_vectors(state: State, reader: Reader) -> dict[str, list[str]]:
    """The views that there are vectors of, by dataset; :data:`ALL` where several can be put together."""
    made = reader.embeddings().query("clips > 0")
    embedded = set(zip(made["dataset"], made["view"], strict=True))
    learned = {name for name, view in state.views.items() if view.learned}
    return {
        dataset: [
            view for view in view_keys(state.views) if view not in learned or (dataset, view) in embedded
        ]
        for dataset in reader.clip_hashes()
    }


def unlearned_views(state: State) -> list[str]:
    """The views that know no label."""
    return [name for name, view in state.views.items() if not view.learned]


def matrices_of(state: State, reader: Reader, dataset: str, views: Iterable[str]) -> dict[str, Matrix]:
    """The vectors of the named views, and of all that :data:`ALL` stands for."""
    named = list(views)
    names = dict.fromkeys(
        [*(unlearned_views(state) if ALL in named else []), *(one for one in named if one != ALL)]
    )
    return {name: reader.matrix(dataset, name) for name in names}


def kept_spec(one: Projection) -> ProjectionSpec:
    """The spec that gives a projection again.

    Few clips may have lowered a setting to a fraction, which no setting takes; the next whole number is
    lowered to the same.
    """
    parameters = dict(one.parameters)
    for setting in METHODS[one.method].settings:
        value = parameters.get(setting.name)
        if isinstance(setting.step, int) and isinstance(value, int | float):
            parameters[setting.name] = max(math.ceil(value), math.ceil(setting.low or value))
    return ProjectionSpec(one.method, one.dimension, parameters, KEPT)


def kept_projections(base: Path | None, dataset: str) -> dict[str, list[ProjectionSpec]]:
    """The projections of a dataset that were kept in a snapshot, by view."""
    found: dict[str, list[ProjectionSpec]] = defaultdict(list)
    if base is not None:
        with Reader(base) as reader:
            rows = reader.projections(dataset)
        for _, row in rows[rows["origin"] == KEPT].iterrows():
            spec = ProjectionSpec(row["method"], int(row["dimension"]), json.loads(row["parameters"]), KEPT)
            found[row["view"]].append(spec)
    return found


def kept_clusterings(base: Path | None, dataset: str) -> dict[str, list[ClusteringSpec]]:
    """The clusterings of a dataset that were kept in a snapshot, by view."""
    found: dict[str, list[ClusteringSpec]] = defaultdict(list)
    if base is not None:
        with Reader(base) as reader:
            rows = reader.clusterings(dataset)
        for _, row in rows[rows["origin"] == KEPT].iterrows():
            spec = ClusteringSpec(row["space"], row["method"], json.loads(row["parameters"]))
            found[row["view"]].append(spec)
    return found


def projection_id(dataset: str, view: str, spec: ProjectionSpec) -> str:
    """Readable, and the same in every snapshot: ``esc50.all.umap-3d``, with a hash where parameters were set."""
    name = f"{dataset}.{view}.{spec.method}-{spec.dimension}d"
    return f"{name}.{digest(dict(spec.parameters))[:8]}" if spec.parameters else name


def clustering_id(dataset: str, view: str, space: str, method: str, parameters: Mapping[str, Any]) -> str:
    """As :func:`projection_id`; a grid gives many of one method, so the hash is always there."""
    return f"{dataset}.{view}.{space}.{method}.{digest(dict(parameters))[:8]}"


def view_keys(views: Mapping[str, View]) -> dict[str, str]:
    """The key of each view, and of all of them together where there are several.

    Views that a network learned stay out of all together, for they know the labels.
    """
    keys = {name: view.key for name, view in views.items()}
    unlearned = {name: key for name, key in keys.items() if not views[name].learned}
    if len(unlearned) > 1:
        keys[ALL] = digest(unlearned)
    return keys


def picture_key(stage: str, view: View | None, view_key: str, clips_hash: str) -> str | None:
    """The key of a stage's projections of one view; None where the stage makes none of it."""
    specs = pictures(stage, view)
    if not specs:
        return None
    methods = {spec.method: METHODS[spec.method] for spec in specs}
    made_by = {name: [one.version, dict(one.parameters)] for name, one in sorted(methods.items())}
    # In an order of their own: where a method stands in its registry changes no number.
    drawn = sorted((asdict(spec) for spec in specs), key=lambda one: (one["method"], one["dimension"]))
    return digest([VERSION, made_by, drawn, view_key, clips_hash])


def clustering_key(keys: Mapping[str, str], clips_hash: str, *, thorough: bool) -> str:
    """The key of the clusterings of a dataset's views, which are compared with one another.

    Parameters
    ----------
    keys : mapping of str to str
        Of the views that are clustered together.
    """
    clusterers = {name: [one.version, dict(one.parameters)] for name, one in CLUSTERERS.items()}
    umap = METHODS.get("umap")
    spaces = [asdict(one) for one in SPACES.values()], umap and [umap.version, dict(umap.parameters)]
    return digest([VERSION, clusterers, spaces, dict(keys), clips_hash, thorough])


def digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=_plain).encode()).hexdigest()[:16]


def _plain(value: object) -> object:
    """NumPy's numbers as Python's: a parameter that comes back from the store gives the same name."""
    return value.item() if isinstance(value, np.generic) else str(value)
