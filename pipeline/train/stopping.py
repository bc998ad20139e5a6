"""Early stopping: a training ends when it no longer gets better on what it does not learn from."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from pipeline.train.history import VALIDATION_LOSS, Row


@dataclass(frozen=True, slots=True)
class Stopping:
    """End after so many epochs (``patience``) without a lower value of ``metric`` in the history."""

    patience: int
    metric: str = VALIDATION_LOSS


class Best:
    """The weights of the best epoch so far. What it decides follows from the history alone, whatever was killed."""

    def __init__(self, stopping: Stopping, network: nn.Module) -> None:
        self.stopping = stopping
        self.network = copy.deepcopy(network)

    def look(self, history: Sequence[Row], network: nn.Module) -> None:
        """Keep the weights of ``network`` if the history's last epoch is the best."""
        if history and best_epoch(history, self.stopping.metric) == history[-1][0]:
            self.network.load_state_dict(network.state_dict())

    def is_over(self, history: Sequence[Row]) -> bool:
        """Whether nothing has got better for too long."""
        best = best_epoch(history, self.stopping.metric)
        return best is not None and history[-1][0] - best >= self.stopping.patience


def best_epoch(history: Sequence[Row], metric: str) -> int | None:
    """The epoch with the lowest value, the first of equals; None before the metric is measured."""
    told = [(value, epoch) for epoch, name, value in history if name == metric]
    return min(told)[1] if told else None
