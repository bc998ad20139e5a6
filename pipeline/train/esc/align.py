"""Bring the embeddings of all folds into one space, by clips that both networks have learned from.

Each class has a fixed direction in all networks (``models/esc_cnn.py``), so what of an embedding lies along these
means the same in every fold: it is left as it is. The other directions have no say in the classification, and
each network uses them as it likes, above all to say how loud and how dense a sound is; they hold most of the
variance. They are turned into those of the first fold's network (Procrustes: Schönemann 1966), and weighted
such that they count as much as the directions of the classes. No label is looked at, and none of the clips that
a network embeds: only those that it and the first one have learned from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import hadamard

Floats = NDArray[np.float64]
Values = NDArray[np.float32]
MIN_COMMON_CLIPS = 2
"""With fewer clips in common there is nothing to turn by."""


class FoldNetwork(Protocol):
    """What is asked of a fold: by which clips its network's own space can be compared with another's."""

    @property
    def name(self) -> str: ...

    @property
    def learned(self) -> Sequence[str]:
        """The clips that it has learned from."""
        ...

    @property
    def learned_embeddings(self) -> Values:
        """float32 (n, dimension) of these, in its own space."""
        ...

    @property
    def probabilities(self) -> Values:
        """float32 (m, classes)."""
        ...


@dataclass(frozen=True, eq=False)
class RigidTransform:
    """``(values - origin) @ rotation + target``: distances stay as they are."""

    origin: Floats
    rotation: Floats
    target: Floats

    def __call__(self, values: Floats) -> Floats:
        return (values - self.origin) @ self.rotation + self.target


@dataclass(frozen=True, eq=False)
class SpaceAlignment:
    """From a network's own space to the common one. What the fixed head says of an embedding stays."""

    classes: int
    turn: RigidTransform | None
    weight: float

    def __call__(self, values: Values) -> Values:
        """float32 (n, dimension) -> float32 (n, dimension)."""
        of_classes, free = parts(values, self.classes)
        turned = self.weight * (self.turn(free) if self.turn else free)
        basis = _basis(values.shape[1])
        own, others = _own(len(basis), self.classes)
        common: Values = (of_classes @ basis[own] + turned @ basis[others]).astype(np.float32)
        return common


def parts(values: Values, classes: int) -> tuple[Floats, Floats]:
    """Embeddings (n, dimension) -> along the classes' directions (n, classes), and along all others."""
    coordinates = values.astype(np.float64) @ _basis(values.shape[1]).T
    own, others = _own(values.shape[1], classes)
    return coordinates[:, own], coordinates[:, others]


def procrustes(values: Floats, onto: Floats) -> RigidTransform:
    """
    The turn and shift that bring ``values`` (n, d) nearest to ``onto`` (n, d) in least squares.

    Reflections are allowed, sizes stay: the rotation is ``U V'`` of the singular value decomposition of
    ``values' onto``, both centred (Schönemann 1966).
    """
    origin, target = values.mean(0), onto.mean(0)
    left, _, right = np.linalg.svd((values - origin).T @ (onto - target))
    return RigidTransform(origin, left @ right, target)


def alignments(folds: Sequence[FoldNetwork]) -> dict[str, SpaceAlignment]:
    """For each trained fold the way into the common space, which is the first one's."""
    first = folds[0]
    classes = first.probabilities.shape[1]
    of_classes, free = parts(first.learned_embeddings, classes)
    spread, loose = of_classes.var(0).sum(), free.var(0).sum()
    weight = float(np.sqrt(min(spread / loose, 1.0))) if loose > 0 else 1.0
    return {fold.name: SpaceAlignment(classes, _turn(fold, first, classes), weight) for fold in folds}


def _turn(fold: FoldNetwork, first: FoldNetwork, classes: int) -> RigidTransform | None:
    place = {clip: row for row, clip in enumerate(first.learned)}
    common = [(row, place[clip]) for row, clip in enumerate(fold.learned) if clip in place]
    if fold is first or len(common) < MIN_COMMON_CLIPS:
        return None
    own, others = (list(rows) for rows in zip(*common, strict=True))
    onto = parts(first.learned_embeddings[others], classes)[1]
    return procrustes(parts(fold.learned_embeddings[own], classes)[1], onto)


def _basis(dimension: int) -> Floats:
    """All directions, one a row: those of the classes are rows 1 to ``classes``, as in the fixed head."""
    return hadamard(dimension).astype(np.float64) / np.sqrt(dimension)


def _own(dimension: int, classes: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of the basis that belong to classes, and the others."""
    own = np.arange(1, classes + 1)
    return own, np.setdiff1d(np.arange(dimension), own)
