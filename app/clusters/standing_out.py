"""What sets some clips apart from the others: by their labels, and by the columns of the views."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def by_column(
    values: NDArray[np.float32], columns: Sequence[str], chosen: NDArray[np.bool_], most: int = 12
) -> pd.DataFrame:
    """The columns in which the chosen clips differ most from the rest.

    Parameters
    ----------
    values : float32, shape (n, d)
        Standardised, so that differences of all columns are of one size: standard deviations.
    columns : sequence of str
        Their names.
    chosen : bool, shape (n,)

    Returns
    -------
    DataFrame
        ``column``, ``difference`` (mean of the chosen less mean of the rest, divided by the pooled
        standard deviation: Cohen 1988, d), ``chosen`` and ``rest`` (the means), largest difference first.
    """
    inside, outside = values[chosen].astype(float), values[~chosen].astype(float)
    if not len(inside) or not len(outside):
        return pd.DataFrame(columns=["column", "difference", "chosen", "rest"])
    freedom = max(len(values) - 2, 1)
    spread = np.sqrt((_squares(inside) + _squares(outside)) / freedom)  # (d,)
    means = inside.mean(axis=0), outside.mean(axis=0)
    difference = (means[0] - means[1]) / np.maximum(spread, 1e-6)
    first = np.argsort(-np.abs(difference), kind="stable")[:most]
    table = {"column": np.asarray(columns, dtype=object), "difference": difference}
    table |= {"chosen": means[0], "rest": means[1]}
    return pd.DataFrame({name: column[first] for name, column in table.items()})


def by_label(labels: pd.Series, chosen: NDArray[np.bool_]) -> pd.DataFrame:
    """How many of each label are chosen, and which share of that label: ``label``, ``clips``, ``of``, ``share``."""
    told = labels.astype("string").fillna("not told")
    whole = told.value_counts()
    inside = told[chosen].value_counts()
    table = pd.DataFrame({"clips": inside, "of": whole.reindex(inside.index)})
    table["share"] = table["clips"] / table["of"]
    return table.rename_axis("label").reset_index()


def _squares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return ((values - values.mean(axis=0)) ** 2).sum(axis=0)
