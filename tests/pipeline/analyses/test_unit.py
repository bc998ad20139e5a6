"""One unit: every projection of a view, and a sentence for each that cannot be computed."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.analyses.recipe import KEPT, ProjectionSpec
from pipeline.analyses.rows import rows_of
from pipeline.analyses.unit import Result, compute
from pipeline.projections import METHODS
from pipeline.runtime import stop


def content(result: Result) -> list[object]:
    """Everything in a result but how long it took: positions byte for byte."""
    projections = [
        (
            asdict(spec),
            one.positions.tobytes(),
            dict(one.parameters),
            one.quality.trustworthiness,
            one.notes,
        )
        for spec, one in result.projections
    ]
    return [*projections, *result.gaps, result.notes, list(result.clip_ids)]


def check(result: Result) -> None:
    """A result that the store can take: numbers for every clip, and sentences for what is missing."""
    n = len(result.clip_ids)
    assert all(len(one.positions) == n for _, one in result.projections)
    assert all(np.isfinite(one.positions).all() for _, one in result.projections)
    for what, reason in result.gaps:
        assert what and reason.endswith(".") and " " in reason and "Traceback" not in reason, (what, reason)
        assert "failed on these clips" not in reason, (what, reason)
    assert result.gaps or result.projections
    ids = [row["projection_id"] for row in rows_of(result).projections]
    assert len(set(ids)) == len(ids)


def test_everything_is_there(task_of, groups, methods) -> None:
    result = compute(task_of(groups))
    check(result)
    assert result.gaps == [] and result.seconds > 0
    assert sorted(f"{one.method}-{one.dimension}" for _, one in result.projections) == methods


def test_all_views_together(task_of, groups, few) -> None:
    result = compute(task_of({"one": groups, "same": np.ones((24, 2)), "two": groups[:, ::-1] * 3}))
    check(result)
    assert result.columns[0] == "one: x0" and len(result.columns) == 12
    assert result.gaps == []


def test_twice_over_is_the_same(task_of, groups, few) -> None:
    task = task_of(groups)
    assert content(compute(task)) == content(compute(task))


@pytest.mark.parametrize("n", [1, 2])
def test_too_few_clips(task_of, groups, n) -> None:
    result = compute(task_of(groups[:n]))
    check(result)
    assert not result.projections and result.gaps


@pytest.mark.parametrize("n", [3, 4, 5, 8])
def test_few_clips(task_of, groups, n) -> None:
    """Fewer than the perplexity or the neighbours that are asked for."""
    result = compute(task_of(groups[:n]))
    check(result)
    assert {one.method for _, one in result.projections} == set(METHODS)


def test_all_clips_the_same(task_of) -> None:
    result = compute(task_of(np.full((12, 3), 2.5)))
    check(result)
    ((what, reason),) = result.gaps
    assert what == "All projections" and "All clips the same" in reason
    together = compute(task_of({"one": np.ones((12, 3)), "two": np.ones((12, 2))}))
    assert "In no view do these clips differ" in together.gaps[0][1]


def test_constant_columns_and_columns_without_a_value(task_of, groups, few) -> None:
    values = np.hstack([groups, np.ones((24, 1)), np.full((24, 1), np.nan), groups[:, :1]])
    values[3:9, 8] = np.nan
    result = compute(task_of(values))
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


def test_a_method_that_fails_keeps_no_other_back(task_of, groups, few, monkeypatch, methods) -> None:
    def fail(*_, **__):
        raise np.linalg.LinAlgError("SVD did not converge\nmore")

    monkeypatch.setitem(METHODS, "tsne", replace(METHODS["tsne"], compute=fail))
    result = compute(task_of(groups))
    found = sorted(f"{one.method}-{one.dimension}" for _, one in result.projections)
    assert found == [name for name in methods if "tsne" not in name]
    assert [what for what, _ in result.gaps] == ["t-SNE to 2-D", "t-SNE to 3-D"]
    assert "SVD did not converge." in result.gaps[0][1] and "more" not in result.gaps[0][1]


def test_what_was_kept_is_computed_again(task_of, groups, few) -> None:
    result = compute(task_of(groups, [ProjectionSpec("umap", 3, METHODS["umap"].parameters, KEPT)]))
    check(result)
    # The picture by the usual parameters is there twice: under its own name, and under the kept one.
    pair = [one.positions for spec, one in result.projections if (spec.method, spec.dimension) == ("umap", 3)]
    assert len(pair) == 2 and np.array_equal(*pair)


def test_a_request_to_stop_is_no_gap(task_of, groups, monkeypatch) -> None:
    """Whether it comes as an interrupt, or as what compiled code makes of one."""

    def swallow(*_, **__):
        stop._requested.set()
        raise RuntimeError("an exception was set")

    monkeypatch.setitem(METHODS, "pca", replace(METHODS["pca"], compute=swallow))
    try:
        with pytest.raises(KeyboardInterrupt):
            compute(task_of(groups))
        with pytest.raises(KeyboardInterrupt):
            compute(task_of(groups))
    finally:
        stop._requested.clear()
