"""What holds of every projection in the registry: shape, determinism, progress, stopping, bad input."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import ArrayLike

from pipeline.inputs import FeatureMatrix, InputError
from pipeline.projections import METHODS
from pipeline.projections.project import project
from pipeline.projections.projection import Setting
from pipeline.runtime import stop

Given = Callable[[ArrayLike], FeatureMatrix]
CASES = [("pca", 2), ("pca", 3), ("tsne", 2), ("tsne", 3), ("umap", 2), ("umap", 3), ("umap", 5)]


@pytest.mark.parametrize(("method", "dimension"), CASES)
def test_twice_the_same_and_to_be_believed(groups: FeatureMatrix, method: str, dimension: int) -> None:
    first, second = project(groups, method, dimension), project(groups, method, dimension)
    assert first.positions.dtype == np.float32
    assert first.positions.shape == (150, dimension)
    np.testing.assert_array_equal(first.positions, second.positions)
    assert first.quality.trustworthiness > 0.85
    assert first.quality.neighbours == 10
    assert dict(first.parameters) == dict(METHODS[method].parameters)
    assert (first.axes is not None) == (method == "pca")


@pytest.mark.parametrize("method", METHODS)
def test_tells_progress_from_nothing_to_all(groups: FeatureMatrix, method: str) -> None:
    told: list[float] = []
    project(groups, method, 3, on_progress=told.append)
    assert told[0] == 0 and told[-1] == 1
    assert told == sorted(told)
    assert len(told) >= 3


@pytest.mark.parametrize("method", METHODS)
def test_a_request_to_stop_ends_it(groups: FeatureMatrix, method: str) -> None:
    def ask(share: float) -> None:
        if share > 0:
            stop._requested.set()

    try:
        with pytest.raises(KeyboardInterrupt):
            project(groups, method, 2, on_progress=ask)
    finally:
        stop._requested.clear()


@pytest.mark.parametrize(("method", "dimension"), CASES)
@pytest.mark.parametrize("n", [3, 4, 6, 12])
def test_a_handful_of_clips_works(given_of: Given, n: int, method: str, dimension: int) -> None:
    made = project(given_of(np.random.default_rng(n).normal(size=(n, 5))), method, dimension)
    assert np.isfinite(made.positions).all()
    assert made.quality.neighbours == (n - 1) // 2


RANDOM = np.random.default_rng(0)
ODD = {
    "one column": RANDOM.normal(size=(40, 1)),
    "few values": RANDOM.integers(2, size=(60, 3)),
    "islands far apart": np.vstack([RANDOM.normal(size=(20, 3)) + shift for shift in (0, 1e3, -1e6)]),
    "huge": RANDOM.normal(size=(30, 3)) * 1e30,
}


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "manhattan"])
@pytest.mark.parametrize("method", ["tsne", "umap"])
@pytest.mark.parametrize("case", ODD)
def test_odd_clips_find_a_place(given_of: Given, case: str, method: str, metric: str) -> None:
    made = project(given_of(ODD[case]), method, 3, {"metric": metric})
    assert np.isfinite(made.positions).all()


@pytest.mark.parametrize("method", METHODS)
def test_one_or_two_clips_are_a_sentence(groups: FeatureMatrix, given_of: Given, method: str) -> None:
    with pytest.raises(InputError, match=r"There are 2 clips; a projection needs 3 or more"):
        project(given_of([[0, 1], [1, 0]]), method, 2)


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_two_different_clips_are_a_sentence(given_of: Given, method: str) -> None:
    with pytest.raises(InputError, match="of which 2 differ"):
        project(given_of([[0, 1]] * 5 + [[1, 0]]), method, 2)


@pytest.mark.parametrize(
    ("method", "dimension", "parameters", "word"),
    [
        ("som", 2, {}, "there are: pca, tsne, umap"),
        ("tsne", 2, {"perplexitty": 5}, "no parameter 'perplexitty'"),
        ("tsne", 2, {"perplexity": 1}, "at least 2 and at most 100"),
        ("tsne", 2, {"perplexity": "many"}, "not a number"),
        ("umap", 2, {"n_neighbors": 2.5}, "whole number"),
        ("umap", 2, {"min_dist": float("nan")}, "Choose a number"),
        ("umap", 2, {"metric": "taste"}, "choose one of: euclidean"),
        ("umap", 0, {}, "choose 1 to"),
    ],
)
def test_what_cannot_be_asked_for_is_a_sentence(
    groups: FeatureMatrix, method: str, dimension: int, parameters: dict[str, object], word: str
) -> None:
    with pytest.raises(InputError, match=word):
        project(groups, method, dimension, parameters)


@pytest.mark.parametrize("method", METHODS)
def test_every_setting_takes_its_own_default_and_ends(method: str) -> None:
    of = METHODS[method]
    assert of.name == method
    for setting in of.settings:
        assert setting.help
        assert setting.default == of.parameters[setting.name]
        for value in (setting.default, *setting.choices, setting.low, setting.high):
            if value is not None:
                setting.check(value)


def test_a_setting_with_one_end_names_it() -> None:
    with pytest.raises(InputError, match=r"Choose a whole number of at least 2\."):
        Setting("k", "Clusters", low=2, step=1, default=8).check(1)
