"""A training on the terminal: bars while it goes on, a line a network; and on what it runs, CPU or GPU."""

from __future__ import annotations

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from pipeline.train.layout import TrainError
from pipeline.train.loop import TEST_ACCURACY, TRAIN_LOSS, EpochEnd


class Display:
    """Listens to a training; a context manager, so that the bars are put away whatever happens."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}", markup=False),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            # A file or a pipe would keep each state of the bars.
            disable=console.quiet or not console.is_terminal,
        )
        self.tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Display:
        self.bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.bars.stop()

    def reading(self, done: int, total: int) -> None:
        """So many clips are read."""
        self._show("reading", done, total, "clips")

    def progress(self, what: str, done: int, total: int) -> None:
        """Of some other work so many clips are done."""
        self._show(what, done, total, "clips")

    def on_epoch_end(self, end: EpochEnd) -> None:
        values = {metric: value for _, metric, value in end.rows}
        self._show(end.fold, end.done, end.total, f"epochs, loss {values[TRAIN_LOSS]:.3f}")
        if end.epoch == end.epochs:
            which = f"network {end.member} of {end.members}" if end.members > 1 else "the network"
            tested = (
                f", {values[TEST_ACCURACY]:.1%} of the held-out clips classified correctly"
                if TEST_ACCURACY in values
                else ""
            )
            self.console.print(f"{end.fold}: {which} is trained, loss {values[TRAIN_LOSS]:.3f}{tested}")

    def _show(self, what: str, done: int, total: int, state: str) -> None:
        if what not in self.tasks:
            self.tasks[what] = self.bars.add_task(what, total=total, state="")
        self.bars.update(self.tasks[what], completed=done, state=state)


def device_named(name: str) -> torch.device:
    """``auto`` takes a GPU where there is one.

    Raises
    ------
    TrainError
        ``cuda`` is asked for and there is none.
    """
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise TrainError("No GPU can be used by this torch; expected one. Choose --device cpu or auto.")
    return torch.device("cuda" if there and name != "cpu" else "cpu")


def device_title(device: torch.device) -> str:
    """The GPU's name, or ``cpu``."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def use_threads(count: int) -> None:
    """Let torch calculate on so many threads of the CPU."""
    torch.set_num_threads(count)
