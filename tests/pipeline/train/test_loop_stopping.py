"""Early stopping: when it ends, what it keeps, and that a kill changes nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from pipeline.train.loop import Best, Fitted, Keeping, Schedule, Stopping, best_epoch, fit

SCHEDULE = Schedule(epochs=12, learning_rate=0.01, warmup_epochs=1, average=0.5)
LOSSES = (5.0, 4.0, 3.0, 3.5, 3.0, 4.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
"""What each epoch is said to give: the best before a patience of 3 is over is the third."""


class Told:
    """Something to learn whose validation is told beforehand; keeps the weights of each epoch."""

    steps = 2

    def __init__(self, fails: int | None = None) -> None:
        self.fails, self.weights = fails, {}

    def batches(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        generator = torch.Generator().manual_seed(epoch)
        for _ in range(self.steps):
            if epoch == self.fails:
                raise KeyboardInterrupt
            yield torch.randn(4, 1, generator=generator), torch.ones(4, 1)

    def loss(self, network: nn.Module, inputs: Tensor, targets: Tensor) -> tuple[Tensor, float]:
        return (network(inputs) - targets).square().mean(), 0.0

    def measured(self, network: nn.Module, epoch: int) -> dict[str, float]:
        self.weights[epoch] = network.weight.detach().clone()
        return {"validation_loss": LOSSES[epoch - 1]}


def fitted(problem: Told, patience: int, keeping: Keeping | None = None) -> Fitted:
    torch.manual_seed(0)
    return fit(
        nn.Linear(1, 1), problem, SCHEDULE, seed=0, device=torch.device("cpu"), keeping=keeping,
        stopping=Stopping(patience),
    )  # fmt: skip


@pytest.mark.parametrize(("patience", "last", "best"), [(1, 4, 3), (3, 6, 3), (4, 11, 7), (9, 12, 7)])
def test_it_ends_without_progress_and_gives_the_best(patience: int, last: int, best: int) -> None:
    problem = Told()
    result = fitted(problem, patience)
    assert result.history[-1][0] == last == max(problem.weights)
    assert torch.equal(result.network.weight, problem.weights[best])
    assert not torch.equal(problem.weights[best], problem.weights[last])


@pytest.mark.parametrize("killed_in", [2, 4, 6])
def test_after_a_kill_it_ends_as_it_would_have(tmp_path: Path, killed_in: int) -> None:
    whole, keeping = fitted(Told(), 3), Keeping(tmp_path / "x", "key", every=2)
    with pytest.raises(KeyboardInterrupt):
        fitted(Told(fails=killed_in), 3, keeping)
    again = fitted(Told(), 3, keeping)
    assert again.history == whole.history and torch.equal(again.network.weight, whole.network.weight)
    after = Told()
    assert torch.equal(fitted(after, 3, keeping).network.weight, whole.network.weight)
    assert not after.weights  # what has ended is only read


def test_before_anything_is_measured_nothing_is_over() -> None:
    best = Best(Stopping(1), nn.Linear(1, 1))
    assert best_epoch([], "validation_loss") is None and not best.is_over([(5, "train_loss", 1.0)])
