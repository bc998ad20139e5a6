"""A build's events on the command line: bars on a terminal, lines in a log, JSON, or silence; and the summary."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Any, NoReturn, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.progress import Progress, ProgressColumn, Task, TaskID
from rich.table import Table
from rich.text import Text

from pipeline.runtime import events
from pipeline.runtime.progress import (
    Bar,
    Pace,
    State,
    begin_line,
    end_line,
    extraction,
    line,
    shorten,
    state_of,
)
from store.text import visible

EVERY_S = 10.0
"""In a log, a stage at work writes a line this often."""
LOOK_S = 1.0
UNBOUNDED = 100_000
"""Columns where there is no terminal."""
MIN_NAME = 10
"""Columns for a collection's name in the summary's table; where there are fewer, it is no table."""


class PlainConsole(Console):
    """Shows names as they are: brackets and colons in a file's name are no markup, control characters no commands."""

    def __init__(self) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, soft_wrap=True)
        if not self.is_terminal:
            self.width = UNBOUNDED  # a file or a program reads it: tables are as wide as what is in them

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(visible(text), **options)

    def on_broken_pipe(self) -> NoReturn:
        # rich would end the program here, from whichever thread, and without a word.
        raise BrokenPipeError


def plain() -> Console:
    """A console that shows names as they are."""
    return PlainConsole()


class Display:
    """Shows events; leaving the ``with`` puts away what is still drawn."""

    def __enter__(self) -> events.Listener:
        return self.show

    def __exit__(self, *error: object) -> None:
        """Nothing to put away."""

    def show(self, event: events.Event) -> None:
        raise NotImplementedError


class Silent(Display):
    """``--quiet``."""

    def show(self, event: events.Event) -> None:
        """Write nothing."""


class Lines(Display):
    """``--json``: one event a line, flushed, so that another program can follow."""

    def __init__(self, file: TextIO) -> None:
        self.file = file

    def show(self, event: events.Event) -> None:
        self.file.write(events.to_json(event) + "\n")
        self.file.flush()


def listener(options: argparse.Namespace) -> Display:
    """What ``--quiet`` and ``--json`` ask for; without, what suits a terminal or a log."""
    if options.quiet:
        return Silent()
    if options.json:
        return Lines(sys.stdout)
    console = plain()
    return Terminal(console) if console.is_terminal else Log(console)


class _Words(Display):
    """What terminal and log have in common: a sentence for each event that is not progress."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self.console, self.clock = console, clock
        self.pace: Pace | None = None
        """Of the stage at work."""
        self.titles: dict[str, str] = {}
        self.published: list[int] = []

    def show(self, event: events.Event) -> None:
        match event:
            case events.Started(resumed=True):
                self.console.print("Going on with the build that was interrupted.")
            case events.Preparing(dataset=dataset):
                self.console.print(f"{dataset}: making its recordings where they are missing")
            case events.Scanned():
                self._scanned(event)
            case events.Planned():
                self._planned(event)
            case events.Progress() | events.StageProgress():
                self._progress(state_of(event))
            case events.Published():
                self.published.append(event.snapshot)  # also in the midst of a stage
                after = self.titles.get(event.stage, event.stage)
                self.console.print(
                    f"Snapshot {event.snapshot} is published" + (f", with {after}" if after else "")
                )
            case events.Finished():
                self._end_stage()
                summary(event, self.console, self.titles, self.published)
            case _:
                pass

    def _scanned(self, event: events.Scanned) -> None:
        wrong = f", {event.problems} files with a problem" if event.problems else ""
        self.console.print(f"{event.dataset}: {event.clips} clips found{wrong}")
        for note in event.notes:
            self.console.print(f"  {note}", style="dim")

    def _planned(self, event: events.Planned) -> None:
        counts = {
            "to extract": event.to_extract,
            "unchanged": event.unchanged,
            "with new labels or dates": event.updated,
            "known by their content": event.reused,
            "gone from disk": event.removed,
            "at fault as before": event.failed,
        }
        words = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        self.console.print(words or "nothing found")
        if event.to_extract:
            self._progress(extraction(0, event.to_extract))

    def _progress(self, state: State) -> None:
        self.titles[state.stage] = state.title
        # A stage that is named anew after its end begins anew.
        if self.pace and (self.pace.state.stage != state.stage or state.done < self.pace.state.done):
            self._end_stage()
        if not state.total:
            return
        if self.pace is None:
            self.pace = Pace(state, self.clock)
            self._begun(self.pace)
        else:
            self.pace.update(state)
            self._moved(self.pace)
        if state.is_done:
            self._end_stage()

    def _end_stage(self) -> None:
        pace, self.pace = self.pace, None
        if pace is not None:
            self._ended(pace)

    def _begun(self, pace: Pace) -> None:
        """A stage has begun."""

    def _moved(self, pace: Pace) -> None:
        """A stage has come further."""

    def _ended(self, pace: Pace) -> None:
        """A stage is done, or another one has begun."""


class _Column(ProgressColumn):
    def render(self, task: Task) -> Bar:
        return Bar(task.fields["pace"])


class Terminal(_Words):
    """A bar for the stage at work, a table at the end."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(console, clock)
        self.bar = Progress(_Column(), console=console, transient=True)
        self.task: TaskID | None = None

    def __exit__(self, *error: object) -> None:
        self.bar.stop()

    def _begun(self, pace: Pace) -> None:
        self.task = self.bar.add_task(pace.state.title, total=None, pace=pace)
        self.bar.start()

    def _ended(self, pace: Pace) -> None:
        self.bar.stop()
        if self.task is not None:
            self.bar.remove_task(self.task)
            self.task = None


class Log(_Words):
    """Lines for a file or a pipe: when a stage begins, every ten seconds, and when it ends."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(console, clock)
        self.written_s = clock()
        self.over, self.lock = Event(), Lock()
        self.fault: OSError | None = None
        self.watch = Thread(target=self._watch, name="progress in the log", daemon=True)

    def __enter__(self) -> events.Listener:
        self.watch.start()
        return self.show

    def __exit__(self, *error: object) -> None:
        self.over.set()
        self.watch.join(LOOK_S)

    def show(self, event: events.Event) -> None:
        with self.lock:
            if self.fault:
                raise self.fault
            super().show(event)

    def tick(self) -> None:
        """Write how far the stage is if it is time for that: some units take minutes, in which no event comes."""
        with self.lock:
            if self.pace and self.clock() - self.written_s >= EVERY_S:
                self._write(line(self.pace))

    def _watch(self) -> None:
        while not self.over.wait(LOOK_S):
            try:
                self.tick()
            except OSError as error:  # the build ends by it, in its own thread
                self.fault = error
                return

    def _write(self, text: str) -> None:
        self.written_s = self.clock()
        self.console.print(text)

    def _begun(self, pace: Pace) -> None:
        if not pace.state.is_done:
            self._write(begin_line(pace.state))

    def _moved(self, pace: Pace) -> None:
        if self.clock() - self.written_s >= EVERY_S and not pace.state.is_done:
            self._write(line(pace))

    def _ended(self, pace: Pace) -> None:
        self._write(end_line(pace))


def summary(event: events.Finished, console: Console, titles: dict[str, str], published: list[int]) -> None:
    """The end of a build: its collections, and what was done, in sentences."""
    _collections(event, console)
    if event.status == "unchanged":
        console.print(
            f"Nothing has changed: snapshot {event.snapshot} is up to date, 0 vectors computed "
            f"({event.seconds:.1f} s)."
        )
    else:
        console.print(
            f"Snapshot {event.snapshot}: {event.added} added, {event.updated} updated, {event.removed} removed, "
            f"{event.failed} failed; {event.vectors_computed} vectors computed, {event.vectors_reused} reused "
            f"({event.seconds:.1f} s)."
        )
        stages = ", ".join(
            f"{titles.get(name, name)} {count}" for name, count in event.stages.items() if count
        )
        if stages:
            console.print(f"Computed: {stages}.")
        if published:
            times = "once" if len(published) == 1 else f"{len(published)} times"
            console.print(f"It was published {times} on the way, as stages ended.")
    if event.failed:
        console.print("`python -m pipeline status --failures` lists what failed and why.")


def _collections(event: events.Finished, console: Console) -> None:
    """A table, or where the terminal is too narrow for one, two lines for each collection."""
    rows = [
        (
            one.dataset,
            str(one.clips),
            f"{one.hours:.2f}",
            str(one.classes),
            str(one.speakers),
            str(one.failed),
        )
        for one in event.collections
    ]
    columns = ("collection", "clips", "hours", "classes", "speakers", "failed")
    widths = [max(map(cell_len, column)) for column in zip(columns, *rows, strict=True)]
    room = console.width - sum(widths[1:]) - 3 * len(columns) - 1
    if room < min(widths[0], MIN_NAME):
        for name, *numbers in rows:
            counts = [
                f"{number} {what}" for what, number in zip(columns[1:], numbers, strict=True) if number != "0"
            ]
            console.print(shorten(name, console.width))
            console.print(Padding(" · ".join(counts), (0, 0, 0, 2)), soft_wrap=False)
        return
    table = Table(*columns)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, *numbers in rows:
        table.add_row(shorten(name, room), *numbers)
    console.print(table)
