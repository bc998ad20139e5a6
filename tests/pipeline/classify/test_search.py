"""Candidates are compared in rounds; of many clips a sample is learned that keeps classes and groups."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.classify.classifier import Classifier, bounded, spread_sample
from pipeline.classify.groups import inner_splits
from pipeline.classify.search import search
from pipeline.classify.train import train


def telling(tried: list[tuple[int, ...]]):
    """A fit whose candidate's quality is its number; notes which candidates each inner fold compared."""

    def fit(values, codes, candidates, seed):
        tried.append(tuple(int(one["quality"]) for one in candidates))
        for one in candidates:
            yield lambda given, one=one: one["quality"] * given[:, :1] * np.array([[-1.0, 1.0]]) + 0.1

    return fit


def classifier(fit, **told) -> Classifier:
    grid = tuple({"quality": quality} for quality in (3, 1, 6, 2, 5, 4))
    return Classifier(name="spy", title="Spy", version=1, source="", fit=fit, grid=grid, **told)


def easy(n: int = 80) -> tuple[np.ndarray, np.ndarray]:
    codes = np.arange(n) % 2
    values = np.random.default_rng(0).normal(size=(n, 2)) * 0.1 + codes[:, None]
    return values.astype(np.float32), codes


def test_the_worse_half_is_dropped_after_each_inner_fold() -> None:
    tried: list[tuple[int, ...]] = []
    values, codes = easy(800)
    found = search(classifier(telling(tried)), values, codes, inner_splits(codes, np.arange(800), 0), 0)
    assert tried == [(3, 1, 6, 2, 5, 4), (6, 5, 4), (6, 5), (6, 5)]
    assert found.parameters == {"quality": 6}


def test_of_few_clips_every_candidate_stays() -> None:
    tried: list[tuple[int, ...]] = []
    values, codes = easy(80)
    search(classifier(telling(tried)), values, codes, inner_splits(codes, np.arange(80), 0), 0)
    assert tried == [(3, 1, 6, 2, 5, 4)] * 4


def test_a_method_may_compare_on_fewer_inner_folds_and_with_less() -> None:
    tried: list[tuple[int, ...]] = []
    values, codes = easy()
    one = classifier(telling(tried), search_splits=1, search_parameters={"quality": 7})
    found = search(one, values, codes, inner_splits(codes, np.arange(80), 0), 0)
    assert tried == [(7,) * 6] and found.parameters == {"quality": 3}


def test_a_sample_has_every_class_and_as_many_groups_as_it_can() -> None:
    assert bounded(900, 1_000) == bounded(900, None) == 900
    assert bounded(4_000, 1_000) == 2_000
    generator = np.random.default_rng(1)
    groups = generator.integers(50, size=2_000)
    codes = np.where(generator.random(2_000) < 0.01, 2, groups % 2)
    rows = spread_sample(codes, groups, 200, 0)
    assert len(rows) == len(set(rows)) and abs(len(rows) - 200) <= 3 and (np.diff(rows) > 0).all()
    shares = np.bincount(codes[rows]) / len(rows)
    np.testing.assert_allclose(shares, np.bincount(codes) / 2_000, atol=0.01)
    each = pd.Series(groups[rows]).value_counts()
    assert len(each) == 50 and each.max() - each.min() <= 3
    np.testing.assert_array_equal(rows, spread_sample(codes, groups, 200, 0))


def test_a_sample_is_learned_of_more_clips_and_that_is_noted() -> None:
    values, codes = easy(400)
    seen: list[tuple[int, ...]] = []
    rows: list[int] = []

    def fit(given, known, candidates, seed):
        rows.append(len(given))
        yield from telling(seen)(given, known, candidates, seed)

    one = classifier(fit, max_clips=100)
    model = train(one, values, codes, np.arange(400) // 4, {"all": slice(0, 2)}, 2, 0)
    assert rows[-1] == 200 and max(rows) == 200
    assert any("Spy learned from about 200 of the training clips" in note for note in model.notes)
