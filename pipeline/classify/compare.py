"""Is one experiment better than another, or did it only get other clips right?"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from pipeline.classify.classifier import ClassifyError

LEVEL = 0.05


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
        if self.exact >= LEVEL:
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
