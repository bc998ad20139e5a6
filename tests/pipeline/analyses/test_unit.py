"""One unit: everything that can be computed of a view, and a sentence for everything that cannot."""

from __future__ import annotations

import random
from dataclasses import asdict, replace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline import stop
from pipeline.analyses import unit
from pipeline.analyses.recipe import LIMIT, Wanted
from pipeline.analyses.rows import rows_of
from pipeline.analyses.task import KEPT, Result, WantedClustering
from pipeline.analyses.unit import compute
from pipeline.clusterings import CLUSTERERS
from pipeline.projections import METHODS

EXTERNAL = ("ari", "nmi", "homogeneity", "completeness")
LABELS = [name for name in ("a", "b", "c") for _ in range(8)]


def told(result: Result, *leave_out: str) -> list[object]:
    """Everything in a result but how long it took: positions and labels byte for byte."""
    projections = [
        (
            asdict(wanted),
            one.positions.tobytes(),
            dict(one.parameters),
            one.quality.trustworthiness,
            one.notes,
        )
        for wanted, one in result.projections
    ]
    clusterings = []
    for origin, one in result.clusterings:
        scores = {name: value for name, value in asdict(one.scores).items() if name not in leave_out}
        grouping = (one.space, one.method, dict(one.parameters), one.fitted.labels.tobytes())
        clusterings.append((origin, *grouping, repr(scores), one.stability, one.stability_spread, one.notes))
    return [*projections, *clusterings, *result.gaps, result.notes, list(result.clip_ids)]


def check(result: Result) -> None:
    """A result that the store can take: numbers for every clip, and sentences for what is missing."""
    n = len(result.clip_ids)
    assert all(len(one.positions) == n for _, one in result.projections)
    assert all(len(one.fitted.labels) == n for _, one in result.clusterings)
    assert all(np.isfinite(one.positions).all() for _, one in result.projections)
    for what, reason in result.gaps:
        assert what and reason.endswith(".") and " " in reason and "Traceback" not in reason, (what, reason)
        assert "failed on these clips" not in reason, (what, reason)
    assert result.gaps or (result.projections and result.clusterings)
    rows = rows_of(result)
    ids = [row["projection_id"] for row in rows.projections] + [
        row["clustering_id"] for row in rows.clusterings
    ]
    assert len(set(ids)) == len(ids)


def test_everything_is_there(task_of, groups, methods) -> None:
    result = compute(task_of(groups, LABELS))
    check(result)
    assert result.gaps == [] and result.seconds > 0
    assert sorted(f"{one.method}-{one.dimension}" for _, one in result.projections) == methods
    assert {one.method for _, one in result.clusterings} == set(CLUSTERERS)
    assert {one.space for _, one in result.clusterings} == {"standardised", "pca", "umap", "umap_cosine"}
    assert {origin for origin, _ in result.clusterings} == {"build"}
    best = max(one.scores.ari for _, one in result.clusterings)
    assert best == 1.0  # the groups lie far apart
    assert all(one.stability is not None for _, one in result.clusterings if one.method == "kmeans")


def test_all_views_together(task_of, groups, few) -> None:
    result = compute(task_of({"one": groups, "same": np.ones((24, 2)), "two": groups[:, ::-1] * 3}, LABELS))
    check(result)
    assert result.columns[0] == "one: x0" and len(result.columns) == 12
    assert result.gaps == []


def test_twice_over_is_the_same(task_of, groups, few) -> None:
    task = task_of(groups, LABELS)
    assert told(compute(task)) == told(compute(task))


@settings(max_examples=4)
@given(seed=st.integers(0, 1000), unknown=st.integers(0, 24))
def test_labels_choose_nothing(task_of, groups, seed, unknown) -> None:
    """Shuffled, partly gone or all gone: only the scores that compare with them are others."""
    labels: list[str | None] = [*LABELS]
    random.Random(seed).shuffle(labels)
    labels[:unknown] = [None] * unknown
    with patch.dict(CLUSTERERS, {"kmeans": CLUSTERERS["kmeans"]}, clear=True):
        right, other = compute(task_of(groups, LABELS)), compute(task_of(groups, labels))
    assert told(right, *EXTERNAL) == told(other, *EXTERNAL)
    if unknown == 24:
        assert all(getattr(one.scores, name) is None for _, one in other.clusterings for name in EXTERNAL)


def test_no_clusterer_sees_a_label(task_of, groups) -> None:
    """As above, over the whole registry, once."""
    right, other = compute(task_of(groups, LABELS)), compute(task_of(groups, LABELS[::-1][3:] + ["z"] * 3))
    assert told(right, *EXTERNAL) == told(other, *EXTERNAL)
    assert told(right) != told(other)


@pytest.mark.parametrize("n", [1, 2])
def test_too_few_clips(task_of, groups, n) -> None:
    result = compute(task_of(groups[:n]))
    check(result)
    assert not result.projections and not result.clusterings and result.gaps


@pytest.mark.parametrize("n", [3, 4, 5, 8])
def test_few_clips(task_of, groups, n) -> None:
    """Fewer than the perplexity, the neighbours or the clusters that are asked for."""
    result = compute(task_of(groups[:n]))
    check(result)
    assert {one.method for _, one in result.projections} == set(METHODS)
    assert result.clusterings


def test_all_clips_the_same(task_of) -> None:
    result = compute(task_of(np.full((12, 3), 2.5)))
    check(result)
    ((what, reason),) = result.gaps
    assert what == "All projections and clusterings" and "All clips the same" in reason
    together = compute(task_of({"one": np.ones((12, 3)), "two": np.ones((12, 2))}))
    assert "In no view do these clips differ" in together.gaps[0][1]


def test_constant_columns_and_columns_without_a_value(task_of, groups, few) -> None:
    values = np.hstack([groups, np.ones((24, 1)), np.full((24, 1), np.nan), groups[:, :1]])
    values[3:9, 8] = np.nan
    result = compute(task_of(values, LABELS))
    check(result)
    assert result.gaps == [] and result.columns == ("x0", "x1", "x2", "x3", "x4", "x5", "x8")
    assert any("x6, x7" in note for note in result.notes)
    assert any("6 clips have no value in x8" in note for note in result.notes)


def test_copies_of_few_recordings(task_of) -> None:
    """Two or three different recordings, many times over."""
    for different in (2, 3):
        result = compute(task_of(np.repeat(np.eye(different, 4), 6, axis=0)))
        check(result)
        assert any(one.method == "pca" for _, one in result.projections)


odd = st.sampled_from([0.0, 1.0, -1.0, 1.0, np.nan, np.inf, -np.inf, 1e-30, 1e30, 3e38, -3e38, 1e-45, 2.0])
shapes = st.tuples(st.integers(1, 9), st.integers(1, 4))


@settings(max_examples=25)
@given(values=arrays(np.float32, shapes, elements=odd))
def test_nothing_odd_ends_a_build(task_of, values) -> None:
    check(compute(task_of(values)))


def test_more_clips_than_a_build_takes_on(task_of, groups, few, monkeypatch) -> None:
    monkeypatch.setattr(unit, "LIMIT", 23)
    kept = [
        Wanted("umap", 2, {"n_neighbors": 5}, KEPT),
        WantedClustering("pca", "kmeans", {"n_clusters": 3}),
        WantedClustering("umap", "kmeans", {"n_clusters": 3}),
    ]
    result = compute(task_of(groups, LABELS, kept))
    check(result)
    # What a person has asked for is computed however long it takes.
    assert [(one.method, one.dimension) for _, one in result.projections] == [
        ("pca", 2),
        ("pca", 3),
        ("umap", 2),
    ]
    assert [(origin, one.method) for origin, one in result.clusterings] == [(KEPT, "kmeans")]
    gaps = dict(result.gaps)
    assert set(gaps) == {
        "t-SNE to 2-D",
        "t-SNE to 3-D",
        "UMAP to 2-D",
        "UMAP to 3-D",
        "UMAP to 5-D",
        "UMAP to 5-D by cosine",
    } | {
        "Clusterings",
        "K-Means, kept",
    }
    assert "24 clips are more than the 23" in gaps["Clusterings"]
    assert "no space 'umap'" in gaps["K-Means, kept"]
    assert LIMIT == 20_000


def test_a_method_that_fails_keeps_no_other_back(task_of, groups, few, monkeypatch, methods) -> None:
    def fail(*_):
        raise np.linalg.LinAlgError("SVD did not converge\nmore")

    monkeypatch.setitem(METHODS, "tsne", replace(METHODS["tsne"], compute=fail))
    result = compute(task_of(groups, LABELS))
    found = sorted(f"{one.method}-{one.dimension}" for _, one in result.projections)
    assert found == [name for name in methods if "tsne" not in name]
    assert result.clusterings
    assert [what for what, _ in result.gaps] == ["t-SNE to 2-D", "t-SNE to 3-D"]
    assert "SVD did not converge." in result.gaps[0][1] and "more" not in result.gaps[0][1]


def test_without_a_space_by_umap(task_of, groups, few, monkeypatch) -> None:
    def fail(*_):
        raise ValueError

    monkeypatch.setitem(METHODS, "umap", replace(METHODS["umap"], compute=fail))
    result = compute(task_of(groups, LABELS))
    assert {one.space for _, one in result.clusterings} == {"standardised", "pca"}
    assert all("failed on these clips: ValueError." in reason for _, reason in result.gaps)


def test_what_was_kept_stays_kept(task_of, groups, few) -> None:
    """Also where a build computes the same by itself, and where it can no longer be computed."""
    whole = compute(task_of(groups))
    usual = next(one for _, one in whole.clusterings if one.method == "kmeans" and one.space == "pca")
    kept = [
        WantedClustering("pca", "kmeans", usual.parameters),
        WantedClustering("standardised", "kmeans", {"n_clusters": 24, "n_init": 1}),
        WantedClustering("standardised", "kmeans", {"n_clusters": 25}),
        Wanted("umap", 3, METHODS["umap"].parameters, KEPT),
    ]
    result = compute(task_of(groups, kept=kept))
    check(result)
    assert sorted(one.parameters["n_clusters"] for origin, one in result.clusterings if origin == KEPT) == [
        usual.parameters["n_clusters"],
        24,
    ]
    assert len(result.clusterings) == len(whole.clusterings) + 1
    assert [what for what, _ in result.gaps] == ["K-Means, kept"] and "25 clusters" in result.gaps[0][1]
    # The picture by the usual parameters is there twice: under its own name, and under the kept one.
    pair = [
        one.positions
        for wanted, one in result.projections
        if (wanted.method, wanted.dimension) == ("umap", 3)
    ]
    assert len(pair) == 2 and np.array_equal(*pair)


def test_a_request_to_stop_is_no_gap(task_of, groups, monkeypatch) -> None:
    """Whether it comes as an interrupt, or as what compiled code makes of one."""

    def swallow(*_):
        stop._asked.set()
        raise RuntimeError("an exception was set")

    monkeypatch.setitem(METHODS, "pca", replace(METHODS["pca"], compute=swallow))
    try:
        with pytest.raises(KeyboardInterrupt):
            compute(task_of(groups))
        with pytest.raises(KeyboardInterrupt):
            compute(task_of(groups))
    finally:
        stop._asked.clear()
