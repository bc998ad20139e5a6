"""Standardised input: means, holes, constant columns, all views together, and where new vectors go."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from pipeline.inputs import ALL, FeatureMatrix, InputError, standardise, standardised_input, together
from store.reader import Matrix


def matrix(values: object, prefix: str = "x", first: int = 0) -> Matrix:
    array = np.asarray(values, dtype=np.float32)
    ids = np.array([f"clip{first + row:03d}" for row in range(len(array))], dtype=object)
    return Matrix(ids, array, tuple(f"{prefix}{column}" for column in range(array.shape[1])))


def noise(rows: int = 30, columns: int = 4, seed: int = 0) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    return (random.normal(size=(rows, columns)) * 7 + 3).astype(np.float32)


def is_standard(made: FeatureMatrix) -> bool:
    values = made.values.astype(np.float64)
    return bool(
        made.values.dtype == np.float32
        and values.shape == (len(made.clip_ids), len(made.columns))
        and np.allclose(values.mean(axis=0), 0, atol=1e-4)
        and np.allclose(values.std(axis=0), 1, atol=1e-3)
    )


def test_standardises_as_scikit_learn_does() -> None:
    raw = noise()
    np.testing.assert_allclose(
        standardise(matrix(raw)).values, StandardScaler().fit_transform(raw), atol=1e-5
    )


FLOATS = st.floats(-1e6, 1e6, width=32) | st.sampled_from([np.nan, np.inf, -np.inf])


@given(arrays(np.float32, st.tuples(st.integers(1, 12), st.integers(1, 5)), elements=FLOATS))
def test_whatever_the_vectors_the_input_is_standard_or_a_sentence(raw: NDArray[np.float32]) -> None:
    try:
        made = standardise(matrix(raw))
    except InputError as error:
        assert "All clips the same" in str(error)
        return
    assert is_standard(made)
    np.testing.assert_allclose(made.place(raw), made.values, atol=1e-4)


def test_a_hole_becomes_the_median_and_is_told() -> None:
    raw = noise(5)
    raw[1, 2] = np.nan
    made = standardise(matrix(raw))
    assert made.fill[2] == np.median(raw[[0, 2, 3, 4], 2])
    assert made.notes == ("1 clip has no value in x2: the column's median stands in.",)


def test_constant_and_empty_columns_are_left_out_and_told() -> None:
    raw = noise(6)
    raw[:, 1] = 0.1
    raw[:, 3] = np.nan
    made = standardise(matrix(raw))
    assert made.columns == ("x0", "x2")
    assert made.kept.tolist() == [True, False, True, False]
    assert made.notes == ("The same for all clips and left out: x1, x3.",)


def test_rounding_alone_does_not_count_as_a_difference() -> None:
    raw = noise(10, 2)
    raw[:, 1] = 1000.0
    raw[::2, 1] = np.nextafter(np.float32(1000.0), np.float32(2000.0))
    assert standardise(matrix(raw)).columns == ("x0",)


@pytest.mark.parametrize("raw", [np.ones((4, 3)), np.full((4, 3), np.nan), np.ones((1, 3)), np.empty((4, 0))])
def test_nothing_to_tell_clips_apart_by_is_a_sentence(raw: NDArray[np.float64]) -> None:
    with pytest.raises(InputError, match="All clips the same"):
        standardise(matrix(raw))


def test_no_clips_is_a_sentence() -> None:
    with pytest.raises(InputError, match="no vectors"):
        standardise(matrix(np.empty((0, 3))))


def test_a_vector_of_another_length_cannot_be_placed() -> None:
    with pytest.raises(InputError, match=r"has 3 numbers, the view has 4"):
        standardise(matrix(noise())).place(np.zeros((1, 3), dtype=np.float32))


def test_together_joins_columns_of_the_clips_that_all_views_have() -> None:
    one, two = noise(20), noise(20, 3, seed=1)
    one[:, 1] = 5.0
    two[4, 0] = np.nan
    joined = together({"one": standardise(matrix(one)), "two": standardise(matrix(two, "y", first=5))})
    assert joined.clip_ids.tolist() == [f"clip{row:03d}" for row in range(5, 20)]
    assert joined.columns == ("one: x0", "one: x2", "one: x3", "two: y0", "two: y1", "two: y2")
    assert is_standard(joined)
    np.testing.assert_allclose(joined.place(np.hstack([one[5:], two[:15]])), joined.values, atol=1e-5)
    assert "5 clips lack one of the views and were left out." in joined.notes
    assert any(note.startswith("one: The same for all") for note in joined.notes)


def test_together_keeps_the_first_views_order() -> None:
    first = matrix(noise())
    turned = Matrix(first.clip_ids[::-1], first.values[::-1].copy(), first.columns)
    joined = together({"a": standardise(turned), "b": standardise(first)})
    assert joined.clip_ids.tolist() == turned.clip_ids.tolist()
    np.testing.assert_allclose(joined.values[:, :4], joined.values[:, 4:], atol=1e-6)


def test_together_leaves_out_what_is_constant_among_the_shared_clips() -> None:
    raw = noise(10)
    raw[:5, 1] = 0.0
    joined = together({"a": standardise(matrix(raw)), "b": standardise(matrix(noise(5)))})
    assert "a: x1" not in joined.columns
    np.testing.assert_allclose(joined.place(np.hstack([raw[:5], noise(5)])), joined.values, atol=1e-5)


def test_together_of_nothing_is_a_sentence() -> None:
    with pytest.raises(InputError, match="no view"):
        together({})
    with pytest.raises(InputError, match="every view"):
        together({"a": standardise(matrix(noise(5))), "b": standardise(matrix(noise(5), first=50))})


def test_a_view_in_which_no_clip_differs_is_left_out_of_all() -> None:
    silent = matrix(np.full((30, 2), np.nan), "pitch")
    made = standardised_input(ALL, {"noise": matrix(noise()), "pitch": silent})
    assert {column.split(": ")[0] for column in made.columns} == {"noise"}
    with pytest.raises(InputError, match="In no view do these clips differ"):
        standardised_input(ALL, {"pitch": silent})
