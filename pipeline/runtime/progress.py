"""How far a stage of a build has come: as a line for a log, and as a bar that fits its terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from pipeline.runtime import events

EXTRACTING = "extracting"
MIN_ITEM = 5
"""Cells: less of a name says nothing."""
MIN_LEFT_S = 0.5
"""An estimate that has run out is no time left."""
MIN_BAR, MAX_BAR = 10, 40
WIDE = 60
"""From so many columns on, there is a bar whatever the names."""


@dataclass(frozen=True, slots=True)
class State:
    """What the last event of a stage says."""

    stage: str
    title: str
    unit: str
    done: float
    total: int
    left_s: float | None = None
    item: str = ""
    """What was done last, or how fast it goes."""
    failed: int = 0

    @property
    def is_done(self) -> bool:
        return self.done >= self.total

    @property
    def count(self) -> str:
        """``3 of 14 views``."""
        return f"{int(self.done):,} of {self.units}"

    @property
    def units(self) -> str:
        """``14 views``; the number alone where the stage is called after its unit."""
        unit = self.unit.removesuffix("s") if self.total == 1 else self.unit
        return f"{self.total:,}" + (f" {unit}" if self.unit != self.title else "")


def extraction(
    done: int, total: int, left_s: float | None = None, clips_per_s: float = 0.0, failed: int = 0
) -> State:
    """How far the clips are measured."""
    rate = f"{clips_per_s:.0f} clips/s" if clips_per_s >= 1 else ""
    return State(EXTRACTING, EXTRACTING, "clips", done, total, left_s, rate, failed)


def state_of(event: events.Progress | events.StageProgress) -> State:
    """Extraction and the stages after it, in one form."""
    if isinstance(event, events.Progress):
        return extraction(event.done, event.total, event.left_s, event.clips_per_s, event.failed)
    item = " · ".join(filter(None, (event.dataset, event.item.removeprefix(f"{event.dataset}."))))
    return State(event.stage, event.title, event.unit, event.done, event.total, event.left_s, item)


class Pace:
    """How fast one stage goes, from its first event on."""

    def __init__(self, state: State, clock: Callable[[], float] = time.monotonic) -> None:
        self.state, self.clock = state, clock
        self.began_s = self.at_s = clock()
        self.first_done = state.done

    def update(self, state: State) -> None:
        self.state, self.at_s = state, self.clock()

    @property
    def elapsed_s(self) -> float:
        return self.clock() - self.began_s

    @property
    def left_s(self) -> float | None:
        """Seconds until the stage is done: the build's own estimate, else at the pace so far; None at first."""
        left_s, done = self.state.left_s, self.state.done - self.first_done
        if left_s is None and done > 0:
            left_s = (self.at_s - self.began_s) / done * (self.state.total - self.state.done)
        return None if left_s is None else max(0.0, left_s - (self.clock() - self.at_s))


def duration(seconds: float) -> str:
    """``40 s``, ``12 min``, ``1 h 20 min``."""
    minutes = round(seconds / 60)
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def clock_time(seconds: float) -> str:
    """``0:40``, ``12:05``, ``1:20:00``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def shorten(text: str, width: int) -> str:
    """At most ``width`` cells of a name: what goes is its middle, for names differ at their ends."""
    if cell_len(text) <= width:
        return text
    if width < 1:
        return ""
    head = tail = text
    while cell_len(head) > width // 2:
        head = head[:-1]
    while cell_len(tail) > width - 1 - width // 2:
        tail = tail[1:]
    return f"{head}…{tail}"


def begin_line(state: State) -> str:
    """The line of a log when a stage begins."""
    left = f", {duration(state.left_s)} left" if state.left_s else ""
    return f"{state.title}: {state.count}{left}"


def line(pace: Pace) -> str:
    """The line of a log while a stage is at work."""
    left_s, state = pace.left_s, pace.state
    late = left_s is not None and left_s < MIN_LEFT_S
    left = "" if left_s is None else ", longer than expected" if late else f", {duration(left_s)} left"
    item = f" ({state.item})" if state.item else ""
    return f"{state.title}: {state.count}{left}{item}"


def end_line(pace: Pace) -> str:
    """The line of a log when a stage has ended."""
    state = pace.state
    count = state.units if state.is_done else state.count
    failed = f", {state.failed:,} failed" if state.failed else ""
    return f"{state.title}: {count} in {duration(pace.elapsed_s)}{failed}"


class Bar:
    """One line of a terminal, however narrow: numbers stay whole, names give way, the bar takes what is left."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        state, left_s = self.pace.state, self.pace.left_s
        is_known = left_s is not None and (left_s >= MIN_LEFT_S or state.is_done)
        numbers = f"{int(state.done)}/{state.total}" + (f" {clock_time(left_s or 0.0)}" if is_known else "")
        room = options.max_width - cell_len(numbers) - 1
        if options.max_width >= WIDE:
            room -= MIN_BAR + 1
        # Half for the title, unless the item needs less than the other half.
        item = cell_len(state.item) + 1 if state.item else 0
        title = shorten(state.title, max(room // 2, room - item))
        room -= cell_len(title)
        item_text = shorten(state.item, room - 1) if room > MIN_ITEM else ""
        room -= cell_len(item_text) + 1 if item_text else 0
        if options.max_width >= WIDE:
            room += MIN_BAR + 1
        bar = min(room - 1, MAX_BAR)
        text = Text(f"{title} ", no_wrap=True, overflow="crop", end="")
        if bar >= MIN_BAR:
            text.append_text(_bar(state, bar, colours=bool(console.color_system) and not console.no_color))
        text.append(numbers, "progress.percentage")
        yield text.append(f" {item_text}" if item_text else "")


def _bar(state: State, width: int, *, colours: bool) -> Text:
    full = round(width * min(1.0, state.done / max(state.total, 1)))
    rest = ("━" if colours else " ") * (width - full)
    style = "bar.finished" if state.is_done else "bar.complete"
    return Text.assemble(("━" * full, style), (rest, "bar.back"), " ")
