"""Two groupings of the same clips compared by their table of counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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
