"""A training on the terminal: bars while it goes on, a line a network, a table at the end."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from pipeline.train.esc.trained import Trained
from pipeline.train.history import TEST_ACCURACY, TRAIN_LOSS
from pipeline.train.telling import Told


class Display:
    """Listens to a training; a context manager, so that the bars are put away whatever happens."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[told]}", markup=False),
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

    def tell(self, told: Told) -> None:
        """An epoch has ended."""
        values = {metric: value for _, metric, value in told.rows}
        self._show(told.fold, told.done, told.total, f"epochs, loss {values[TRAIN_LOSS]:.3f}")
        if told.epoch == told.epochs:
            which = f"network {told.member} of {told.members}" if told.members > 1 else "the network"
            heard = (
                f", {values[TEST_ACCURACY]:.1%} of the held-out clips told right"
                if TEST_ACCURACY in values
                else ""
            )
            self.console.print(f"{told.fold}: {which} is trained, loss {values[TRAIN_LOSS]:.3f}{heard}")

    def _show(self, what: str, done: int, total: int, told: str) -> None:
        if what not in self.tasks:
            self.tasks[what] = self.bars.add_task(what, total=total, told="")
        self.bars.update(self.tasks[what], completed=done, told=told)


def show_result(found: Trained, console: Console) -> None:
    """What the networks that lie there tell of the clips that they have not seen."""
    table = Table("fold", *("learned from", "tested", "told right", "minutes"))
    for column in table.columns[1:]:
        column.justify = "right"
    for fold in found.folds:
        told = (len(fold.learned), len(fold.clip_ids), f"{fold.accuracy:.1%}", f"{fold.seconds / 60:.1f}")
        table.add_row(fold.name, *map(str, told))
    console.print(table)
    right = (found.probabilities.argmax(1) == found.truth).mean()
    left = len(found.fold_names) - len(found.folds)
    rest = f"{left} folds are" if left > 1 else "1 fold is"
    then = f"{rest} still to be trained." if left else "`python -m pipeline build` takes it up."
    console.print(
        f"{right:.1%} of {len(found.truth):,} clips told right by a network that never saw them. {then}"
    )
