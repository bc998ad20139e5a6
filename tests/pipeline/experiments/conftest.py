"""Small collections in clear groups, and builds that learn from them by few classifiers."""

from __future__ import annotations

import pytest

NAMES = ("dog", "rooster", "rain")


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
def built(builder, few, grouped, built_once):
    """A builder that has built the thirty clips with all that is computed from them."""
    builder.analyses = True
    return built_once("experiments", f"esc50={grouped.root}")
