"""Branches against hdbscan's own condensed tree."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hdbscan import HDBSCAN
from numpy.typing import NDArray

from app.clusters import condensed_tree
from app.clusters.condensed_tree import NONE


def _fitted(values: NDArray[np.float64], min_cluster_size: int = 5) -> tuple[pd.DataFrame, Any]:
    """The tree as the store keeps it, and the model it is from."""
    model = HDBSCAN(min_cluster_size=min_cluster_size).fit(values)
    tree = model.condensed_tree_.to_pandas().rename(columns={"child_size": "size"})
    chosen = model.condensed_tree_._select_clusters()
    return tree.assign(selected=tree["child"].isin(chosen)), model


def _groups(seed: int, n: int = 240, groups: int = 6) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    return random.normal(0, 4, (groups, 3))[random.integers(groups, size=n)] + random.normal(0, 0.5, (n, 3))


@pytest.fixture(params=range(4))
def fitted(request: pytest.FixtureRequest) -> tuple[pd.DataFrame, Any]:
    return _fitted(_groups(request.param))


def test_every_branch_holds_as_many_clips_as_hdbscan_counts(fitted: tuple[pd.DataFrame, Any]) -> None:
    tree, _ = fitted
    assert condensed_tree.root(tree) == 240
    assert condensed_tree.members(tree, 240).all()
    inner = tree[tree["size"] > 1]
    assert len(inner) >= 4
    for child, size in inner[["child", "size"]].itertuples(index=False):
        assert condensed_tree.members(tree, int(child)).sum() == size


def test_a_selected_branch_holds_its_cluster_and_no_other(fitted: tuple[pd.DataFrame, Any]) -> None:
    tree, model = fitted
    number = condensed_tree.clusters(tree)
    nodes = tree.loc[tree["selected"], "child"]
    assert sorted(number[int(one)] for one in nodes) == list(range(model.labels_.max() + 1))
    for node in nodes:
        below = condensed_tree.members(tree, int(node))
        assert set(model.labels_[below]) - {-1} == {number[int(node)]}
        assert below[model.labels_ == number[int(node)]].all()


def test_branches_keep_to_their_place(fitted: tuple[pd.DataFrame, Any]) -> None:
    tree, _ = fitted
    found = {one.node: one for one in condensed_tree.branches(tree)}
    assert set(found) == {240, *tree.loc[tree["size"] > 1, "child"]}
    for parent, rows in tree[tree["size"] > 1].groupby("parent"):
        of_it = found[int(str(parent))]
        children = [found[int(one)] for one in rows["child"]]
        edges = sorted((one.centre - one.size / 2, one.centre + one.size / 2) for one in children)
        assert edges[0][0] >= of_it.centre - of_it.size / 2
        assert edges[-1][1] <= of_it.centre + of_it.size / 2
        assert all(left[1] <= right[0] for left, right in pairwise(edges))
        assert all(one.edges[0] == of_it.edges[-1] for one in children), "they begin where it parts"


def test_a_branch_grows_no_wider_and_loses_what_hdbscan_says(fitted: tuple[pd.DataFrame, Any]) -> None:
    tree, _ = fitted
    for one in condensed_tree.branches(tree):
        assert len(one.edges) == len(one.widths) + 1
        if one.edges[0] == one.edges[-1]:
            assert one.widths.tolist() == [one.size], "all leave where it begins"
            continue
        assert (np.diff(one.edges) > 0).all() and (np.diff(one.widths) <= 0).all()
        rows = tree[tree["parent"] == one.node]
        for edge, width in zip(one.edges, one.widths, strict=False):
            assert width == one.size - rows.loc[rows["lambda_val"] <= edge, "size"].sum()


def test_of_many_branches_the_largest_are_drawn() -> None:
    tree, _ = _fitted(_groups(1, n=600, groups=40), 3)
    whole = condensed_tree.branches(tree)
    some = condensed_tree.branches(tree, most=9)
    assert len(some) == 9 < len(whole)
    left_out = {one.node: one.size for one in whole}.keys() - {one.node for one in some}
    assert min(one.size for one in some) >= max(one.size for one in whole if one.node in left_out)
    assert sum(len(one.widths) for one in whole) <= condensed_tree.MOST_BARS


def test_twins_at_distance_nothing_are_drawn_at_a_density_that_is_a_number() -> None:
    values = np.vstack([np.repeat(_groups(2, n=8), 4, axis=0), _groups(3, n=40)])
    tree, _ = _fitted(values, 3)
    assert np.isinf(tree["lambda_val"]).any()
    found = condensed_tree.branches(tree)
    assert all(np.isfinite(one.edges).all() and (one.widths > 0).all() for one in found)
    for child, size in tree.loc[tree["size"] > 1, ["child", "size"]].itertuples(index=False):
        assert condensed_tree.members(tree, int(child)).sum() == size


def test_all_the_same_is_one_branch() -> None:
    rows = {"parent": 4, "child": range(4), "lambda_val": np.inf, "size": 1, "selected": False}
    found = condensed_tree.branches(pd.DataFrame(rows))
    assert [(one.node, one.size, one.cluster) for one in found] == [(4, 4, NONE)]


def test_a_branch_in_words() -> None:
    one = condensed_tree.Branch(7, 1_234, 0, np.array([0.25, 1]), np.array([1_234]), 3)
    assert condensed_tree.describe(one) == "branch 7 · 1,234 clips · cluster 3 · λ 0.25 to 1"
    other = condensed_tree.Branch(8, 1, 0, np.array([0.25, 1]), np.array([1]), NONE)
    assert condensed_tree.describe(other) == "branch 8 · 1 clip · in no cluster · λ 0.25 to 1"
