"""Within what a share of right answers may lie, were other clips tested."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    low: float
    high: float


def wilson(right: float, n: float, level: float = LEVEL) -> Interval:
    """The score interval of a share, Wilson 1927; ``n`` may be an effective number and no whole one."""
    from scipy.stats import norm

    z = float(norm.ppf(0.5 + level / 2))
    share = right / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return Interval(float(max(middle - half, 0.0)), float(min(middle + half, 1.0)))


def by_groups(right: NDArray[np.bool_], groups: NDArray[np.intp], level: float = LEVEL) -> Interval | None:
    """
    Wilson's interval for as many clips as are worth those there are, where clips of a group are alike.

    The effective number is that of independent clips with the variance that the groups show (Kish 1965,
    section 8.2), less what few groups leave uncertain (Korn and Graubard 1998, equation 2). None with
    one group.
    """
    from scipy.stats import norm, t

    n = len(right)
    codes = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(codes)
    count = len(sizes)
    if count < 2:
        return None
    share = float(right.mean())
    beyond = np.bincount(codes, weights=right) - share * sizes
    variance = count / (count - 1) * float((beyond**2).sum()) / n**2
    # All right or all wrong: nothing varies, so no group is held to tell more than one clip would.
    effective = share * (1 - share) / variance if variance > 0 else count if share in (0.0, 1.0) else n
    quantile = 0.5 + level / 2
    effective = min(effective, n) * float(norm.ppf(quantile) / t.ppf(quantile, count - 1)) ** 2
    return wilson(share * effective, effective, level)
