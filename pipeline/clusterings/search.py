"""All clusterings of one dataset (to be replaced)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.clusterings.cluster import Clustering
from pipeline.clusterings.grid import all_clusterings


@dataclass(frozen=True)
class SearchResult:
    found: Sequence[tuple[str, Clustering]]
    gaps: Sequence[tuple[str, str, str]]
    notes: Sequence[str] = ()


def _one(view, given, umap, truth):
    return view, *all_clusterings(given, umap, truth)


def search(
    given: Mapping, umap: Mapping, truth, *, thorough=False, each: Callable, on_progress=None
) -> SearchResult:
    found, gaps = [], []
    for view, some, missing in each(_one, [(v, g, umap.get(v, {}), truth) for v, g in given.items()]):
        found += [(view, one) for one in some]
        gaps += [(view, *gap) for gap in missing]
    return SearchResult(found, gaps)
