"""How sure an accuracy is, and whether one experiment is better than another or only got other clips right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.classify.classifier import ClassifyError

CONFIDENCE = 0.95
"""Of intervals."""
SIGNIFICANCE = 0.05
"""Below this p-value two experiments differ."""


@dataclass(frozen=True)
class Interval:
    """Within what a share of correct predictions may lie, were other clips tested."""

    low: float
    high: float


def wilson(right: float, n: float, level: float = CONFIDENCE) -> Interval:
    """The score interval of a share, Wilson 1927; ``n`` may be an effective number and no whole one."""
    from scipy.stats import norm

    z = float(norm.ppf(0.5 + level / 2))
    share = right / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return Interval(float(max(middle - half, 0.0)), float(min(middle + half, 1.0)))


def by_groups(
    right: NDArray[np.bool_], groups: NDArray[np.intp], level: float = CONFIDENCE
) -> Interval | None:
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
    # All right or all wrong: nothing varies, so each group counts as one clip.
    effective = share * (1 - share) / variance if variance > 0 else count if share in (0.0, 1.0) else n
    quantile = 0.5 + level / 2
    effective = min(effective, n) * float(norm.ppf(quantile) / t.ppf(quantile, count - 1)) ** 2
    return wilson(share * effective, effective, level)


@dataclass(frozen=True, eq=False)
class Comparison:
    """
    Two experiments on the clips both have tested.

    ``exact`` and ``chi_squared`` are the two-sided p-values of McNemar's test, the second with Edwards's
    continuity correction and None where the two differ on no clip.
    """

    clips: int
    both_right: int
    both_wrong: int
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    exact: float
    statistic: float | None
    chi_squared: float | None

    @property
    def difference(self) -> float:
        """The first's accuracy less the second's."""
        return (len(self.only_first) - len(self.only_second)) / self.clips

    @property
    def sentence(self) -> str:
        first, second = len(self.only_first), len(self.only_second)
        counted = (
            f"Of {self.clips:,} clips, {first:,} only the first gets right and {second:,} only the second"
        )
        if self.exact >= SIGNIFICANCE:
            return f"{counted}: too little to tell them apart (McNemar's exact test, p = {self.exact:.2g})."
        better = "first" if first > second else "second"
        return f"{counted}: the {better} is better (McNemar's exact test, p = {self.exact:.2g})."


def compare(first: pd.DataFrame, second: pd.DataFrame) -> Comparison:
    """
    McNemar's test (McNemar 1947; Dietterich 1998 on comparing classifiers by it).

    Parameters
    ----------
    first, second : DataFrame
        ``clip_id``, ``truth`` and ``predicted``, one row a tested clip.

    Raises
    ------
    ClassifyError
        They share no clip, or were to learn different targets.
    """
    from scipy.stats import binomtest, chi2

    both = first.merge(second, on="clip_id", suffixes=("_first", "_second"))
    if both.empty:
        raise ClassifyError("The two experiments tested no clip in common. Choose two of one dataset.")
    if (both["truth_first"] != both["truth_second"]).any():
        raise ClassifyError("The two experiments learned different targets. Choose two of the same target.")
    one = both["predicted_first"] == both["truth_first"]
    two = both["predicted_second"] == both["truth_second"]
    b, c = int((one & ~two).sum()), int((~one & two).sum())
    statistic = max(abs(b - c) - 1, 0) ** 2 / (b + c) if b + c else None
    return Comparison(
        len(both),
        int((one & two).sum()),
        int((~one & ~two).sum()),
        tuple(both.loc[one & ~two, "clip_id"]),
        tuple(both.loc[~one & two, "clip_id"]),
        float(binomtest(b, b + c, 0.5).pvalue) if b + c else 1.0,
        statistic,
        float(chi2.sf(statistic, 1)) if statistic is not None else None,
    )
