"""What a build computes of a view, and the key that changes when any of its numbers would."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pipeline.clusterings import CLUSTERERS
from pipeline.clusterings.spaces import UMAP, UMAP_COSINE
from pipeline.features.view import View
from pipeline.inputs import ALL
from pipeline.projections import METHODS

VERSION = 1
"""Raise it when what a unit holds changes for a reason that no method's version or parameter tells."""
PICTURES = (2, 3)
SPACE_DIMENSION = 5
LIMIT = 20_000
"""With more clips a build computes PCA alone; the rest takes hours and is a person's own decision."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One projection that a unit holds; ``origin`` is 'kept' where a person asked for it on a page."""

    method: str
    dimension: int
    parameters: Mapping[str, Any]
    origin: str = "build"


SPACES: Mapping[str, Wanted] = {
    UMAP: Wanted("umap", SPACE_DIMENSION, {"min_dist": 0.0}),
    UMAP_COSINE: Wanted("umap", SPACE_DIMENSION, {"min_dist": 0.0, "metric": "cosine"}),
}
"""UMAP as a space to cluster in, by both distances that one may search by. With ``min_dist`` 0 the points
of one group may lie on one another (McInnes et al. 2018)."""


def pictures() -> list[Wanted]:
    """The projections to look at, each method in 2-D and 3-D."""
    return [Wanted(method, dimension, {}) for method in METHODS for dimension in PICTURES]


def projection_id(dataset: str, view: str, wanted: Wanted) -> str:
    """Readable, and the same in every snapshot: ``esc50.all.umap-3d``, with a hash where parameters were set."""
    name = f"{dataset}.{view}.{wanted.method}-{wanted.dimension}d"
    return f"{name}.{_digest(dict(wanted.parameters))[:8]}" if wanted.parameters else name


def clustering_id(dataset: str, view: str, space: str, method: str, parameters: Mapping[str, Any]) -> str:
    """As :func:`projection_id`; a grid gives many of one method, so the hash is always there."""
    return f"{dataset}.{view}.{space}.{method}.{_digest(dict(parameters))[:8]}"


def keys(fingerprints: Mapping[str, str], views: Mapping[str, View]) -> dict[tuple[str, str], str]:
    """The key of every unit there should be.

    Parameters
    ----------
    fingerprints : mapping of str to str
        Of each dataset's clips, their content and labels (``store/queries/fingerprints.sql``).
    views : mapping of str to View
        With more than one, all of them together are a unit as well; those that a network learned stay out
        of it, for they know the labels.
    """
    told = {name: view.key for name, view in views.items()}
    described = {name: key for name, key in told.items() if not views[name].learned}
    if len(described) > 1:
        told[ALL] = _digest(described)
    recipe = _recipe()
    return {
        (dataset, view): _digest([recipe, key, fingerprint])
        for dataset, fingerprint in fingerprints.items()
        for view, key in told.items()
    }


def _recipe() -> str:
    methods = {name: [one.version, dict(one.parameters)] for name, one in METHODS.items()}
    clusterers = {name: [one.version, dict(one.parameters)] for name, one in CLUSTERERS.items()}
    # In an order of their own: where a method stands in its registry changes no number.
    drawn = sorted(pictures(), key=lambda one: (one.method, one.dimension))
    wanted = [asdict(one) for one in (*drawn, *SPACES.values())]
    return _digest([VERSION, methods, clusterers, wanted])


def _digest(told: object) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=_plain).encode()).hexdigest()[:16]


def _plain(value: object) -> object:
    """NumPy's numbers as Python's: a parameter that comes back from the store gives the same name."""
    return value.item() if isinstance(value, np.generic) else str(value)
