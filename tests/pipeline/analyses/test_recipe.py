"""Keys that change when a number would, and names that do not."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analyses import recipe
from pipeline.analyses.keep import Tried, keep
from pipeline.analyses.recipe import (
    CLUSTERINGS,
    OVERVIEW,
    PCA,
    PICTURES,
    ClusteringSpec,
    ProjectionSpec,
    clustering_id,
    clustering_key,
    kept_clusterings,
    kept_projections,
    kept_spec,
    picture_key,
    pictures,
    projection_id,
    view_keys,
)
from pipeline.analyses.rows import as_json
from pipeline.clusterings import CLUSTERERS
from pipeline.inputs import ALL
from pipeline.projections import METHODS
from pipeline.projections.projection import Projection

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


def keys(views) -> dict[tuple[str, str], str | None]:
    """Of every stage and view, as it should be for clips with the fingerprint "a"."""
    of_views = view_keys(views)
    found = {
        (stage, view): picture_key(stage, None if view == ALL else views[view], key, "a")
        for stage in (PCA, OVERVIEW, PICTURES)
        for view, key in of_views.items()
    }
    return {unit: key for unit, key in found.items() if key is not None} | {
        (CLUSTERINGS, ALL): clustering_key(of_views, "a", thorough=False)
    }


def test_a_unit_for_each_view_and_one_for_all_together(quick_views) -> None:
    found = keys(quick_views)
    views = ("dynamics", "spectral")
    assert set(found) == {
        *((PCA, view) for view in (*views, ALL)),
        (OVERVIEW, ALL),
        *((PICTURES, view) for view in views),
        (CLUSTERINGS, ALL),
    }
    assert len(set(found.values())) == len(found) and keys(quick_views) == found


def test_one_view_alone_is_not_all_together(quick_views) -> None:
    assert set(view_keys({"spectral": quick_views["spectral"]})) == {"spectral"}
    assert view_keys({}) == {}


def test_a_changed_clip_changes_every_key(quick_views) -> None:
    key = view_keys(quick_views)["spectral"]
    for stage in (PCA, PICTURES):
        of = [picture_key(stage, quick_views["spectral"], key, clips) for clips in "ab"]
        assert of[0] != of[1]
    assert clustering_key({"v": key}, "a", thorough=False) != clustering_key({"v": key}, "b", thorough=False)


def test_a_changed_view_changes_itself_and_all_together(quick_views, view_of) -> None:
    before = view_keys(quick_views)
    after = view_keys(quick_views | {"dynamics": view_of("dynamics", version=99)})
    assert {view for view in before if before[view] != after[view]} == {"dynamics", ALL}


def test_a_learned_view_is_no_part_of_all_together(quick_views, view_of) -> None:
    learned = replace(quick_views["dynamics"], name="network", learned=True)
    both = view_keys(quick_views | {"network": learned})
    assert both[ALL] == view_keys(quick_views)[ALL]
    # It comes after the others, so all its pictures come at once.
    assert {spec.method for spec in pictures(PICTURES, learned)} == set(METHODS)
    assert pictures(PCA, learned) == pictures(OVERVIEW, learned) == []


@pytest.mark.parametrize(
    ("registry", "name", "stages"),
    [
        (METHODS, "tsne", {OVERVIEW, PICTURES}),
        (METHODS, "pca", {PCA}),
        (METHODS, "umap", {OVERVIEW, PICTURES, CLUSTERINGS}),
        (CLUSTERERS, "hdbscan", {CLUSTERINGS}),
    ],
)
def test_a_changed_method_changes_what_it_makes(quick_views, monkeypatch, registry, name, stages) -> None:
    before = keys(quick_views)
    for change in (
        {"version": registry[name].version + 1},
        {"parameters": {**registry[name].parameters, "seed": 7}},
    ):
        with monkeypatch.context() as patch:
            patch.setitem(registry, name, replace(registry[name], **change))
            after = keys(quick_views)
        assert {unit[0] for unit in before if before[unit] != after[unit]} == stages
    monkeypatch.setattr(recipe, "VERSION", recipe.VERSION + 1)
    assert not set(before.values()) & set(keys(quick_views).values())


def test_a_thorough_search_has_a_key_of_its_own() -> None:
    assert clustering_key({"v": "1"}, "a", thorough=True) != clustering_key({"v": "1"}, "a", thorough=False)


def test_the_order_of_a_registry_changes_nothing(quick_views, only) -> None:
    before = keys(quick_views)
    for registry in (METHODS, CLUSTERERS):
        only(registry, dict(reversed(registry.items())))
    assert keys(quick_views) == before


def test_names_can_be_read() -> None:
    assert projection_id("esc50", "all", ProjectionSpec("umap", 3, {})) == "esc50.all.umap-3d"
    kept = projection_id("esc50", "mfcc", ProjectionSpec("tsne", 2, {"perplexity": 5.0}, "kept"))
    assert kept.startswith("esc50.mfcc.tsne-2d.") and len(kept) == len("esc50.mfcc.tsne-2d.") + 8
    assert clustering_id("d", "v", "pca", "kmeans", {"n_clusters": 3}).startswith("d.v.pca.kmeans.")


@given(told=parameters)
def test_a_name_survives_the_store(told) -> None:
    """What is kept comes back from JSON, and a link to it must still find it."""
    again = json.loads(as_json(told))
    assert clustering_id("d", "v", "pca", "m", again) == clustering_id("d", "v", "pca", "m", told)
    assert projection_id("d", "v", ProjectionSpec("m", 2, again)) == projection_id(
        "d", "v", ProjectionSpec("m", 2, told)
    )
    turned = dict(reversed(told.items()))
    assert clustering_id("d", "v", "pca", "m", turned) == clustering_id("d", "v", "pca", "m", told)


@given(one=parameters, other=parameters)
def test_other_parameters_are_another_name(one, other) -> None:
    same = as_json(one) == as_json(other)
    assert (clustering_id("d", "v", "pca", "m", one) == clustering_id("d", "v", "pca", "m", other)) == same


def test_nothing_is_kept_at_first(built) -> None:
    for kept in (kept_projections, kept_clusterings):
        assert kept(None, "esc50") == {}
        assert kept(built.store.current().path, "esc50") == {}
        assert kept(built.store.current().path, "another") == {}


def test_what_was_kept_is_wished_as_it_was_computed(built, input_of, found_of) -> None:
    all_views = input_of(built, "all")
    found = found_of(all_views)
    keep(
        built.store,
        Tried(built.store.current().number, "esc50", "all", all_views.clip_ids, all_views.columns, found),
    )
    path = built.store.current().path
    assert kept_projections(path, "esc50") == {
        "all": [ProjectionSpec("umap", 2, found[0].parameters, "kept")]
    }
    assert kept_clusterings(path, "esc50") == {"all": [ClusteringSpec("pca", "kmeans", found[1].parameters)]}


@given(clips=st.integers(3, 40))
def test_whatever_few_clips_lowered_can_be_asked_for(clips) -> None:
    """As stored in JSON: no setting refuses it, and as many clips lower it to the same."""
    for method in METHODS.values():
        used = dict(method.parameters)
        if "perplexity" in used:
            used["perplexity"] = min(30.0, (clips - 1) / 3)
        if "n_neighbors" in used:
            used["n_neighbors"] = min(15, clips - 1)
        again = kept_spec(Projection(method.name, 2, used, None, None, None, (), 0.0))
        told = json.loads(as_json(again.parameters))
        assert told == again.parameters and set(told) == set(used)
        for setting in method.settings:
            setting.check(told[setting.name])
            if setting.name == "perplexity":
                assert min(told["perplexity"], (clips - 1) / 3) == used["perplexity"]
