"""The loop: its learning rate, its average, and the same steps after a kill, bit for bit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from pipeline.runtime import stop
from pipeline.train.display import device_named
from pipeline.train.layout import TrainError
from pipeline.train.loop import Fitted, Keeping, Schedule, fit

CPU = torch.device("cpu")
SCHEDULE = Schedule(epochs=6, learning_rate=0.05, warmup_epochs=1, average=0.9)


class Line:
    """Learn y = 3 x from noise that depends on the epoch alone; ``fails`` ends it in the midst of an epoch."""

    steps = 4

    def __init__(self, fails: int | None = None) -> None:
        self.fails = fails

    def batches(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        generator = torch.Generator().manual_seed(epoch)
        for step in range(self.steps):
            if epoch == self.fails and step == 2:
                raise KeyboardInterrupt
            inputs = torch.randn(16, 2, generator=generator)
            yield inputs, 3 * inputs[:, :1]

    def loss(self, network: nn.Module, inputs: Tensor, targets: Tensor) -> tuple[Tensor, float]:
        wrong = (network(inputs) - targets) ** 2
        return wrong.mean(), float((wrong < 0.1).float().mean())

    def measured(self, network: nn.Module, epoch: int) -> dict[str, float]:
        return {"validation_loss": float(epoch)} if epoch % 2 == 0 else {}


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Dropout(0.2), nn.Linear(8, 1))


def fitted(keeping: Keeping | None = None, fails: int | None = None, schedule: Schedule = SCHEDULE) -> Fitted:
    return fit(network(), Line(fails), schedule, seed=1, device=CPU, keeping=keeping)


def test_it_learns_and_tells_each_epoch() -> None:
    result = fitted(schedule=replace(SCHEDULE, epochs=60))
    losses = [value for _, metric, value in result.history if metric == "train_loss"]
    assert len(losses) == 60 and losses[-1] < 0.35 * losses[0]
    assert {metric for _, metric, _ in result.history} == {
        "train_loss", "train_accuracy", "learning_rate", "validation_loss",
    }  # fmt: skip
    assert [epoch for epoch, metric, _ in result.history if metric == "validation_loss"] == [*range(2, 61, 2)]
    assert not result.network.training and result.seconds > 0


@pytest.mark.parametrize("killed_in", [2, 3, 4, 6])
def test_after_a_kill_the_same_steps_follow(tmp_path: Path, killed_in: int) -> None:
    whole = fitted()
    keeping = Keeping(tmp_path / "x.checkpoint", "key", every=2)
    with pytest.raises(KeyboardInterrupt):
        fitted(keeping, fails=killed_in)
    again = fitted(keeping)
    assert again.history == whole.history
    for old, new in zip(
        whole.network.state_dict().values(), again.network.state_dict().values(), strict=True
    ):
        assert torch.equal(old, new)


def test_a_finished_training_is_only_read(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path / "x.checkpoint", "key")
    first = fitted(keeping)
    again = fit(network(), Line(fails=1), SCHEDULE, seed=1, device=CPU, keeping=keeping)
    assert again.history == first.history and again.seconds == first.seconds


def test_a_checkpoint_of_another_training_is_not_gone_on_from(tmp_path: Path) -> None:
    fitted(Keeping(tmp_path / "x.checkpoint", "another"), schedule=replace(SCHEDULE, learning_rate=1e-9))
    assert fitted(Keeping(tmp_path / "x.checkpoint", "key")).history == fitted().history


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.checkpoint").write_bytes(b"half a file")
    with pytest.raises(TrainError, match="Delete it and train again"):
        fitted(Keeping(tmp_path / "x.checkpoint", "key"))


def test_a_request_to_stop_takes_effect_between_steps() -> None:
    stop._requested.set()
    try:
        with pytest.raises(KeyboardInterrupt):
            fitted()
    finally:
        stop._requested.clear()


def test_the_rate_rises_and_falls() -> None:
    schedule = Schedule(epochs=10, learning_rate=1.0, warmup_epochs=2)
    rates = [schedule.rate(epoch / 4) for epoch in range(41)]
    peak = rates.index(max(rates))
    assert rates[peak] == 1.0 and peak == 8
    assert rates[:9] == sorted(rates[:9]) and rates[8:] == sorted(rates[8:], reverse=True)
    assert 0 < rates[0] < 0.01 and rates[-1] == pytest.approx(0)


def test_a_loss_that_is_no_number_ends_it() -> None:
    class Broken(Line):
        def loss(self, network: nn.Module, inputs: Tensor, targets: Tensor) -> tuple[Tensor, float]:
            loss, right = super().loss(network, inputs, targets)
            return loss * float("nan"), right

    with pytest.raises(TrainError, match="In epoch 1 the loss is no finite number"):
        fit(network(), Broken(), SCHEDULE, seed=1, device=CPU)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_auto_takes_the_cpu_and_cuda_is_refused() -> None:
    assert device_named("auto") == device_named("cpu") == CPU
    with pytest.raises(TrainError, match="Choose --device cpu or auto"):
        device_named("cuda")
