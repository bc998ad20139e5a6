"""Points with known groups, shared by the tests of the clusterings."""

from __future__ import annotations

import os

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import make_blobs

# scikit-learn's threads wait by spinning: beside other test processes that costs more than it gains.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def blobs() -> NDArray[np.float32]:
    """Four groups of 30 far apart, float32 (120, 6)."""
    values, _ = make_blobs([30] * 4, 6, centers=np.eye(6)[:4] * 20, random_state=1)
    return values.astype(np.float32)


@pytest.fixture(scope="session")
def loose() -> NDArray[np.float32]:
    """Groups that overlap, and a few that belong to none: float32 (150, 5)."""
    values, _ = make_blobs(140, 5, centers=6, cluster_std=2.5, random_state=2)
    stray = np.random.default_rng(3).uniform(-15, 15, (10, 5))
    return np.vstack([values, stray]).astype(np.float32)


@pytest.fixture(scope="session")
def noise() -> NDArray[np.float32]:
    """No groups at all, float32 (200, 8)."""
    return np.random.default_rng(4).uniform(size=(200, 8)).astype(np.float32)
