"""What is measured of one clustering beyond its scores: stability, generalisation, stability within clusters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.clusterings.clusterer import Clusterer
from pipeline.clusterings.points import Points
from pipeline.clusterings.stability import agreements, generalisation, resamples, splits, within_stability
from pipeline.errors import FAILURES


@dataclass(frozen=True)
class Rounds:
    """Which resamples, halves and resamples within clusters to measure by: from, up to."""

    stability: tuple[int, int]
    generalisation: tuple[int, int]
    within: tuple[int, int]


WHOLE = Rounds((0, 10), (0, 4), (0, 4))
"""By what a clustering is measured in the end."""


@dataclass(frozen=True)
class Measured:
    """What was measured so far, an entry a round; None where the parts were too small for the parameters."""

    stability: list[float] | None = field(default_factory=list)
    generalisation: list[float] | None = field(default_factory=list)
    within: list[float] = field(default_factory=list)

    def joined(self, other: Measured) -> Measured:
        """With the rounds of another measurement after one's own."""
        return Measured(
            _joined(self.stability, other.stability),
            _joined(self.generalisation, other.generalisation),
            self.within + other.within,
        )

    def means(self) -> dict[str, float | None]:
        """The numbers by the names of the store's columns, None where there are none."""
        return {
            "stability": _mean(self.stability),
            "stability_spread": float(np.std(self.stability)) if self.stability else None,
            "generalisation": _mean(self.generalisation),
            "within_stability": _mean(self.within),
            "trust_spread": self._trust_spread(),
        }

    def _trust_spread(self) -> float | None:
        """
        The share of trust (``ranking.trust``) that other resamples would move: one standard error.

        Trust is a product of square roots, so that shares of its factors count half.
        """
        factors = [np.asarray(one) for one in (self.stability, self.generalisation) if one]
        factors += [1 - np.asarray(self.within)] if self.within else []
        if not factors or any(one.mean() <= 0 for one in factors):
            return None
        shares = [one.std() / one.mean() / np.sqrt(len(one)) for one in factors]
        return float(np.sqrt(np.square(shares).sum()) / 2)


def measure(
    points: Points,
    clusterer: Clusterer,
    parameters: Mapping[str, object],
    labels: NDArray[np.int32],
    rounds: Rounds = WHOLE,
    seed: int = 0,
) -> Measured:
    """
    Measure a clustering by some rounds; a failure on a part leaves that measure out.

    The same rounds of the same seed give the same numbers, in whatever portions they are asked for.
    """
    parts = resamples(points, rounds.stability[1], seed)[slice(*rounds.stability)]
    halves = splits(points, rounds.generalisation[1], seed)[slice(*rounds.generalisation)]
    inner = resamples(points, rounds.within[1], seed)[slice(*rounds.within)]
    try:
        stable = agreements(points, clusterer, parameters, labels, parts)
    except FAILURES:
        stable = None
    try:
        general = generalisation(points, clusterer, parameters, halves)
    except FAILURES:
        general = None
    within: list[float] = []
    if inner and points.pairs_fit:
        within = within_stability(points.pairs(clusterer.metric), labels, [kept for kept, _ in inner])
    return Measured(stable, general, within)


def without_within(rounds: Rounds) -> Rounds:
    """The same rounds of all else."""
    return Rounds(rounds.stability, rounds.generalisation, (0, 0))


def _joined(first: list[float] | None, second: list[float] | None) -> list[float] | None:
    return None if first is None or second is None else first + second


def _mean(numbers: list[float] | None) -> float | None:
    return float(np.mean(numbers)) if numbers else None
