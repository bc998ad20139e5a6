"""A build's events on the terminal: a progress bar and a summary, JSON lines, or silence."""

from __future__ import annotations

import argparse
import sys
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from pipeline import events


def plain() -> Console:
    """A console that shows names as they are: brackets and colons in a file's name are no markup."""
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


class Display:
    """A listener with an end."""

    def __enter__(self) -> events.Listener:
        return self.tell

    def __exit__(self, *error: object) -> None:
        """Nothing to put away."""

    def tell(self, event: events.Event) -> None:
        raise NotImplementedError


class Silent(Display):
    """``--quiet``."""

    def tell(self, event: events.Event) -> None:
        """Say nothing."""


class Lines(Display):
    """``--json``: one event a line, flushed, so that another program can follow."""

    def __init__(self, file: TextIO) -> None:
        self.file = file

    def tell(self, event: events.Event) -> None:
        self.file.write(events.to_json(event) + "\n")
        self.file.flush()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much a command tells."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quiet", action="store_true", help="say nothing but errors")
    how.add_argument("--json", action="store_true", help="one event a line on standard output")


def listener(options: argparse.Namespace) -> Display:
    """What those arguments ask for."""
    if options.quiet:
        return Silent()
    return Lines(sys.stdout) if options.json else Terminal()


class Terminal(Display):
    """A line a stage, a bar with rate and time left while clips are extracted, a table at the end."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or plain()
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[told]}", markup=False),  # names of collections
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            # A file or a pipe would keep each state of the bar.
            disable=not self.console.is_terminal,
        )
        self.task: TaskID | None = None

    def __exit__(self, *error: object) -> None:
        self.bar.stop()

    def _close(self) -> None:
        self.bar.stop()
        if self.task is not None:
            self.bar.remove_task(self.task)
            self.task = None

    def tell(self, event: events.Event) -> None:
        match event:
            case events.Started(resumed=True):
                self.console.print("Going on with the build that was interrupted.")
            case events.Preparing(dataset=dataset):
                self.console.print(f"{dataset}: making its recordings where they are missing")
            case events.Scanned():
                self._scanned(event)
            case events.Planned():
                self._planned(event)
            case events.Progress():
                self._show("extracting", event.done, event.total, f"{event.clips_per_s:.0f} clips/s")
            case events.StageProgress():
                self._stage(event)
            case events.Finished():
                self._close()
                summary(event, self.console)
            case _:
                pass

    def _scanned(self, event: events.Scanned) -> None:
        wrong = f", {event.problems} files with a problem" if event.problems else ""
        self.console.print(f"{event.dataset}: {event.clips} clips found{wrong}")
        for note in event.notes:
            self.console.print(f"  {note}", style="dim")

    def _planned(self, event: events.Planned) -> None:
        told = {
            "to extract": event.to_extract,
            "unchanged": event.unchanged,
            "with new labels or dates": event.updated,
            "known by their content": event.reused,
            "gone from disk": event.removed,
            "at fault as before": event.failed,
        }
        words = ", ".join(f"{count} {what}" for what, count in told.items() if count)
        self.console.print(words or "nothing found")

    def _stage(self, event: events.StageProgress) -> None:
        if event.done == 0:  # the bar of the stage before has had its day
            self._close()
        if event.total:
            self._show(event.title, event.done, event.total, f"{event.dataset} {event.item}".strip())

    def _show(self, what: str, done: float, total: int, told: str) -> None:
        if self.task is None:
            self.task = self.bar.add_task(what, total=total, told="")
            self.bar.start()
        self.bar.update(self.task, completed=done, told=told)


def summary(event: events.Finished, console: Console) -> None:
    """The end of a build as a table and a sentence."""
    table = Table("collection", *("clips", "hours", "classes", "speakers", "failed"))
    for column in table.columns[1:]:
        column.justify = "right"
    for one in event.collections:
        numbers = (str(one.clips), f"{one.hours:.2f}", str(one.classes), str(one.speakers), str(one.failed))
        table.add_row(one.dataset, *numbers)
    console.print(table)
    if event.status == "unchanged":
        console.print(
            f"Nothing has changed: snapshot {event.snapshot} is up to date, 0 vectors computed "
            f"({event.seconds:.1f} s)."
        )
    else:
        console.print(
            f"Snapshot {event.snapshot}: {event.added} added, {event.updated} updated, {event.removed} removed, "
            f"{event.failed} failed; {event.vectors_computed} vectors computed, {event.vectors_reused} reused; "
            f"({event.seconds:.1f} s)."
        )
    if event.failed:
        console.print("`python -m pipeline status --failures` lists what failed and why.")
