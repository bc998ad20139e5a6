"""What persons have tried on a page and wished to stay: computed again whenever the clips change."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from pathlib import Path

from pipeline.analyses.recipe import KEPT, ClusteringSpec, ProjectionSpec
from pipeline.projections import METHODS
from pipeline.projections.projection import Projection
from store.reader import Reader


def wished(one: Projection) -> ProjectionSpec:
    """What to ask for to get a projection again.

    Few clips may have lowered a setting to a fraction, which nobody can ask for; the next whole number is
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
