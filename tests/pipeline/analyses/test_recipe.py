"""Keys that change when a number would, and names that do not."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analyses import recipe
from pipeline.analyses.recipe import Wanted, clustering_id, keys, projection_id
from pipeline.analyses.rows import as_json
from pipeline.clusterings import CLUSTERERS
from pipeline.inputs import ALL
from pipeline.projections import METHODS

PRINTS = {"esc50": "a", "timit": "b"}
numbers = st.one_of(
    st.integers(-(2**31), 2**31),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(0, 1000).map(np.int64),
    st.floats(0, 1, width=32).map(np.float32),
    st.booleans(),
    st.sampled_from(["cosine", "euclidean"]),
    st.none(),
)
parameters = st.dictionaries(st.sampled_from(["eps", "n_clusters", "metric", "seed"]), numbers, min_size=1)


def test_a_unit_for_each_view_and_one_for_all_together(quick_views) -> None:
    found = keys(PRINTS, quick_views)
    assert set(found) == {(one, view) for one in PRINTS for view in ("dynamics", "spectral", ALL)}
    assert len(set(found.values())) == 6
    assert keys(PRINTS, quick_views) == found


def test_one_view_alone_is_not_all_together(quick_views) -> None:
    assert set(keys(PRINTS, {"spectral": quick_views["spectral"]})) == {(one, "spectral") for one in PRINTS}
    assert keys({}, quick_views) == {}


def test_a_changed_clip_changes_its_dataset_alone(quick_views) -> None:
    before, after = keys(PRINTS, quick_views), keys(PRINTS | {"timit": "c"}, quick_views)
    assert {unit for unit in before if before[unit] != after[unit]} == {
        ("timit", view) for view in ("dynamics", "spectral", ALL)
    }


def test_a_changed_view_changes_itself_and_all_together(quick_views, view_of) -> None:
    before = keys(PRINTS, quick_views)
    after = keys(PRINTS, quick_views | {"dynamics": view_of("dynamics", version=99)})
    assert {view for one, view in before if before[one, view] != after[one, view]} == {"dynamics", ALL}


@pytest.mark.parametrize(("registry", "name"), [(METHODS, "tsne"), (CLUSTERERS, "hdbscan")])
def test_a_changed_method_changes_everything(quick_views, monkeypatch, registry, name) -> None:
    before = keys(PRINTS, quick_views)
    for change in (
        {"version": registry[name].version + 1},
        {"parameters": {**registry[name].parameters, "seed": 7}},
    ):
        with monkeypatch.context() as patch:
            patch.setitem(registry, name, replace(registry[name], **change))
            after = keys(PRINTS, quick_views)
        assert not set(before.values()) & set(after.values())
    monkeypatch.setattr(recipe, "VERSION", recipe.VERSION + 1)
    assert not set(before.values()) & set(keys(PRINTS, quick_views).values())


def test_the_order_of_a_registry_changes_nothing(quick_views, only) -> None:
    before = keys(PRINTS, quick_views)
    for registry in (METHODS, CLUSTERERS):
        only(registry, dict(reversed(registry.items())))
    assert keys(PRINTS, quick_views) == before


def test_names_can_be_read() -> None:
    assert projection_id("esc50", "all", Wanted("umap", 3, {})) == "esc50.all.umap-3d"
    kept = projection_id("esc50", "mfcc", Wanted("tsne", 2, {"perplexity": 5.0}, "kept"))
    assert kept.startswith("esc50.mfcc.tsne-2d.") and len(kept) == len("esc50.mfcc.tsne-2d.") + 8
    assert clustering_id("d", "v", "pca", "kmeans", {"n_clusters": 3}).startswith("d.v.pca.kmeans.")


@given(told=parameters)
def test_a_name_survives_the_store(told) -> None:
    """What is kept comes back from JSON, and a link to it must still find it."""
    again = json.loads(as_json(told))
    assert clustering_id("d", "v", "pca", "m", again) == clustering_id("d", "v", "pca", "m", told)
    assert projection_id("d", "v", Wanted("m", 2, again)) == projection_id("d", "v", Wanted("m", 2, told))
    turned = dict(reversed(told.items()))
    assert clustering_id("d", "v", "pca", "m", turned) == clustering_id("d", "v", "pca", "m", told)


@given(one=parameters, other=parameters)
def test_other_parameters_are_another_name(one, other) -> None:
    same = as_json(one) == as_json(other)
    assert (clustering_id("d", "v", "pca", "m", one) == clustering_id("d", "v", "pca", "m", other)) == same
