"""Small collections in clear groups, and builds that project and cluster them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.analyses.recipe import PICTURES, ProjectionSpec
from pipeline.analyses.unit import Task, UnitName
from pipeline.clusterings import CLUSTERERS
from pipeline.clusterings.cluster import cluster
from pipeline.clusterings.clusterer import Clusterer
from pipeline.clusterings.spaces import spaces
from pipeline.features import VIEWS
from pipeline.inputs import ALL, FeatureMatrix, standardised_input
from pipeline.projections import METHODS
from pipeline.projections.project import project
from pipeline.projections.projection import Projection
from store.reader import Matrix, Reader

QUICK = {"kmeans": 2, "hdbscan": 1}
"""Clusterers, and how many rows of their grids."""
NAMES = ("dog", "rooster", "rain")


def first_of(whole: Clusterer, rows: int) -> Clusterer:
    """A clusterer with the first rows of its grid alone."""
    return replace(whole, grid=lambda points: whole.grid(points)[:rows])


@pytest.fixture
def few_clusterings(monkeypatch: pytest.MonkeyPatch, only: Callable[..., None]) -> None:
    """Few clusterings in the place of many: what is tested does not depend on which there are.

    Nothing is learned: ``tests/pipeline/experiments`` has builds that do.
    """
    monkeypatch.setattr("pipeline.experiments.stage.grid", lambda *_: ())
    monkeypatch.setattr("pipeline.audit.confounds.TREES", (5, 5))
    only(CLUSTERERS, {name: first_of(CLUSTERERS[name], rows) for name, rows in QUICK.items()})


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, few_clusterings: None) -> None:
    """Few clusterings, and pictures of few rounds."""
    short = METHODS["tsne"].parameters | {"early_exaggeration_iter": 25, "n_iter": 100}
    monkeypatch.setitem(METHODS, "tsne", replace(METHODS["tsne"], parameters=short))


@pytest.fixture
def grouped(esc50):
    """Fifteen clips, five of each of three labels, each label at a pitch of its own."""
    for name in list(esc50.categories):
        esc50.path(name).unlink()
    esc50.categories.clear()
    for number in range(15):
        group = number % 3
        hz = (300, 1200, 4000)[group] + 9 * number
        esc50.add(f"{number % 5 + 1}-{1000 + number}-A-{group}.wav", hz, NAMES[group])
    return esc50


@pytest.fixture
def analysing(builder, few):
    """Builds with projections and clusterings of two views and of both together."""
    builder.analyses = True
    return builder


@pytest.fixture
def built(analysing, grouped, built_once):
    """A builder that has built the fifteen clips."""
    return built_once("analyses", f"esc50={grouped.root}")


@pytest.fixture(scope="session")
def matrix_of() -> Callable[[Any], Matrix]:
    """Numbers (n, d) as the store gives a view."""

    def make(values: Any) -> Matrix:
        array = np.asarray(values, dtype=np.float32)
        ids = np.array([f"d/{row:03d}" for row in range(len(array))], dtype=object)
        return Matrix(ids, array, tuple(f"x{column}" for column in range(array.shape[1])))

    return make


@pytest.fixture(scope="session")
def task_of(matrix_of) -> Callable[..., Task]:
    """A task of one view, or of several together where a mapping is given: every picture that there is."""

    def make(values: Any, kept: Sequence[ProjectionSpec] = ()) -> Task:
        many = values if isinstance(values, Mapping) else {"v": values}
        matrices = {name: matrix_of(one) for name, one in many.items()}
        usual = [ProjectionSpec(method, dimension, {}) for method in METHODS for dimension in (2, 3)]
        name = UnitName(PICTURES, "d", ALL if len(many) > 1 else "v", "key")
        return Task(name, matrices, [*usual, *kept])

    return make


@pytest.fixture(scope="session")
def groups() -> np.ndarray:
    """Three groups of eight clips, float32 (24, 6)."""
    random = np.random.default_rng(0)
    centres = 6 * random.normal(size=(3, 6))
    return (np.repeat(centres, 8, axis=0) + random.normal(size=(24, 6))).astype(np.float32)


@pytest.fixture
def input_of() -> Callable[..., FeatureMatrix]:
    """The standardised input of a view of the current snapshot, as a page has it."""

    def ask(builder: Any, view: str = "spectral", dataset: str = "esc50") -> FeatureMatrix:
        with Reader(builder.store.current().path) as reader:
            names = builder.views if view == ALL else (view,)
            return standardised_input(view, {name: reader.matrix(dataset, name) for name in names})

    return ask


@pytest.fixture(scope="session")
def found_of() -> Callable[..., list[Any]]:
    """A projection and a clustering that no build computes by itself; of equal vectors computed once."""
    known: dict[bytes, list[Any]] = {}

    def compute(given: FeatureMatrix) -> list[Any]:
        picture: Projection = project(given, "umap", 2, {"n_neighbors": 4})
        space = spaces(given, None)[1]
        return [picture, cluster(space, "kmeans", {"n_clusters": 3, "n_init": 7}, None)]

    def compute_once(given: FeatureMatrix) -> list[Any]:
        key = given.values.tobytes()
        if key not in known:
            known[key] = compute(given)
        return list(known[key])

    return compute_once


@pytest.fixture(scope="session")
def methods() -> list[str]:
    """The pictures of each view: each method in 2-D and 3-D."""
    return sorted(f"{name}-{k}" for name in METHODS for k in (2, 3))


@pytest.fixture(scope="session")
def quick_views() -> dict[str, Any]:
    return {name: VIEWS[name] for name in ("dynamics", "spectral")}
