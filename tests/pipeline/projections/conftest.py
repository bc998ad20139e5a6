"""Inputs of known shape for projections."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import ArrayLike

from pipeline.inputs import FeatureMatrix, standardise
from store.reader import Matrix


def make(values: ArrayLike) -> FeatureMatrix:
    array = np.asarray(values, dtype=np.float32)
    ids = np.array([f"clip{row:04d}" for row in range(len(array))], dtype=object)
    return standardise(Matrix(ids, array, tuple(f"x{column}" for column in range(array.shape[1]))))


@pytest.fixture(scope="session")
def given_of() -> Callable[[ArrayLike], FeatureMatrix]:
    return make


@pytest.fixture(scope="session")
def groups() -> FeatureMatrix:
    """150 clips in three groups far apart, in 8 dimensions."""
    random = np.random.default_rng(0)
    centres = 6 * random.normal(size=(3, 8))
    return make(np.repeat(centres, 50, axis=0) + random.normal(size=(150, 8)))
