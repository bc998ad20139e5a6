"""The training loop: AdamW, a cosine with warm-up, averaged weights, the same steps after a kill.

What an epoch draws depends on the seed and the epoch's number alone, never on what was drawn before. So a
training that goes on from a checkpoint takes the very steps that it would have taken.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from pipeline.runtime import stop
from pipeline.train import checkpoint
from pipeline.train.checkpoint import Row
from pipeline.train.layout import TrainError

TRAIN_LOSS, TRAIN_ACCURACY, LEARNING_RATE = "train_loss", "train_accuracy", "learning_rate"
VALIDATION_LOSS, VALIDATION_ACCURACY = "validation_loss", "validation_accuracy"
TEST_LOSS, TEST_ACCURACY = "test_loss", "test_accuracy"
"""Of clips that nothing is chosen on: only the learning curve shows them."""


@dataclass(frozen=True, slots=True)
class EpochEnd:
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


OnEpochEnd = Callable[[EpochEnd], None]


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
    values = [(value, epoch) for epoch, name, value in history if name == metric]
    return min(values)[1] if values else None


class Problem(Protocol):
    """What is learned: batches, a loss, and what is measured between epochs. Epochs count from 1."""

    @property
    def steps(self) -> int:
        """Batches an epoch."""
        ...

    def batches(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Inputs and targets, the same for the same epoch, whatever was drawn before."""
        ...

    def loss(self, network: nn.Module, inputs: Tensor, targets: Tensor) -> tuple[Tensor, float]:
        """The loss of a batch, a scalar to go down from, and the share that was classified correctly."""
        ...

    def measured(self, network: nn.Module, epoch: int) -> dict[str, float]:
        """What else the history shall hold of this epoch, by the averaged network."""
        ...


@dataclass(frozen=True, eq=False)
class Fitted:
    """The averaged network, the history, and the seconds it took, those before a kill included."""

    network: nn.Module
    history: list[Row]
    seconds: float


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where to keep a checkpoint, after how many epochs each, and of which training (``key``)."""

    path: Path
    key: str
    every: int = 5


def fit(
    network: nn.Module,
    problem: Problem,
    schedule: Schedule,
    *,
    seed: int,
    device: torch.device,
    keeping: Keeping | None = None,
    on_epoch_end: Callable[[int, list[Row]], None] | None = None,
    stopping: Stopping | None = None,
) -> Fitted:
    """
    Train ``network`` to the last epoch, and choose none; with ``stopping`` until it gets no better, and the best.

    The weights that come back are the running average of those after each step (Polyak and Juditsky 1992),
    weighted towards the last ones. Raises ``KeyboardInterrupt`` when :mod:`pipeline.runtime.stop` was asked.
    """
    network = network.to(device)
    averaged = copy.deepcopy(network).eval().requires_grad_(False)
    optimizer = optimizer_for(network, schedule)
    parts = {"network": network, "averaged": averaged}
    best = Best(stopping, averaged) if stopping else None
    if best:
        parts["best"] = best.network
    place = checkpoint.resume(keeping.path, keeping.key, parts, optimizer) if keeping else None
    history, seconds = (place.history, place.seconds) if place else ([], 0.0)
    started = time.monotonic() - seconds
    for epoch in range(place.epoch + 1 if place else 1, schedule.epochs + 1):
        if best and best.is_over(history):
            break
        rows = _epoch(network, averaged, problem, schedule, optimizer, epoch, seed, device)
        rows += [(epoch, metric, value) for metric, value in problem.measured(averaged, epoch).items()]
        history += rows
        if best:
            best.look(history, averaged)
        if on_epoch_end:
            on_epoch_end(epoch, rows)
        seconds = time.monotonic() - started
        over = epoch == schedule.epochs or (best is not None and best.is_over(history))
        if keeping and (epoch % keeping.every == 0 or over):
            now = checkpoint.Place(epoch, history, seconds)
            checkpoint.keep(keeping.path, now, keeping.key, parts, optimizer)
    return Fitted(best.network if best else averaged, history, seconds)


def _epoch(
    network: nn.Module,
    averaged: nn.Module,
    problem: Problem,
    schedule: Schedule,
    optimizer: torch.optim.AdamW,
    epoch: int,
    seed: int,
    device: torch.device,
) -> list[Row]:
    network.train()
    losses, right = torch.zeros(problem.steps), 0.0
    with torch.random.fork_rng():
        torch.manual_seed((seed << 20) + epoch)  # for drop-out
        for step, (inputs, targets) in enumerate(problem.batches(epoch)):
            stop.check()
            set_rate(optimizer, schedule.rate(epoch - 1 + step / problem.steps))
            loss, share = problem.loss(network, inputs.to(device), targets.to(device))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), schedule.longest_gradient)
            optimizer.step()
            _average(averaged, network, schedule.average, (epoch - 1) * problem.steps + step)
            losses[step], right = loss.detach().cpu(), right + share
    _require_finite(losses, epoch)
    rate = optimizer.param_groups[0]["lr"]
    values = {TRAIN_LOSS: float(losses.mean()), TRAIN_ACCURACY: right / problem.steps, LEARNING_RATE: rate}
    return [(epoch, metric, float(value)) for metric, value in values.items()]


@torch.no_grad()
def _average(averaged: nn.Module, network: nn.Module, keep: float, step: int) -> None:
    """Move the averaged weights and running statistics towards the network's; faster in the first steps."""
    keep = min(keep, (1 + step) / (10 + step))
    for old, new in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
        if old.is_floating_point():
            old.lerp_(new, 1 - keep)
        else:
            old.copy_(new)


def _require_finite(losses: Tensor, epoch: int) -> None:
    if not bool(torch.isfinite(losses).all()):
        raise TrainError(
            f"In epoch {epoch} the loss is no finite number; expected one. Lower the learning rate."
        )
