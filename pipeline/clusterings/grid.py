"""Every clustering of one view: all spaces, all methods, each over its grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.clusterings import CLUSTERERS
from pipeline.clusterings.cluster import Clustering, cluster, require_clips
from pipeline.clusterings.clusterer import Clusterer, Parameters
from pipeline.clusterings.measures import FAILURES
from pipeline.clusterings.spaces import Space, Umap, spaces
from pipeline.clusterings.stability import ROUNDS
from pipeline.inputs import Input
from pipeline.runtime import stop
from store.errors import SesatlasError

Gap = tuple[str, str]
"""What was not computed, and why, in a sentence."""


def all_clusterings(
    given: Input,
    umap: Umap,
    truth: Sequence[str | None] | None,
    tell: Callable[[float], None] | None = None,
    *,
    stability_rounds: int = ROUNDS,
) -> tuple[list[Clustering], list[Gap]]:
    """
    Cluster a view in every space by every method.

    Parameters
    ----------
    given : Input
        The view's standardised vectors.
    umap : Umap
        Positions of the same clips by UMAP, float32 (n, 5 to 10), or a mapping of them by space.
    truth : sequence of str or None
        Each clip's label, for the external scores alone.
    tell : callable, optional
        Is told the share that is done, 0 to 1.
    stability_rounds : int
        How many resamplings to measure each clustering's stability by.

    Returns
    -------
    tuple of list
        The clusterings, and what failed, with a sentence why. One that fails keeps no other back.

    Raises
    ------
    KeyboardInterrupt
        Somebody asked to stop (``pipeline.runtime.stop``).
    """
    try:
        require_clips(len(given.values))
        in_spaces = spaces(given, umap)
    except SesatlasError as error:
        return [], [("Clusterings", str(error))]
    found: list[Clustering] = []
    gaps: list[Gap] = []
    total = len(in_spaces)
    while in_spaces:
        space = in_spaces.pop(0)  # gone with its matrix of distances once it is done
        before = (total - len(in_spaces) - 1) / total
        wanted, failed = tried(space)
        gaps += failed
        for done, (clusterer, parameters) in enumerate(wanted):
            stop.check()
            try:
                found.append(
                    cluster(space, clusterer.name, parameters, truth, stability_rounds=stability_rounds)
                )
            except FAILURES as error:
                gaps.append((f"{space.title}: {clusterer.title}, {in_words(parameters)}", sentence(error)))
            if tell is not None:
                tell(before + (done + 1) / len(wanted) / total)
    return found, gaps


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
