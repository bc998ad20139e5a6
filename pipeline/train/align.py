"""Turn the embeddings of all folds into one space, by clips that both networks have learned from.

The fixed head and the common first weights put the classes of all networks in the same places. What is left of
the 128 directions each network uses as it likes. An orthogonal turn and a shift to the first fold's network
(Procrustes: Schönemann 1966) bring these together too. Distances within a network stay as they are, no label is
looked at, and none of the clips that the network embeds: only those learned from in both folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pipeline.train.trained import TrainedFold

Values = NDArray[np.float32]
FEWEST = 2
"""With fewer clips in common there is nothing to turn by."""


@dataclass(frozen=True, eq=False)
class Turn:
    """From a network's own space to the common one: ``(values - origin) @ rotation + target``."""

    origin: NDArray[np.float64]
    rotation: NDArray[np.float64]
    target: NDArray[np.float64]

    def __call__(self, values: Values) -> Values:
        """float32 (n, dimension) -> float32 (n, dimension)."""
        turned = (values.astype(np.float64) - self.origin) @ self.rotation + self.target
        return turned.astype(np.float32)


def procrustes(values: Values, onto: Values) -> Turn:
    """
    The turn and shift that bring ``values`` (n, d) nearest to ``onto`` (n, d) in least squares.

    Reflections are allowed, sizes stay: the rotation is ``U V'`` of the singular value decomposition of
    ``values' onto``, both centred (Schönemann 1966).
    """
    origin, target = values.mean(0, dtype=np.float64), onto.mean(0, dtype=np.float64)
    left, _, right = np.linalg.svd((values - origin).T @ (onto - target))
    return Turn(origin, left @ right, target)


def turns(folds: Sequence[TrainedFold]) -> dict[str, Turn]:
    """For each trained fold the way into the space of the first one."""
    return {fold.name: _turn(fold, folds[0]) for fold in folds}


def _turn(fold: TrainedFold, first: TrainedFold) -> Turn:
    place = {clip: row for row, clip in enumerate(first.learned)}
    common = [(row, place[clip]) for row, clip in enumerate(fold.learned) if clip in place]
    dimension = fold.embeddings.shape[1]
    if fold is first or len(common) < FEWEST:
        nothing = np.zeros(dimension)
        return Turn(nothing, np.eye(dimension), nothing)
    own, others = (list(rows) for rows in zip(*common, strict=True))
    return procrustes(fold.learned_embeddings[own], first.learned_embeddings[others])
