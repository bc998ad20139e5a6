"""What the clouds may be coloured by, and values as the small codes that travel to the browser."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.components.cloud.cloud import Colouring

MOST_CATEGORIES = 254
"""More than this many colours tell nothing apart; codes then need two bytes each."""
MOST_CODES = 65_535
"""What two bytes hold; categories past it have no colour."""
STEPS = 254
QUALITIES = {
    "trustworthiness": "Trustworthiness of each point",
    "continuity": "Continuity of each point",
}


def categories(values: pd.Series, title: str) -> Colouring:
    """Values as categories in their natural order; what is missing has the highest code.

    Parameters
    ----------
    values : Series, n long
        Of any kind; numbers are sorted as numbers.
    """
    known = sorted(values.dropna().unique().tolist())[:MOST_CODES]
    found = pd.Index(known).get_indexer(pd.Index(values))  # -1 where a value is missing: the highest code
    codes = found.astype(np.uint8) if len(known) <= MOST_CATEGORIES else found.astype(np.uint16)
    return Colouring(title=title, codes=codes, names=tuple(_word(value) for value in known))


def groups(clusters: NDArray[np.int32], title: str) -> Colouring:
    """Clusters as categories; noise (-1) has none and stays grey."""
    values = pd.Series(clusters).astype("Int64").mask(clusters < 0)
    found = categories(values, title)
    names = tuple(f"cluster {name}" for name in found.names)
    return Colouring(title=title, codes=found.codes, names=names, missing="noise")


def scale(values: pd.Series, title: str, unit: str) -> Colouring:
    """Numbers as steps between their 1st and 99th percentile: a single far one would rob the rest of colour."""
    numbers = values.to_numpy(dtype=float)
    finite = np.isfinite(numbers)
    known = numbers[finite]
    low, high = (float(edge) for edge in np.percentile(known, [1, 99])) if len(known) else (0.0, 1.0)
    width = (high - low) or 1.0
    steps = np.clip((np.where(finite, numbers, low) - low) / width, 0, 1) * STEPS
    codes = np.where(finite, steps.round(), 255).astype(np.uint8)
    return Colouring(title=title, codes=codes, low=low, high=high, unit=unit)


def _word(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
