"""What persons have tried on a page and wished to stay: computed again whenever the clips change."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from pipeline.analyses.recipe import Wanted
from pipeline.analyses.unit import KEPT, WantedClustering
from store.reader import Reader


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
