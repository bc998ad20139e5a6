"""How long and how fast to learn: AdamW with a cosine that warms up."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long and how fast to learn. ``average`` is the share of the averaged weights a step keeps."""

    epochs: int
    learning_rate: float = 2e-3
    warmup_epochs: float = 5.0
    weight_decay: float = 0.02
    average: float = 0.99
    longest_gradient: float = 5.0

    def rate(self, epoch: float) -> float:
        """Learning rate: rising in a line through the warm-up, then half a cosine down to 0."""
        if epoch < self.warmup_epochs:
            return self.learning_rate * (epoch + 1e-3) / self.warmup_epochs
        gone = (epoch - self.warmup_epochs) / max(self.epochs - self.warmup_epochs, 1e-9)
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * min(gone, 1.0)))


def optimizer_for(network: nn.Module, schedule: Schedule) -> torch.optim.AdamW:
    """
    AdamW (Loshchilov and Hutter 2019).

    Norms and biases are not decayed: they are scales and offsets, no evidence of over-fitting.
    """
    learned = [parameter for parameter in network.parameters() if parameter.requires_grad]
    groups = [
        {"params": [one for one in learned if one.ndim > 1], "weight_decay": schedule.weight_decay},
        {"params": [one for one in learned if one.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=schedule.learning_rate)


def set_rate(optimizer: torch.optim.AdamW, rate: float) -> None:
    """Let the next step be taken at this learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate
