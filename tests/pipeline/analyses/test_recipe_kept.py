"""What a person wished to stay is wished again by the next build."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from pipeline.analyses.keep import Tried, keep
from pipeline.analyses.recipe import (
    ClusteringSpec,
    ProjectionSpec,
    kept_clusterings,
    kept_projections,
    wished,
)
from pipeline.analyses.rows import as_json
from pipeline.projections import METHODS
from pipeline.projections.projection import Projection


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
        again = wished(Projection(method.name, 2, used, None, None, None, (), 0.0))
        told = json.loads(as_json(again.parameters))
        assert told == again.parameters and set(told) == set(used)
        for setting in method.settings:
            setting.check(told[setting.name])
            if setting.name == "perplexity":
                assert min(told["perplexity"], (clips - 1) / 3) == used["perplexity"]
