"""Which candidates are worth measuring: all that may come first, and some of every view."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.clusterings.candidates import Candidate
from pipeline.clusterings.measures import Measured, Rounds
from pipeline.clusterings.ranking import trust

SCREEN = Rounds((0, 2), (0, 1), (0, 1))
"""By how little the hopeless are told from the others."""
SCREENED = 300
FINALISTS = 100


def screened(
    candidates: Sequence[Candidate], labels: NDArray[np.int32], agreed: NDArray[np.float64], most: int
) -> list[int]:
    """Rows of the candidates to measure by a few resamples: the best by what other views confirm."""
    score = trust(pd.DataFrame({"agreement": agreed}), labels)
    return _best(candidates, score, most)


def finalists(
    candidates: Sequence[Candidate],
    labels: NDArray[np.int32],
    agreed: NDArray[np.float64],
    numbers: Sequence[Measured],
    most: int,
) -> list[int]:
    """Rows of the candidates to measure by all resamples."""
    table = pd.DataFrame([one.means() for one in numbers]).assign(agreement=agreed)
    return _best(candidates, trust(table, labels), most)


def _best(candidates: Sequence[Candidate], score: NDArray[np.float64], most: int) -> list[int]:
    """
    The rows of the highest scores in their own order; half of the seats go to each view's own best.

    Within a view the methods take turns, so that a person finds some of each.
    """
    order = np.argsort(-score, kind="stable").tolist()
    turns: dict[tuple[str, str], int] = {}
    views: dict[str, list[tuple[int, int]]] = {}
    for standing, row in enumerate(order):
        one = candidates[row]
        turn = turns[one.view, one.method] = turns.get((one.view, one.method), -1) + 1
        views.setdefault(one.view, []).append((turn, standing))
    seats = most // 2 // max(len(views), 1)
    chosen = {order[standing] for queue in views.values() for _, standing in sorted(queue)[:seats]}
    for row in order:
        if len(chosen) >= most:
            break
        chosen.add(row)
    return sorted(chosen)
