"""What a worker is given of a view, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.analyses.recipe import ProjectionSpec
from pipeline.clusterings.cluster import Clustering
from pipeline.projections.projection import Projection
from store.reader import Matrix

BUILD, KEPT = "build", "kept"
"""Where a result comes from: a build's own recipe, or a person who wished it to stay."""


@dataclass(frozen=True, slots=True)
class ClusteringSpec:
    """A clustering that a person has tried on a page and wished to stay."""

    space: str
    method: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UnitName:
    """Which stage made what of which view of which dataset, and by which key it is known."""

    stage: str
    dataset: str
    view: str
    key: str


@dataclass(frozen=True, slots=True)
class Task:
    """The projections that a worker is to make of one view."""

    name: UnitName
    matrices: Mapping[str, Matrix]
    """The view's own, or each view's where the view is :data:`pipeline.inputs.ALL`."""
    specs: Sequence[ProjectionSpec]


@dataclass(slots=True)
class Result:
    """One unit as it was computed."""

    name: UnitName
    clip_ids: NDArray[np.object_]
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    projections: list[tuple[ProjectionSpec, Projection]] = field(default_factory=list)
    clusterings: list[tuple[str, Clustering]] = field(default_factory=list)
    """Each with its origin, 'build' or 'kept'."""
    gaps: list[tuple[str, str]] = field(default_factory=list)
    """What is missing, and why, in a sentence."""
    seconds: float = 0.0
