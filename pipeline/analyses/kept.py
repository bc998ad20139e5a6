"""What persons have tried on a page and wished to stay: computed again whenever the clips change."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from pathlib import Path

from pipeline.analyses.recipe import Wanted
from pipeline.analyses.task import KEPT, WantedClustering
from pipeline.projections import METHODS
from pipeline.projections.projection import Projection
from store.reader import Reader


def wished(one: Projection) -> Wanted:
    """What to ask for to get a projection again.

    Few clips may have lowered a setting to a fraction, which nobody can ask for; the next whole number is
    lowered to the same.
    """
    parameters = dict(one.parameters)
    for setting in METHODS[one.method].settings:
        value = parameters.get(setting.name)
        if isinstance(setting.step, int) and isinstance(value, int | float):
            parameters[setting.name] = max(math.ceil(value), math.ceil(setting.low or value))
    return Wanted(one.method, one.dimension, parameters, KEPT)


def kept_of(base: Path | None, dataset: str) -> dict[str, list[Wanted | WantedClustering]]:
    """The projections and clusterings of a dataset that were kept in a snapshot, by view."""
    found: dict[str, list[Wanted | WantedClustering]] = defaultdict(list)
    if base is None:
        return found
    with Reader(base) as reader:
        projections, clusterings = reader.projections(dataset), reader.clusterings(dataset)
    for _, row in projections[projections["origin"] == KEPT].iterrows():
        wanted = Wanted(row["method"], int(row["dimension"]), json.loads(row["parameters"]), KEPT)
        found[row["view"]].append(wanted)
    for _, row in clusterings[clusterings["origin"] == KEPT].iterrows():
        found[row["view"]].append(
            WantedClustering(row["space"], row["method"], json.loads(row["parameters"]))
        )
    return found
