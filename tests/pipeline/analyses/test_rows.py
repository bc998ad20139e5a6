"""Results as the store's rows."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from pipeline.analyses.recipe import BUILD, KEPT, PICTURES, SPACES, ProjectionSpec, projection_id
from pipeline.analyses.rows import as_json, rows_of
from pipeline.analyses.unit import compute
from pipeline.clusterings import CLUSTERERS
from pipeline.clusterings.cluster import cluster
from pipeline.clusterings.spaces import spaces
from pipeline.inputs import standardised_input
from pipeline.projections import METHODS

LABELS = [name for name in ("a", "b", "c") for _ in range(8)]


@pytest.fixture(scope="module")
def result(task_of, groups):
    task = task_of(groups, [ProjectionSpec("tsne", 2, {"perplexity": 50.0}, KEPT), *SPACES.values()])
    result = compute(task)
    umap = {
        name: one.positions
        for name, space in SPACES.items()
        for spec, one in result.projections
        if spec == space
    }
    for space in spaces(standardised_input("v", task.matrices), umap):
        for method in CLUSTERERS:
            found = cluster(space, method, {}, LABELS, stability_rounds=2)
            result.clusterings.append((BUILD, found))
    result.clusterings[0] = (KEPT, result.clusterings[0][1])
    return result


@pytest.fixture(scope="module")
def rows(result):
    return rows_of(result)


def test_the_unit(rows, result) -> None:
    assert rows.place == {"stage": PICTURES, "dataset": "d", "view": "v"}
    facts = {"key": "key", "clips": 24, "seconds": result.seconds, "notes": []}
    assert rows.unit == rows.place | facts and rows.gaps == []


def test_projections(rows, result) -> None:
    count = 7 + len(SPACES)
    assert len(rows.projections) == len(rows.points) == len(result.projections) == count
    ids = [row["projection_id"] for row in rows.projections]
    assert ids[:2] == ["d.v.pca-2d", "d.v.pca-3d"] and len(set(ids)) == count
    for row, points, (_, one) in zip(rows.projections, rows.points, result.projections, strict=True):
        assert (row["clips"], row["trustworthiness"]) == (24, one.quality.trustworthiness)
        assert set(json.loads(row["parameters"])) == set(METHODS[row["method"]].parameters)
        assert points.column("clip_id").to_pylist() == list(result.clip_ids)
        assert set(points.column("projection_id").to_pylist()) == {row["projection_id"]}
        assert np.array_equal(np.array(points.column("position").to_pylist(), np.float32), one.positions)


def test_only_principal_components_mean_something(rows, groups) -> None:
    explained = {row["projection_id"]: row["explained"] for row in rows.projections if row["explained"]}
    assert set(explained) == {"d.v.pca-2d", "d.v.pca-3d"} == {row["projection_id"] for row in rows.axes}
    three = [row for row in rows.axes if row["projection_id"] == "d.v.pca-3d"]
    assert [row["axis"] for row in three] == [1, 2, 3]
    assert [row["explained"] for row in three] == explained["d.v.pca-3d"]
    assert all(row["columns"] == [f"x{column}" for column in range(6)] for row in three)
    assert all(math.isclose(np.linalg.norm(row["loadings"]), 1, rel_tol=1e-6) for row in three)


def test_a_wish_stays_as_it_was_wished(rows, result) -> None:
    """24 clips lower a perplexity of 50; with more clips a later build comes back to it."""
    ((row, one),) = [
        (row, one)
        for row, (_, one) in zip(rows.projections, result.projections, strict=True)
        if row["origin"] == KEPT
    ]
    assert one.parameters["perplexity"] < 10
    assert json.loads(row["parameters"])["perplexity"] == 50.0
    assert any("The perplexity of 50" in note for note in row["notes"])


def test_clusterings(rows, result) -> None:
    assert len(rows.clusterings) == len(rows.members) == len(result.clusterings)
    assert len({row["clustering_id"] for row in rows.clusterings}) == len(rows.clusterings)
    assert [row["origin"] for row in rows.clusterings].count(KEPT) == 1
    for row, members, (_, one) in zip(rows.clusterings, rows.members, result.clusterings, strict=True):
        wish = SPACES.get(row["space"])
        assert row["projection_id"] == (projection_id("d", "v", wish) if wish else None)
        assert wish is None or row["projection_id"] in {each["projection_id"] for each in rows.projections}
        assert np.array_equal(members.column("cluster").to_numpy(), one.fitted.labels)
        assert (members.column("strength").null_count == 24) == (one.fitted.strengths is None)
        assert not any(isinstance(value, float) and math.isnan(value) for value in row.values())
        assert not any(isinstance(value, np.generic) for value in row.values())


def test_a_tree_for_each_hdbscan(rows, result) -> None:
    trees = {tree.column("clustering_id")[0].as_py(): tree for tree in rows.trees}
    assert set(trees) == {row["clustering_id"] for row in rows.clusterings if row["method"] == "hdbscan"}
    for row, (_, one) in zip(rows.clusterings, result.clusterings, strict=True):
        if row["method"] == "hdbscan":
            tree = trees[row["clustering_id"]].to_pandas()
            assert tree["selected"].sum() == len(one.fitted.tree.selected) - _roots(one)
            assert set(tree[tree["child"] < 24]["child"]) == set(range(24))


def _roots(one) -> int:
    """The root is nobody's child: where it is the one cluster, no edge can be marked."""
    return int(np.isin(one.fitted.tree.selected, one.fitted.tree.child, invert=True).sum())


def test_json_knows_no_nan_and_no_numpy() -> None:
    told = as_json({"b": np.float32(0.5), "a": np.int64(3), "c": math.nan, "d": np.inf, "e": None, "f": "x"})
    assert told == '{"a": 3, "b": 0.5, "c": null, "d": null, "e": null, "f": "x"}'
