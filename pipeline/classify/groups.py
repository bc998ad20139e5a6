"""Clips that belong together, and folds that keep them so."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

BINDING = ("speaker", "source")
"""Columns whose equal values make clips alike, whatever they are of."""

CONTENT = "content_hash"
TRIES = 20
INNER_FOLDS = 4

Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Groups:
    """Each clip's group (n,); ``binding`` says whether more than equal recordings hold clips together."""

    codes: Ints
    unit: str
    binding: bool


def groups_of(clips: pd.DataFrame, target: str) -> Groups:
    """
    Clips that share a speaker, a source or their very content are of one group, also by way of a third.

    The target itself groups nothing: speakers are recognised by sentences that no two folds share.
    """
    columns = (*BINDING, "sentence") if target == "speaker" else BINDING
    present = [name for name in columns if name != target and name in clips and clips[name].nunique() > 0]
    binding = [name for name in present if clips[name].dropna().duplicated().any()]
    alike = [*binding, *([CONTENT] if CONTENT in clips else [])]
    codes = _components(clips, alike)
    return Groups(codes, " or ".join(binding) or "clip", bool(binding))


def _components(clips: pd.DataFrame, columns: list[str]) -> Ints:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(clips)
    left, right, nodes = [], [], n
    for name in columns:
        codes, values = pd.factorize(clips[name])
        known = np.flatnonzero(codes >= 0)
        left.append(known)
        right.append(nodes + codes[known])
        nodes += len(values)
    if not left:
        return np.arange(n)
    ends = (np.concatenate(left), np.concatenate(right))
    edges = coo_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(nodes, nodes))
    found = connected_components(edges, directed=False)[1][:n]
    return pd.factorize(found)[0].astype(np.intp)


def drawn_folds(names: NDArray[np.object_], groups: Ints, folds: int, seed: int) -> Ints:
    """
    Folds that keep groups together and classes in like shares, int (n,).

    No more folds than most classes have groups: else the class that is tested would be the rarest to
    learn from, and every classifier below chance. Drawn anew until each class that has two groups is in
    two folds, else with fewer folds. A class with one group only cannot be, and is in no fold: -1.
    """
    codes = pd.factorize(names)[0]
    usable = of_several_groups(names, groups)
    placed = np.full(len(names), -1, dtype=np.intp)
    if not usable.any():
        return placed
    counts = pd.Series(groups[usable]).groupby(codes[usable]).nunique()
    best = placed
    for count in range(min(folds, max(int(counts.median()), 2)), 1, -1):
        for attempt in range(TRIES):
            drawn = _draw(codes[usable], groups[usable], count, seed + attempt)
            spread = pd.DataFrame({"code": codes[usable], "fold": drawn}).groupby("code")["fold"].nunique()
            best = placed.copy()
            best[usable] = drawn
            if (spread > 1).all():
                return best
    return best


def of_several_groups(names: NDArray[np.object_], groups: Ints) -> NDArray[np.bool_]:
    """The clips, bool (n,), of classes that have two groups or more: only those can be learned and tested."""
    counts = pd.Series(groups).groupby(names).transform("nunique")
    return (counts > 1).to_numpy()


def _draw(codes: Ints, groups: Ints, folds: int, seed: int) -> Ints:
    """Fold of each clip, numbered without gaps."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    alone = len(set(groups)) == len(groups)
    splitter = StratifiedKFold if alone else StratifiedGroupKFold
    max_folds = min(folds, int(np.bincount(codes).max()))
    drawn = np.zeros(len(codes), dtype=np.intp)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer clips than folds: noted elsewhere
        parts = splitter(max_folds, shuffle=True, random_state=seed).split(codes, codes, groups)
        for number, (_, test) in enumerate(parts):
            drawn[test] = number
    return np.unique(drawn, return_inverse=True)[1].astype(np.intp)


def inner_splits(codes: Ints, groups: Ints, seed: int) -> list[tuple[Ints, Ints]]:
    """
    Splits of training clips that keep groups together; those that leave two classes to learn.

    Each group is left out once where there are few, such as the other official folds; else four folds.
    """
    count = len(set(groups))
    if count < 2 or np.bincount(codes).max() < 2:
        return []
    few = count <= INNER_FOLDS + 1
    drawn = pd.factorize(groups)[0] if few else _draw(codes, groups, INNER_FOLDS, seed)
    splits = [(np.flatnonzero(drawn != each), np.flatnonzero(drawn == each)) for each in np.unique(drawn)]
    return [(fit, check) for fit, check in splits if len(set(codes[fit])) > 1]
