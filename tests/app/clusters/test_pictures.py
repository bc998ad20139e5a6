"""Which pictures there are, what they are called, and how the store's rows become scenes."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.clusters import pictures
from app.ui import show
from pipeline.projections.projection import Projection
from pipeline.projections.quality import Quality
from store.results_reader import Points

IDS = np.array([f"{at}.wav" for at in range(5)], dtype=object)


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two views; points that tell which projection they are of."""
    views = pd.DataFrame({"view": ["mfcc", "chroma"], "title": ["MFCC", "Chroma"]})
    monkeypatch.setattr(show.snapshot, "views", lambda: views)
    monkeypatch.setattr(pictures.tables, "points", _points)


def _points(id_: str) -> Points:
    dimension, share = int(id_[-2]), np.linspace(0, 1, len(IDS), dtype=np.float32)
    return Points(IDS, np.full((len(IDS), dimension), dimension, dtype=np.float32), share, 1 - share)


def _rows(*kinds: tuple[str, int], **more: Any) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "projection_id": f"set.mfcc.{method}-{dimension}d",
                "view": "mfcc",
                "method": method,
                "dimension": dimension,
                "parameters": json.dumps({"perplexity": 30, "seed": 1}),
                "origin": "build",
                "explained": [],
                "name": method,
            }
            | more
            for method, dimension in kinds
        ]
    )


def test_all_views_together_come_first_then_as_the_store_lists_them() -> None:
    assert show.view_order(["gone", "chroma", "all", "mfcc"]) == ["all", "mfcc", "chroma", "gone"]
    assert show.view_order([]) == []


def test_a_view_has_its_title_and_one_that_is_gone_its_name() -> None:
    told = show.view_titles(["all", "mfcc", "gone"])
    assert told == {"all": "All views together", "mfcc": "MFCC", "gone": "gone"}


def test_a_kept_projection_is_told_by_its_parameters() -> None:
    assert pictures.names(_rows(("tsne", 3), ("pca", 2), ("mine", 2))) == ["t-SNE", "PCA", "mine"]
    assert pictures.names(_rows(("tsne", 3), origin="kept")) == ["t-SNE (perplexity 30)"]


def test_the_3d_picture_stands_first_and_gives_the_quality() -> None:
    found = pictures._picture("mfcc", _rows(("umap", 2), ("umap", 3)), (3, 2))
    assert found is not None
    assert [(scene.dimension, scene.title) for scene in found.scenes] == [(3, "umap, 3-D"), (2, "umap, 2-D")]
    assert [scene.points.shape for scene in found.scenes] == [(5, 3), (5, 2)]
    assert found.clip_ids.tolist() == IDS.tolist()
    assert found.trustworthiness[4] == 1 and found.continuity[4] == 0


@pytest.mark.parametrize("asked", [(3,), (2,), (3, 2)])
def test_what_was_kept_in_one_dimension_only_is_shown_in_that(asked: tuple[int, ...]) -> None:
    found = pictures._picture("mfcc", _rows(("tsne", 2)), asked)
    assert found is not None and [scene.dimension for scene in found.scenes] == [2]


def test_two_of_one_name_are_no_third_scene() -> None:
    found = pictures._picture("mfcc", _rows(("tsne", 3), ("tsne", 3), ("tsne", 2)), (3, 2))
    assert found is not None and [scene.dimension for scene in found.scenes] == [3, 2]


def test_axes_have_names_where_they_mean_something() -> None:
    assert pictures._axes([0.414, 0.1]) == ("PC1 (41%)", "PC2 (10%)")
    assert pictures._axes([]) == pictures._axes(None) == ()


def test_tried_projections_take_the_place_of_the_scenes() -> None:
    stored = pictures._picture("mfcc", _rows(("pca", 3), ("pca", 2)), (3, 2))
    assert stored is not None
    each = np.full(5, 0.5, dtype=np.float32)
    quality = Quality(0.5, 0.25, each, each / 2, 3)
    axes = SimpleNamespace(explained=np.array([0.5, 0.2]))

    def made(dimension: int, of: Any) -> Projection:
        told: Any = {
            "method": "pca",
            "dimension": dimension,
            "parameters": {},
            "axes": of,
            "quality": quality,
        }
        return Projection(**told, positions=np.zeros((5, dimension), np.float32), notes=(), seconds=0.1)

    found = pictures.of_projections(stored, [made(3, axes), made(2, None)])
    assert [scene.title for scene in found.scenes] == ["PCA, 3-D, as tried", "PCA, 2-D, as tried"]
    assert [scene.axes for scene in found.scenes] == [("PC1 (50%)", "PC2 (20%)"), ()]
    assert found.clip_ids is stored.clip_ids and found.view == "mfcc"
    np.testing.assert_array_equal(found.continuity, each / 2)
