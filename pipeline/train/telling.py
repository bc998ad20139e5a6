"""What a training tells while it goes on. Knows no torch, so that a command line can listen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.train.history import Row


@dataclass(frozen=True, slots=True)
class Told:
    """An epoch has ended: of which fold and member, and what was measured."""

    fold: str
    member: int
    members: int
    epoch: int
    epochs: int
    rows: Sequence[Row] = ()

    @property
    def done(self) -> int:
        """Epochs of this fold that are behind, those of earlier members included."""
        return (self.member - 1) * self.epochs + self.epoch

    @property
    def total(self) -> int:
        return self.members * self.epochs


Tell = Callable[[Told], None]
