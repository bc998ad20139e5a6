"""Live sound: what a decision costs, how soon it comes, that nobody is named where nobody speaks, and how often it is
right.

    python benchmarks/live.py [--data ../shared/data] [--seconds 30]

Sound is pushed into live sessions as a browser sends it: 20 ms of 48 kHz stereo 16 bits at a time, in real time, first
into one, then into four at once, which all begin together, so that their decisions fall together too. Sentences follow
one another with pauses of 1.5 s of digital silence, so that beginning and end of speech are known. What the browser
adds is not in these figures. Without real recordings, voices are the synthetic ones, and what needs recordings is left
out with a word.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import numpy as np
from _live import (
    BROWSER_HZ,
    DATA,
    FRAME,
    Network,
    Person,
    Samples,
    as_a_browser_sends,
    cut,
    demo,
    esc_10,
    machine,
    network,
    timit_sample,
)
from _live_told import VOICES, no_voice_table, right_table
from rich.console import Console
from rich.table import Table

from app.live.metrics import STEPS
from models.decisions import Decision, State
from models.vad import RATE_HZ

PAUSE_S = 1.5
TARGET_MS = {1: 100.0, 4: 250.0}
FIRST_NAME_S, NO_SPEECH_S = 1.5, 1.0
COMPUTE = "all but the waiting"


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """Sentences with pauses, (samples,) at 16 kHz, and the second at which each begins and ends."""

    samples: Samples
    spoken_s: Sequence[tuple[float, float]]


@dataclass(slots=True, eq=False)
class Watched:
    """What one session told: its decisions, and what it showed at which second after the first sample was spoken."""

    script: Script
    decisions: list[Decision] = field(default_factory=list)
    shown: list[tuple[float, State]] = field(default_factory=list)
    dropped: int = 0

    def first_names_s(self) -> list[float]:
        """From the beginning of each sentence to a name; infinite where none came."""
        return [self._after(begin, end + PAUSE_S, begin, VOICES) for begin, end in self.script.spoken_s]

    def ends_s(self) -> list[float]:
        """From the end of each sentence to "no speech"."""
        return [self._after(end, end + PAUSE_S, end, (State.NO_SPEECH,)) for _, end in self.script.spoken_s]

    def _after(self, start: float, stop: float, since: float, wanted: Sequence[State]) -> float:
        found = (at - since for at, state in self.shown if start <= at < stop and state in wanted)
        return next(found, float("inf"))


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """So many sessions at once, and what they took of the machine."""

    watched: Sequence[Watched]
    wall_s: float
    core_s: float

    @property
    def heard(self) -> list[Decision]:
        """The decisions in which the network listened: with the others among them it would look quicker."""
        return [one for each in self.watched for one in each.decisions if one.timings.network_ms > 0]


def script(people: Iterable[Person], duration_s: float) -> Script:
    """At least ``duration_s`` of sentences, another person's after each."""
    pause = np.zeros(round(PAUSE_S * RATE_HZ), np.float32)
    parts, times, at = [pause], [], len(pause)
    for number, person in enumerate(cycle(people)):
        said = cut(person.clips[number % len(person.clips)])
        times.append((at / RATE_HZ, (at + len(said)) / RATE_HZ))
        parts += [said, pause]
        at += len(said) + len(pause)
        if at >= duration_s * RATE_HZ:
            return Script(np.concatenate(parts), times)
    raise ValueError("Nobody is there to speak.")


def in_real_time(using: Network, scripts: Sequence[Script]) -> Run:
    """Each script into a session of its own, a frame of each every 20 ms."""
    watched = [Watched(one) for one in scripts]
    sent = [as_a_browser_sends(one.samples) for one in scripts]
    sessions = [using.session() for _ in scripts]
    began, began_core = time.perf_counter(), time.process_time()
    try:
        for number in range(max(map(len, sent))):
            # A frame can be sent only once its last sample was spoken.
            time.sleep(max(0.0, began + (number + 1) * FRAME / BROWSER_HZ - time.perf_counter()))
            for session, frames in zip(sessions, sent, strict=True):
                if number < len(frames):
                    session.push(frames[number], BROWSER_HZ)
            for session, one in zip(sessions, watched, strict=True):
                state = session.state()
                at_s = time.perf_counter() - began
                if state.latest is not None:
                    one.shown.append((at_s, state.latest.state))
                one.decisions, one.dropped = list(state.recent), state.dropped
        wall_s, core_s = time.perf_counter() - began, time.process_time() - began_core
    finally:
        for session in sessions:
            session.close()
    return Run(watched, wall_s, core_s)


def cost_table(runs: dict[int, Run]) -> Table:
    counted = ", ".join(f"{len(run.heard)} with {count} at once" for count, run in runs.items())
    table = Table(title=f"Milliseconds of a decision in which the network listened: {counted}; {machine()}")
    table.add_column("step")
    for count in runs:
        for heading in (f"{count} at once: median", "95 %", "most"):
            table.add_column(heading, justify="right")
    for name, values in _steps(runs).items():
        cells = [
            f"{value:.1f}" for each in values for value in (*np.percentile(each, [50, 95]), np.max(each))
        ]
        table.add_row(name, *cells, end_section=name == list(STEPS.values())[-1])
    told = [
        f"{count} at once: {run.core_s / run.wall_s / count:.1%} of one core a stream, "
        f"{sum(one.dropped for one in run.watched)} frames dropped, "
        f"{_verdict(float(np.percentile(_compute(run), 95)), TARGET_MS[count], 'ms')}"
        for count, run in runs.items()
        if count in TARGET_MS
    ]
    table.caption = (
        "Resampling and voice activity are of all the sound since the decision before. A core's share is the whole "
        "process's, with the thread that sends. " + ". ".join(told) + "."
    )
    return table


def _steps(runs: dict[int, Run]) -> dict[str, list[np.ndarray]]:
    found = {
        title: [np.array([getattr(one.timings, step) for one in run.heard]) for run in runs.values()]
        for step, title in STEPS.items()
    }
    return found | {COMPUTE: [_compute(run) for run in runs.values()]}


def _compute(run: Run) -> np.ndarray:
    return np.array([one.timings.compute_ms for one in run.heard])


def _verdict(found: float, most: float, unit: str) -> str:
    return f"target at most {most:g} {unit}: {'met' if found <= most else 'MISSED'}"


def delay_table(runs: dict[int, Run]) -> Table:
    table = Table(title="Seconds until the session shows it, without the browser")
    for heading in ("", "sessions", "n", "median", "95 %", "most", "never", ""):
        table.add_column(heading, justify="left" if not heading else "right")
    for count, run in runs.items():
        for name, found, most in (
            (
                "voice begins -> first name",
                [s for one in run.watched for s in one.first_names_s()],
                FIRST_NAME_S,
            ),
            ("voice ends -> no speech", [s for one in run.watched for s in one.ends_s()], NO_SPEECH_S),
        ):
            there = [value for value in found if np.isfinite(value)] or [float("nan")]
            middle, high = np.percentile(there, [50, 95])
            table.add_row(
                name, str(count), str(len(found)), f"{middle:.2f}", f"{high:.2f}", f"{max(there):.2f}",
                str(sum(not np.isfinite(value) for value in found)), _verdict(high, most, "s"),
            )  # fmt: skip
    return table


def main() -> None:
    """Parse the command line, run all, print the tables."""
    parser = argparse.ArgumentParser(description="Live sound: cost, delay, and what is told.")
    parser.add_argument("--data", type=Path, default=DATA, help="a folder with esc10/ and timit_sample/")
    parser.add_argument(
        "--seconds", type=float, default=30.0, help="of sound in real time, for one and for four"
    )
    parser.add_argument("--demo", action="store_true", help="the synthetic voices, whatever is there")
    options = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 140)
    using = network()
    real = [] if options.demo else timit_sample(options.data)
    people, whom = (real, "TIMIT sample") if real else (demo(), "demo voices")
    runs = {}
    for count in TARGET_MS:
        turned = [[*people[number * 3 :], *people[: number * 3]] for number in range(count)]
        runs[count] = in_real_time(using, [script(one, options.seconds) for one in turned])
    console.print(cost_table(runs))
    console.print(delay_table(runs))
    console.print(no_voice_table(using, [] if options.demo else esc_10(options.data)))
    console.print(right_table(using, people, whom))


if __name__ == "__main__":
    main()
