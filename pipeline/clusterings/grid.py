"""Every clustering of one view: all spaces, all methods, each over its grid."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.clusterings import CLUSTERERS
from pipeline.clusterings.clusterer import Clusterer, Parameters
from pipeline.clusterings.measures import FAILURES
from pipeline.clusterings.spaces import Space
from store.errors import SesatlasError

Gap = tuple[str, str]
"""What was not computed, and why, in a sentence."""


def tried(
    space: Space, worthwhile: Callable[[Clusterer], bool] | None = None
) -> tuple[list[tuple[Clusterer, Parameters]], list[Gap]]:
    """What shall be tried in a space, of the methods that are worthwhile, and those of which nothing can be."""
    wanted: list[tuple[Clusterer, Parameters]] = []
    gaps: list[Gap] = []
    for clusterer in CLUSTERERS.values():
        if worthwhile is not None and not worthwhile(clusterer):
            continue
        what = f"{space.title}: {clusterer.title}"
        try:
            if clusterer.needs_pairs:
                space.points.require_pairs(clusterer.title)
            grid = clusterer.grid(space.points)
        except FAILURES as error:
            gaps.append((what, sentence(error)))
            continue
        wanted += [(clusterer, parameters) for parameters in grid]
        if not grid:
            few = f"There are {len(space.points)} clips, too few for any parameters of its grid."
            gaps.append((what, few))
    return wanted, gaps


def in_words(parameters: Parameters) -> str:
    return ", ".join(f"{name} {value}" for name, value in parameters.items())


def sentence(error: Exception) -> str:
    if isinstance(error, SesatlasError):
        return str(error)
    said = str(error).strip().split("\n")[0]
    return (
        f"It failed on these clips: {said or type(error).__name__}. Try other parameters, or another space."
    )
