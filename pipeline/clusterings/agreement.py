"""Two groupings of the same clips compared by their table of counts, and the groupings of views with one another."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pipeline.runtime import stop

CELLS = 1 << 19
"""How large a block's table of codes may grow: it stays in a core's cache."""


def counts(first: NDArray[np.integer], second: NDArray[np.integer]) -> NDArray[np.int64]:
    """How many clips fall into each group of ``first`` and of ``second``; noise (-1) is a group of its own."""
    rows, columns = int(first.max()) + 2, int(second.max()) + 2
    cells = (first.astype(np.int64) + 1) * columns + (second + 1)
    return np.bincount(cells, minlength=rows * columns).reshape(rows, columns)


def adjusted_rand(
    together_in_both: NDArray[np.floating] | float,
    together_in_first: NDArray[np.floating] | float,
    together_in_second: NDArray[np.floating] | float,
    n: int,
) -> NDArray[np.float64]:
    """
    The adjusted Rand index from sums of squared counts.

    Hubert and Arabie 1985, equation 5, in the form of ``sklearn.metrics.adjusted_rand_score``: of the
    ordered pairs of clips, how many are together in both groupings, in one of them, in none.

    Parameters
    ----------
    together_in_both
        Sum of the squared counts of the table.
    together_in_first, together_in_second
        Sum of the squared sizes of the groups. All three may be arrays.
    n
        How many clips there are.
    """
    both = np.asarray(together_in_both, dtype=np.float64) - n
    only_first = np.asarray(together_in_first, dtype=np.float64) - n - both
    only_second = np.asarray(together_in_second, dtype=np.float64) - n - both
    neither = float(n) * n - n - both - only_first - only_second
    above = 2.0 * (both * neither - only_first * only_second)
    below = (both + only_first) * (only_first + neither) + (both + only_second) * (only_second + neither)
    same = (only_first == 0) & (only_second == 0)
    return np.where(same, 1.0, above / np.where(same, 1.0, below))


def ari(first: NDArray[np.integer], second: NDArray[np.integer]) -> float:
    """The adjusted Rand index of two groupings of the same clips, noise as a group; 1.0 where they agree."""
    table = counts(first, second).astype(np.float64)
    in_both, in_first = (table**2).sum(), (table.sum(axis=1) ** 2).sum()
    return float(adjusted_rand(in_both, in_first, (table.sum(axis=0) ** 2).sum(), len(first)))


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far groups and classes say the same: 1 is all; each as the function of its name in scikit-learn."""

    ari: float
    nmi: float
    homogeneity: float
    completeness: float


def against(labels: NDArray[np.integer], classes: NDArray[np.integer]) -> Agreement:
    """
    Compare groups, noise counting as one, with classes.

    Mutual information by Rosenberg and Hirschberg 2007 (homogeneity, completeness); NMI by the
    arithmetic mean of both entropies.
    """
    table = counts(labels, classes) / len(labels)
    of_labels, of_classes = table.sum(axis=1), table.sum(axis=0)
    label_entropy, class_entropy = _entropy(of_labels), _entropy(of_classes)
    shared = label_entropy + class_entropy - _entropy(table.ravel())
    shared = 0.0 if shared < np.finfo(float).eps * 8 else shared
    mean = (label_entropy + class_entropy) / 2
    return Agreement(
        ari(labels, classes),
        shared / mean if mean else 1.0,
        shared / class_entropy if class_entropy else 1.0,
        shared / label_entropy if label_entropy else 1.0,
    )


def _entropy(shares: NDArray[np.floating]) -> float:
    """Entropy in nats; 0 of a single group."""
    present = shares[shares > 0]
    return 0.0 if len(present) < 2 else float(-(present * np.log(present)).sum())


def agreement(views: NDArray[np.object_], labels: NDArray[np.integer], combined: str) -> NDArray[np.float64]:
    """
    For each clustering, the mean over the other views of the bits that the best of theirs shares with it.

    Two groups that all views find are easily found and share one bit a clip; a finer grouping that other
    views confirm shares more. An index from 0 to 1 would prefer the coarse one.

    Parameters
    ----------
    views : NDArray[np.object_]
        The view of each clustering, (m,).
    labels : NDArray[np.integer]
        The cluster of each clip, (m, n): -1 for noise, which is a group; below that for clips that the
        clustering does not have. Two views are compared over the clips that both have.
    combined : str
        The view made of all others, which agrees with each of them by birth: it is compared with the
        others, and they not with it.

    Returns
    -------
    NDArray[np.float64]
        Shape (m,), NaN where there is no other view.
    """
    names = list(dict.fromkeys(views))
    rows = {name: np.flatnonzero(views == name) for name in names}
    best: dict[int, list[float]] = {row: [] for row in range(len(views))}
    for one, other in combinations(names, 2):
        table = all_pairs(labels[rows[one]], labels[rows[other]])
        if other != combined:
            _note(best, rows[one], table.max(axis=1))
        if one != combined:
            _note(best, rows[other], table.max(axis=0))
    return np.array([np.mean(found) if found else np.nan for found in best.values()])


def _note(best: dict[int, list[float]], rows: NDArray[np.intp], found: NDArray[np.float64]) -> None:
    for row, highest in zip(rows, found, strict=True):
        if not np.isnan(highest):
            best[int(row)].append(float(highest))


def all_pairs(first: NDArray[np.integer], second: NDArray[np.integer]) -> NDArray[np.float64]:
    """
    The bits that each of ``first`` (a, n) shares with each of ``second`` (b, n) beyond chance: (a, b).

    Mutual information, less what as many groups share by chance among so few clips: with r and c groups
    of n clips (r - 1)(c - 1) / (2 n ln 2) bits (Miller 1955; Roulston 1999, equation 6). Over the clips
    that every one of them has; NaN where there is none. Tables of counts are taken for one of ``first``
    and a block of ``second`` at once.
    """
    shared = (first >= -1).all(axis=0) & (second >= -1).all(axis=0)
    left, right = _codes(first[:, shared]), _codes(second[:, shared])
    n = int(shared.sum())
    if not n:
        return np.full((len(first), len(second)), np.nan)
    weights = np.arange(n + 1) * np.log2(np.maximum(np.arange(n + 1), 1))  # k log k, 0 for none
    sizes_left, sizes_right = [np.bincount(row) for row in left], [np.bincount(row) for row in right]
    groups = right.max(axis=1) + 1
    both = np.empty((len(left), len(right)))
    step = max(1, CELLS // max(n, int(groups.max()) * int(left.max() + 1)))
    for start in range(0, len(right), step):
        stop.check()
        block = slice(start, start + step)
        starts = np.concatenate([[0], np.cumsum(groups[block])])
        codes = right[block] + starts[:-1, None]  # (step, n), a code for each group of each clustering
        for row, own in enumerate(left):
            cells = (own * starts[-1] + codes).ravel()
            table = np.bincount(cells, minlength=(own.max() + 1) * starts[-1]).reshape(-1, starts[-1])
            both[row, block] = np.add.reduceat(weights[table].sum(axis=0), starts[:-1])
    own_left, own_right = (
        np.array([weights[one].sum() for one in some]) for some in (sizes_left, sizes_right)
    )
    information = np.log2(n) + (both - own_left[:, None] - own_right) / n
    free_left, free_right = (
        np.array([np.count_nonzero(one) - 1 for one in some]) for some in (sizes_left, sizes_right)
    )
    return information - free_left[:, None] * free_right / (2 * n * np.log(2))


def _codes(labels: NDArray[np.integer]) -> NDArray[np.int64]:
    """Labels from 0 on, noise first."""
    return labels.astype(np.int64) + 1
