"""The training loop: AdamW, a cosine with warm-up, averaged weights, the same steps after a kill.

What an epoch draws depends on the seed and the epoch's number alone, never on what was drawn before. So a
training that goes on from a checkpoint takes the very steps that it would have taken.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from pipeline.runtime import stop
from pipeline.train import checkpoint
from pipeline.train.errors import TrainError
from pipeline.train.history import LEARNING_RATE, TRAIN_ACCURACY, TRAIN_LOSS, Row
from pipeline.train.schedule import Schedule, optimizer_for, set_rate
from pipeline.train.stopping import Best, Stopping


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
        """The loss of a batch, a scalar to go down from, and the share that was told right."""
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


Tell = Callable[[int, list[Row]], None]
"""Is told the epoch that ended and the rows of it."""


def fit(
    network: nn.Module,
    problem: Problem,
    schedule: Schedule,
    *,
    seed: int,
    device: torch.device,
    keeping: Keeping | None = None,
    tell: Tell | None = None,
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
        if tell:
            tell(epoch, rows)
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
    told = {TRAIN_LOSS: float(losses.mean()), TRAIN_ACCURACY: right / problem.steps, LEARNING_RATE: rate}
    return [(epoch, metric, float(value)) for metric, value in told.items()]


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
