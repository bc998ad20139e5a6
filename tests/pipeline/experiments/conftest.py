"""Small collections in clear groups, and builds that learn from them by few classifiers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.classify import CLASSIFIERS
from pipeline.classify.curve import learning_curve
from pipeline.clusterings import CLUSTERERS
from pipeline.experiments import grid
from pipeline.projections import METHODS

QUICK = ("logistic", "knn", "majority")
NAMES = ("dog", "rooster", "rain")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few classifiers, one projection and no clustering: what is tested does not depend on which there are."""
    for name in list(CLASSIFIERS):
        if name not in (*QUICK, "forest"):  # the forest is what the facts are learned with
            monkeypatch.delitem(CLASSIFIERS, name)
    quick = replace(
        CLASSIFIERS["forest"], grid=({"n_estimators": 8, "min_samples_leaf": 1},), calibrated=False
    )
    monkeypatch.setitem(CLASSIFIERS, "forest", quick)
    whole = CLASSIFIERS["logistic"]
    monkeypatch.setitem(CLASSIFIERS, "logistic", replace(whole, grid=whole.grid[:2], calibrated=False))
    monkeypatch.setitem(learning_curve.__kwdefaults__, "shares", (0.5, 1.0))
    for name in list(CLUSTERERS):
        monkeypatch.delitem(CLUSTERERS, name)
    for name in list(METHODS):
        if name != "pca":
            monkeypatch.delitem(METHODS, name)
    monkeypatch.setattr("pipeline.analyses.recipe.SPACES", {})
    monkeypatch.setattr("pipeline.analyses.unit.SPACES", {})
    monkeypatch.setattr(grid, "ON_EACH_VIEW", ("knn",))


@pytest.fixture
def grouped(esc50):
    """Thirty clips in five folds, ten of each of three labels, each label at a pitch of its own."""
    for name in list(esc50.categories):
        esc50.path(name).unlink()
    esc50.categories.clear()
    for number in range(30):
        group = number % 3
        hz = (300, 1200, 4000)[group] + 9 * number
        esc50.add(f"{number // 6 + 1}-{1000 + number}-A-{group}.wav", hz, NAMES[group])
    return esc50


@pytest.fixture
def built(builder, few, grouped):
    """A builder that has built the thirty clips with all that is computed from them."""
    builder.analyses = True
    builder(f"esc50={grouped.root}")
    return builder
