"""The clusterings that are worth comparing, what is measured of them, and which of them are measured in full."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from pipeline.clusterings import CLUSTERERS
from pipeline.clusterings.cluster import Clustering, completed, nearest_landmarks
from pipeline.clusterings.clusterer import Clusterer, Parameters
from pipeline.clusterings.measures import WHOLE, Measured, Rounds, measure
from pipeline.clusterings.ranking import trust
from pipeline.clusterings.spaces import STANDARDISED, Space
from pipeline.clusterings.stability import resamples, within_stability
from pipeline.errors import FAILURES, failure_sentence
from pipeline.projections.projection import merged
from pipeline.runtime import stop

Gap = tuple[str, str]
"""What was not computed, and why, in a sentence."""
MAX_MODEL_COLUMNS = 64
"""With more columns, models of means are fitted to the principal components, which hold what differs."""
MODELS = ("kmeans", "mixture")
CITY_BLOCK = "cityblock"
SCREEN = Rounds((0, 2), (0, 1), (0, 1))
"""So little is enough to sort out the hopeless."""
SCREENED = 300
FINALISTS = 100


@dataclass(frozen=True, eq=False)
class SpaceTask:
    """
    A space as a worker process takes it; ``chosen`` are the positions of the landmarks, None for all clips.

    ``seed`` is that of resamples and random starts.
    """

    view: str
    name: str
    title: str
    values: NDArray[np.float32]
    chosen: NDArray[np.intp] | None = None
    seed: int = 0

    def space(self) -> Space:
        """The space of the clips that are clustered: all of them, or the landmarks."""
        values = self.values if self.chosen is None else self.values[self.chosen]
        return Space(self.name, self.title, values, "")

    def of_landmarks(self) -> SpaceTask:
        """The task without the clips that are not clustered, which need not travel to a worker."""
        return SpaceTask(self.view, self.name, self.title, self.space().values, None, self.seed)


@dataclass(frozen=True, eq=False)
class Candidate:
    """One clustering of a space that may be worth measuring; ``labels`` int32, -1 for noise."""

    space: int
    view: str
    method: str
    parameters: Mapping[str, object]
    labels: NDArray[np.int32]

    @property
    def clusters(self) -> int:
        return len(np.unique(self.labels[self.labels >= 0]))


def compared(position: int, task: SpaceTask, thorough: bool) -> tuple[int, list[Candidate], list[Gap]]:
    """Every clustering of a space that is worth trying, each once, and what failed."""
    found: list[Candidate] = []
    seen: set[bytes] = set()
    with threadpool_limits(1):
        space = task.space()
        combinations, gaps = combinations_of(space, lambda clusterer: worthwhile(space, clusterer, thorough))
        for clusterer, parameters in combinations:
            stop.check()
            try:
                fitted = clusterer.fit(space.points, seeded(clusterer, parameters, task.seed))
            except FAILURES as error:
                gaps.append(
                    (f"{space.title}: {clusterer.title}, {described(parameters)}", failure_sentence(error))
                )
                continue
            key = canonical(fitted.labels).tobytes()
            if key not in seen or thorough:
                seen.add(key)
                found.append(Candidate(position, task.view, clusterer.name, fitted.parameters, fitted.labels))
    return position, found, gaps


def combinations_of(
    space: Space, worthwhile: Callable[[Clusterer], bool] | None = None
) -> tuple[list[tuple[Clusterer, Parameters]], list[Gap]]:
    """What shall be tried in a space, of the methods that are worthwhile, and those of which nothing can be."""
    combinations: list[tuple[Clusterer, Parameters]] = []
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
            gaps.append((what, failure_sentence(error)))
            continue
        combinations += [(clusterer, parameters) for parameters in grid]
        if not grid:
            few = f"There are {len(space.points)} clips, too few for any parameters of its grid."
            gaps.append((what, few))
    return combinations, gaps


def worthwhile(space: Space, clusterer: Clusterer, thorough: bool) -> bool:
    """
    Whether a method has anything to say in a space that another combination does not say for less.

    A graph of city-block neighbours is made for columns, of which principal components are a summary: it
    is not even tried there when the search is thorough.
    """
    if clusterer.metric == CITY_BLOCK:
        return space.name == STANDARDISED
    return thorough or clusterer.name not in MODELS or space.values.shape[1] <= MAX_MODEL_COLUMNS


def measured(
    position: int, task: SpaceTask, candidates: Sequence[Candidate], rounds: Rounds
) -> tuple[int, list[Measured]]:
    """Measure candidates of one space by the rounds named."""
    with threadpool_limits(1):
        points = task.space().points
        return position, [
            measure(points, CLUSTERERS[one.method], one.parameters, one.labels, rounds, task.seed)
            for one in candidates
        ]


def divided(
    position: int, reference: SpaceTask, groupings: Sequence[NDArray[np.int32]], rounds: tuple[int, int]
) -> tuple[int, list[list[float]]]:
    """
    The stability within the clusters of each grouping, among the distances of one space for all of them.

    Spaces of few columns divide more stably than those of many, so that each in its own could not be
    compared. ``groupings`` number the clips of the reference, below -1 for a clip that they lack.
    """
    with threadpool_limits(1):
        points = reference.space().points
        parts = [kept for kept, _ in resamples(points, rounds[1], reference.seed)[slice(*rounds)]]
        found = []
        for labels in groupings:
            stop.check()
            found.append(within_stability(points.distances, labels, parts))
    return position, found


def finished(
    position: int,
    task: SpaceTask,
    pairs: Sequence[tuple[Candidate, Measured]],
    truth: Sequence[str | None] | None,
) -> tuple[int, list[Clustering | tuple[str, str]]]:
    """Candidates of one space with all that is measured of a clustering, or what failed and why."""
    found: list[Clustering | tuple[str, str]] = []
    with threadpool_limits(1):
        space = Space(task.name, task.title, task.values, "")
        points = space.points if task.chosen is None else space.points.subset(task.chosen)
        near = None if task.chosen is None else nearest_landmarks(space.values, task.chosen)
        for one, before in pairs:
            stop.check()
            clusterer = CLUSTERERS[one.method]
            try:
                found.append(
                    completed(
                        space,
                        points,
                        task.chosen,
                        clusterer,
                        one.parameters,
                        truth,
                        WHOLE.stability[1],
                        before=before,
                        near=near,
                        seed=task.seed,
                    )
                )
            except FAILURES as error:
                found.append((f"{task.title}: {clusterer.title}", failure_sentence(error)))
    return position, found


def seeded(clusterer: Clusterer, parameters: Parameters, seed: int) -> dict[str, object]:
    """All parameters; another seed than 0 stands in for that of random starts."""
    full = merged(clusterer, parameters)
    return {**full, "random_state": seed} if seed and "random_state" in full else full


def canonical(labels: NDArray[np.integer]) -> NDArray[np.int32]:
    """The same groups numbered in the order of their first clips; noise stays -1."""
    kinds, first, position = np.unique(labels, return_index=True, return_inverse=True)
    order = np.full(len(kinds), -1, dtype=np.int32)
    clusters = np.flatnonzero(kinds >= 0)
    order[clusters[np.argsort(first[clusters])]] = np.arange(len(clusters))
    return order[position]


def screened(
    candidates: Sequence[Candidate], labels: NDArray[np.int32], agreed: NDArray[np.float64], max_rows: int
) -> list[int]:
    """Rows of the candidates to measure by a few resamples: the best by what other views confirm."""
    score = trust(pd.DataFrame({"agreement": agreed}), labels)
    return _best(candidates, score, max_rows)


def finalists(
    candidates: Sequence[Candidate],
    labels: NDArray[np.int32],
    agreed: NDArray[np.float64],
    numbers: Sequence[Measured],
    max_rows: int,
) -> list[int]:
    """Rows of the candidates to measure by all resamples."""
    table = pd.DataFrame([one.means() for one in numbers]).assign(agreement=agreed)
    return _best(candidates, trust(table, labels), max_rows)


def _best(candidates: Sequence[Candidate], score: NDArray[np.float64], max_rows: int) -> list[int]:
    """
    The rows of the highest scores in their own order; half of the seats go to each view's own best.

    Within a view the methods take turns, so that a person finds some of each.
    """
    order = np.argsort(-score, kind="stable").tolist()
    turns: dict[tuple[str, str], int] = {}
    views: dict[str, list[tuple[int, int]]] = {}
    for standing, row in enumerate(order):
        one = candidates[row]
        turn = turns[one.view, one.method] = turns.get((one.view, one.method), -1) + 1
        views.setdefault(one.view, []).append((turn, standing))
    seats = max_rows // 2 // max(len(views), 1)
    chosen = {order[standing] for queue in views.values() for _, standing in sorted(queue)[:seats]}
    for row in order:
        if len(chosen) >= max_rows:
            break
        chosen.add(row)
    return sorted(chosen)


def described(parameters: Parameters) -> str:
    return ", ".join(f"{name} {value}" for name, value in parameters.items())
