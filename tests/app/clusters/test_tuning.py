"""What is told of a clustering that is tried, and which space of UMAP it may use."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import streamlit as st

from app.clusters import tuning
from pipeline.analyses.recipe import SPACES, projection_id
from pipeline.clusterings.scores import Scores


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    told: list[str] = []
    monkeypatch.setattr(st, "caption", told.append)
    return told


def test_scores_are_told_where_there_are_any(said: list[str]) -> None:
    found: Any = SimpleNamespace(
        scores=Scores(clusters=1_200, noise=3, silhouette=0.256, ari=-0.1),
        seconds=0.42,
        notes=("By chance.",),
    )
    tuning._scores(found)
    assert said[0].startswith(
        "clusters 1,200 · noise clips 3 · silhouette 0.26 · ARI against the labels -0.10 · 0.42 s."
    )
    assert "DBCV" not in said[0]
    assert said[1:] == ["By chance."]


def test_the_umap_spaces_are_those_that_the_store_holds_of_the_view(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [projection_id("set", view, SPACES["umap"]) for view in ("mfcc", "chroma")]
    rows = pd.DataFrame({"projection_id": [*ids, "set.mfcc.umap-3d"]})
    monkeypatch.setattr(tuning.tables, "projections", lambda dataset: rows)
    assert tuning._umap_spaces("set", "mfcc") == (("umap", ids[0]),)
    assert tuning._umap_spaces("set", "pitch") == ()


def test_nothing_tried_leaves_the_picture_as_it_is() -> None:
    picture: Any = object()
    assert tuning.as_picture(picture, []) is picture
