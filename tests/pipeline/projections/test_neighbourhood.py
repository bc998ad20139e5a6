"""Projections of one input share their work, and many clips are laid out by landmarks."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.inputs import FeatureMatrix
from pipeline.projections import neighbourhood, quality, umap_
from pipeline.projections.neighbourhood import Neighbourhood
from pipeline.projections.project import project


@pytest.mark.parametrize("method", ["pca", "tsne", "umap"])
def test_shared_work_changes_nothing(groups: FeatureMatrix, method: str) -> None:
    shared = Neighbourhood(groups.values)
    for dimension in (3, 2):
        together = project(groups, method, dimension, shared=shared)
        np.testing.assert_array_equal(together.positions, project(groups, method, dimension).positions)


def test_neighbours_and_graph_are_found_once(groups: FeatureMatrix, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for module, name in ((neighbourhood, "nearest"), (umap_, "graph"), (umap_, "eigenvectors")):
        of = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, of=of, name=name: (calls.append(name), of(*a))[1])
    shared = Neighbourhood(groups.values)
    for method, dimension in (("tsne", 2), ("tsne", 3), ("umap", 2), ("umap", 3), ("umap", 5)):
        project(groups, method, dimension, shared=shared)
    assert sorted(calls) == ["eigenvectors", "graph", "nearest"]


def test_other_parameters_are_not_mixed_up(groups: FeatureMatrix) -> None:
    shared = Neighbourhood(groups.values)
    for parameters in ({}, {"n_neighbors": 5}, {"metric": "cosine"}, {"seed": 1}, {"min_dist": 0.5}):
        made = project(groups, "umap", 2, parameters, shared=shared)
        np.testing.assert_array_equal(made.positions, project(groups, "umap", 2, parameters).positions)


@pytest.mark.parametrize("method", ["tsne", "umap"])
@pytest.mark.parametrize("dimension", [2, 3])
def test_many_clips_are_laid_out_by_landmarks(
    groups: FeatureMatrix, monkeypatch: pytest.MonkeyPatch, method: str, dimension: int
) -> None:
    monkeypatch.setattr(neighbourhood, "ALL_UP_TO", 100)
    monkeypatch.setattr(neighbourhood, "LANDMARKS", 90)
    monkeypatch.setattr(quality, "ALL_UP_TO", 100)
    monkeypatch.setattr(quality, "MEASURED", 50)
    monkeypatch.setattr(quality, "AMONG", 120)
    made = project(groups, method, dimension)
    assert made.positions.shape == (150, dimension) and np.isfinite(made.positions).all()
    assert len(np.unique(made.positions, axis=0)) == 150
    assert made.quality.trustworthiness > 0.8 and made.quality.continuity > 0.8
    assert any("90 of 150 clips were laid out as landmarks" in note for note in made.notes)
    assert "sample of 50 clips" in made.notes[-1]
    monkeypatch.setattr(quality, "ALL_UP_TO", 1_000)
    exact = quality.measure(groups.values, made.positions)
    assert made.quality.trustworthiness == pytest.approx(exact.trustworthiness, abs=0.05)
    assert made.quality.per_clip_trustworthiness.shape == (150,)
