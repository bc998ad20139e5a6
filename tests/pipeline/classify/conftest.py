"""Clips with known classes, groups and vectors, shared by the tests of the classifiers."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

# scikit-learn's threads wait by spinning: beside other test processes that costs more than it gains.
os.environ.setdefault("OMP_NUM_THREADS", "1")

Frame = Callable[..., pd.DataFrame]


@pytest.fixture(scope="session")
def frame() -> Frame:
    """Clips with these columns, and every column that a protocol may look at."""

    def made(**columns: object) -> pd.DataFrame:
        n = len(next(iter(columns.values())))  # type: ignore[arg-type]
        empty = {
            name: [None] * n for name in ("label", "fold", "split", "source", "speaker", "sex", "sentence")
        }
        own = {"clip_id": [f"c{i:03d}" for i in range(n)], "content_hash": [f"h{i}" for i in range(n)]}
        return pd.DataFrame({**empty, **own, **columns})

    return made


@pytest.fixture(scope="session")
def easy(frame: Frame) -> tuple[dict[str, np.ndarray], pd.DataFrame]:
    """Three classes of 30 that are easily told apart, five official folds, two views; a gap and a constant."""
    generator = np.random.default_rng(0)
    codes = np.tile(np.arange(3), 30)
    clips = frame(label=np.array(["rain", "dog", "clock"])[codes], fold=np.repeat(np.arange(1, 6), 18))
    near = generator.normal(size=(90, 6)) + 4 * np.eye(6)[codes]
    near[::7, 2] = np.nan
    far = np.hstack([generator.normal(size=(90, 3)), np.ones((90, 1))])
    return {"near": near.astype(np.float32), "far": far.astype(np.float32)}, clips
