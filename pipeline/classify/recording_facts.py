"""What is known of a recording before anyone listens, as numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.fields import with_role

Values = NDArray[np.float64]

FACTS: Mapping[str, str] = {name: one.short_name for name, one in with_role("confound").items()}
"""The store's column and its word."""


def numbers(column: pd.Series) -> Values:
    """A fact as columns: float64 (n, 1); of texts, (n, k), one a text. A gap becomes the median."""
    if pd.api.types.is_numeric_dtype(column):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        there = np.isfinite(values)
        middle = float(np.median(values[there])) if there.any() else 0.0
        return np.where(there, values, middle)[:, None]
    return pd.get_dummies(column.astype(object)).to_numpy(dtype=np.float64)


def matrix(clips: pd.DataFrame) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """All facts of each clip, float32 (n, d), and the columns' names."""
    blocks = {name: numbers(clips[name]) for name in FACTS if name in clips}
    names = [
        name if block.shape[1] == 1 else f"{name}_{place}"
        for name, block in blocks.items()
        for place in range(block.shape[1])
    ]
    return np.hstack(list(blocks.values())).astype(np.float32), tuple(names)
