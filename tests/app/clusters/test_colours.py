"""What can be coloured by, and that each choice gives the colours it promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit as st

from app.cache import snapshot, tables
from app.clusters import colours as colour_choice
from app.clusters import pictures
from app.clusters.colours import Grouping
from app.clusters.pictures import Picture
from app.components.cloud.cloud import Colouring
from app.ui import colours as colouring
from pipeline.fields import with_role
from pipeline.inputs import ALL


@pytest.fixture(autouse=True)
def asked(demo_store: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Which option each box has; what is not named has its first."""
    told: dict[str, str] = {}
    monkeypatch.setenv("SESATLAS_STORE", str(demo_store))
    monkeypatch.setattr(
        st, "selectbox", lambda _, options, key, **__: told.get(key, options[0] if options else None)
    )
    return told


def _seen(name: str = "demo_sounds", view: str = "mfcc") -> tuple[pd.Series, pd.DataFrame, Picture]:
    dataset = snapshot.datasets().set_index("dataset", drop=False).loc[name]
    rows = tables.projections(name)
    rows = rows[(rows["view"] == view) & (rows["method"] == "pca") & (rows["dimension"] == 3)]
    picture = pictures._picture(view, rows.assign(name="PCA"), (3,))
    assert picture is not None
    return dataset, tables.aligned(snapshot.clips(name), picture.clip_ids).reset_index(), picture


def _grouping(n: int, *, strength: bool = True) -> Grouping:
    clusters = (np.arange(n) % 4 - 1).astype(np.int32)
    return Grouping("Cluster", clusters, np.linspace(0, 1, n, dtype=np.float32) if strength else None)


def _options(dataset: pd.Series, clips: pd.DataFrame, grouping: Grouping | None) -> dict[str, str]:
    return colour_choice._options(dataset, clips, grouping, pd.DataFrame())


@pytest.mark.parametrize("name", ["demo_sounds", "demo_voices"])
def test_every_option_colours_every_clip(asked: dict[str, str], name: str) -> None:
    dataset, clips, picture = _seen(name)
    grouping = _grouping(len(clips))
    for option, title in _options(dataset, clips, grouping).items():
        asked["colour"] = option
        found = colour_choice.choose(dataset, clips, picture, grouping)
        assert isinstance(found, Colouring) and len(found.codes) == len(clips), option
        assert found.codes.min() < 255, option
        if option != colour_choice.FEATURE:
            assert found.title == title, option


def test_the_label_comes_first_and_has_its_own_name() -> None:
    dataset, clips, _ = _seen()
    options = _options(dataset, clips, None)
    assert next(iter(options.items())) == ("label", str(dataset["label_name"]).capitalize())
    assert not {colour_choice.CLUSTER, colour_choice.STRENGTH} & set(options)


def test_strengths_are_offered_where_there_are_any() -> None:
    dataset, clips, _ = _seen()
    n = len(clips)
    assert colour_choice.STRENGTH in _options(dataset, clips, _grouping(n))
    assert colour_choice.STRENGTH not in _options(dataset, clips, _grouping(n, strength=False))
    nothing = Grouping("Cluster", np.zeros(n, np.int32), np.full(n, np.nan, np.float32))
    assert colour_choice.STRENGTH not in _options(dataset, clips, nothing)


def test_a_collection_without_labels_begins_with_its_clusters(asked: dict[str, str]) -> None:
    dataset, clips, picture = _seen()
    for column in with_role("filter"):
        clips[column] = None
    grouping = _grouping(len(clips))
    assert next(iter(_options(dataset, clips, grouping))) == colour_choice.CLUSTER
    asked["colour"] = colour_choice.CLUSTER
    assert colour_choice.choose(dataset, clips, picture, grouping).missing == "noise"
    told = colour_choice.label(dataset, clips)
    assert told.names == () and set(told.codes) == {255}


def test_a_column_has_the_values_and_unit_of_the_store(asked: dict[str, str]) -> None:
    for view in ("mfcc", ALL):
        dataset, clips, picture = _seen(view=view)
        of = view if view != ALL else str(snapshot.views()["view"].iloc[0])
        row = snapshot.views().set_index("view").loc[of]
        asked |= {"colour": colour_choice.FEATURE, "colour_view": of, "colour_column": row["columns"][1]}
        found = colour_choice.choose(dataset, clips, picture, None)
        values = snapshot.column("demo_sounds", of, row["columns"][1]).loc[clips["clip_id"]]
        expected: Any = colouring.scale(values, row["columns"][1], row["units"][1])
        np.testing.assert_array_equal(found.codes, expected.codes)
        assert (found.title, found.unit) == (row["columns"][1], row["units"][1])
