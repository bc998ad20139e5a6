"""Which clustering deserves trust, by what no label has touched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.clusterings.agreement import agreement
from pipeline.inputs import ALL

CRITERIA = {
    "stability": "stability {:.2f}",
    "agreement": "{:.2f} bits a clip that other views confirm",
    "silhouette": "silhouette {:.2f} in its own space",
}
OWN_SPACE = ("view", "space")
MOST_NOISE = 0.5
LARGEST_CLUSTER = 0.9


def rank(table: pd.DataFrame, labels: NDArray[np.integer]) -> pd.DataFrame:
    """
    The clusterings of one dataset in an order of trust; no label of the dataset is used.

    A clustering's place is the mean of its percentile ranks by stability, by agreement with the other
    views and by silhouette. The silhouette is ranked among the clusterings of the same view and space:
    distances in different spaces are no measure of one another. A criterion that no clustering has is
    left out, one that this clustering lacks counts as its last place. Equal means share a rank. Out of
    the running, and ranked after all others: fewer than two clusters, more than half of the clips noise,
    or one cluster that holds over 90 % of the clips.

    Parameters
    ----------
    table : DataFrame
        A row a clustering: ``view``, ``space``, ``clusters``, ``noise``, ``clips``, ``silhouette``,
        ``stability`` and whatever else.
    labels : NDArray[np.integer]
        The cluster of each clip, (m, n), in the order of the rows: -1 for noise, below that for a clip
        that is not in the clustering.

    Returns
    -------
    DataFrame
        The rows as they came, with ``agreement``, ``rank`` (1 is first) and ``why``, a sentence.
    """
    ranked = table.copy()
    views = table["view"].to_numpy(dtype=object)
    ranked["agreement"] = agreement(views, labels, no_witness=ALL)
    sizes = table[["clusters", "noise", "clips"]].to_numpy(dtype=int).tolist()
    out = [_out(row[0], row[1], row[2], each) for row, each in zip(sizes, labels, strict=True)]
    running = np.array([reason is None for reason in out], dtype=bool)
    criteria = [name for name in CRITERIA if ranked[name].notna().any()]
    shares = pd.DataFrame(
        {name: _percentiles(ranked, name, running) for name in criteria}, index=ranked.index
    )
    # Rounded, so that what is equal but for the order of a sum is equal.
    place = shares.mean(axis=1).fillna(0.0).round(12) - 2.0 * ~running
    ranked["rank"] = place.rank(ascending=False, method="min").astype(int)
    places = pd.DataFrame({name: _places(ranked, name, running) for name in CRITERIA}, index=ranked.index)
    in_running = int(running.sum())
    ranked["why"] = [
        _why(ranked.iloc[row], places.iloc[row], in_running, out[row]) for row in range(len(ranked))
    ]
    return ranked


def _out(clusters: int, noise: int, clips: int, labels: NDArray[np.integer]) -> str | None:
    """Why a clustering is out of the running, or None."""
    if clusters < 2:
        return "there is " + ("one cluster." if clusters == 1 else "no cluster.")
    if noise > MOST_NOISE * clips:
        return f"{noise / clips:.0%} of the clips are noise."
    largest = int(np.bincount(labels[labels >= 0]).max())
    if largest > LARGEST_CLUSTER * clips:
        return f"one cluster holds {largest / clips:.0%} of the clips."
    return None


def _percentiles(table: pd.DataFrame, name: str, running: NDArray[np.bool_]) -> pd.Series:
    """From 0 to 1, the share of its rivals in the running that a clustering is as good as or better than."""
    found = pd.Series(0.0, index=table.index)
    numbers = table[name].astype(float)[running].fillna(-np.inf)
    found[running] = _among_rivals(table[running], numbers, name).rank(pct=True, method="average")
    return found


def _places(table: pd.DataFrame, name: str, running: NDArray[np.bool_]) -> pd.Series:
    """1 for the highest of its rivals in the running; NaN without a number."""
    numbers = table[name].astype(float).where(running)
    return _among_rivals(table, numbers, name).rank(ascending=False, method="min")


def _among_rivals(table: pd.DataFrame, numbers: pd.Series, name: str) -> Any:
    """The numbers, apart for each view and space where they cannot be compared across them."""
    return numbers.groupby([table[column] for column in OWN_SPACE]) if name == "silhouette" else numbers


def _why(row: pd.Series, places: pd.Series, running: int, out: str | None) -> str:
    if out is not None:
        return f"Out of the running: {out}"
    told = [
        f"{words.format(row[name])} ({_ordinal(int(places[name]))})"
        for name, words in CRITERIA.items()
        if pd.notna(row[name])
    ]
    if not told:
        return "Nothing speaks for or against it: it has no stability, no agreement and no silhouette."
    listed = told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
    return f"{listed[0].upper()}{listed[1:]} of {running} clustering{'s' * (running != 1)} in the running."


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
