"""What an experiment had learned from when it met a clip, and which of that is nearest to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.classify.protocol import OFFICIAL_SPLIT
from pipeline.inputs import Input, InputError


def training(table: pd.DataFrame, protocol: str, targets: pd.Series, own: str) -> pd.Series:
    """The clips that the model which was tested on ``own`` had learned from.

    Parameters
    ----------
    table : DataFrame
        ``clip_id``, ``fold`` and ``truth`` of every tested clip.
    protocol : str
        Its name in the store: of an official split, what is tested is never learned from.
    targets : Series
        The class of each clip of the dataset, by its id; without those that were kept out.
    own : str
        A tested clip.

    Returns
    -------
    Series
        Classes by clip_id.
    """
    tested = table.set_index("clip_id")
    if protocol == OFFICIAL_SPLIT:
        known = targets[targets.notna() & ~targets.index.isin(tested.index)]
        return known[known.isin(tested["truth"].unique())].astype(str)
    return tested.loc[tested["fold"] != tested.loc[own, "fold"], "truth"]


def others(clips: pd.DataFrame, targets: pd.Series, classes: Sequence[str], own: str) -> pd.Series:
    """The classes of all clips of other speakers, by clip_id, whoever has learned from them.

    Parameters
    ----------
    clips : DataFrame
        Of the whole dataset by their id, with ``speaker``; a clip without one stands for itself.
    targets : Series
        The class of each, by its id.
    classes : sequence of str
        Which of them to keep.
    own : str
        The clip that they are to be other speakers than.
    """
    same = (clips["speaker"] == clips["speaker"].get(own)) | (clips.index == own)
    return targets[targets.isin(list(classes)) & ~same].astype(str)


def nearest(given: Input, own: str, among: pd.Index, count: int) -> pd.Series:
    """The nearest of some clips by cosine distance (0 to 2), by clip_id, nearest first.

    Parameters
    ----------
    given : Input
        Standardised vectors.
    own : str
        The clip they are compared with; it never finds itself.
    among : Index
        Where to look; clips without a vector are passed over.

    Raises
    ------
    InputError
        ``own`` has no vector, or one without a direction.
    """
    ids = pd.Index(given.clip_ids)
    at = ids.get_indexer(pd.Index([own]))[0]
    places = ids.get_indexer(among.drop(own, errors="ignore"))
    places = places[places >= 0]
    if at < 0:
        raise InputError(f"The clip {own} lacks a vector in a view of this experiment. Build again.")
    distances = _cosine(given.values[at], given.values[places])
    found = pd.Series(distances, index=ids[places], name="distance").dropna()
    return found.sort_values(kind="stable").head(count)


def _cosine(vector: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of one vector (d,) to each of others (m, d); NaN where one of the two is all zeros."""
    lengths = np.linalg.norm(others.astype(np.float64), axis=1) * np.linalg.norm(vector.astype(np.float64))
    products = others.astype(np.float64) @ vector.astype(np.float64)
    shares = np.divide(products, lengths, out=np.full(len(others), np.nan), where=lengths > 0)
    return 1.0 - np.clip(shares, -1.0, 1.0)
