"""Ten minutes of sound at ten times real time into a live session and a stream, as bad as sound can come.

    python benchmarks/live_soak.py [--minutes 10] [--faster 10] [--seed 0]

Voices, noise and silence come in frames of any length, with gaps, at rates and in formats that change every few
seconds, and every tenth frame is garbage: wrong shapes, wrong types, numbers that are none, rates that no sound has.
Shown is how much memory the process has more at the end than after the first fifth, what was refused and dropped, and
whether a woman and a man are told right after it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from _bad_sound import Frame, frames
from _live import (
    BROWSER_HZ,
    FRAME,
    Network,
    Person,
    as_a_browser_sends,
    cut,
    demo,
    give_back,
    machine,
    network,
    resident_mb,
)
from rich.console import Console
from rich.table import Table

from app.live.session import LiveSession
from models.audio import SoundError
from models.decisions import Decision, State
from models.stream import VoiceStream
from models.vad import RATE_HZ

WARM = 0.2
"""The share of the sound after which memory is first looked at: until then caches fill."""
FLAT_MB = 20.0


class FasterClock:
    """Seconds that pass ``times`` as fast as real ones, so that a session takes fast sound for sound in time."""

    def __init__(self, times: float) -> None:
        self.times, self._began_s = times, time.perf_counter()

    def __call__(self) -> float:
        return self.times * (time.perf_counter() - self._began_s)

    def wait_until(self, at_s: float) -> None:
        time.sleep(max(0.0, (at_s - self()) / self.times))


@dataclass(slots=True)
class Soaked:
    """What came of it."""

    frames: int = 0
    garbage: int = 0
    refused: int = 0
    refused_by_stream: int = 0
    dropped: int = 0
    decisions: int = 0
    sound_s: float = 0.0
    gaps_s: float = 0.0
    took_s: float = 0.0
    memory_mb: list[float] = field(default_factory=list)
    """In use after the first fifth, and from time to time until the end."""
    most_mb: float = 0.0
    """With what is free but not given back to the system."""
    error: str = ""
    closed: bool = False
    """The session ended by itself."""
    afterwards: list[tuple[str, State, State]] = field(default_factory=list)
    """By whom it was told (session or stream), what is true, and what was told most of the time."""

    @property
    def grown_mb(self) -> float:
        return self.memory_mb[-1] - self.memory_mb[0]

    @property
    def right(self) -> bool:
        return bool(self.afterwards) and all(true == told for _, true, told in self.afterwards)


def soak(
    using: Network, people: Sequence[Person], sound_s: float, faster: float, seed: int = 0, looks: int = 10
) -> Soaked:
    """``sound_s`` of bad sound into a session, ``faster`` times as fast as it lasts, and into a stream of its own."""
    clock, stream, found = FasterClock(faster), using.stream(), Soaked()
    session = using.session(clock=clock)
    began, looked_at = time.perf_counter(), list(np.linspace(WARM, 1, looks) * sound_s)
    try:
        for frame, lasts_s, gap_s in frames(people, seed):
            clock.wait_until(found.sound_s + found.gaps_s)
            _into_both(session, stream, frame, found)
            found.gaps_s += gap_s
            found.frames, found.garbage, found.sound_s = (
                found.frames + 1,
                found.garbage + (not lasts_s),
                found.sound_s + lasts_s,
            )
            while looked_at and found.sound_s >= looked_at[0]:
                found.most_mb = max(found.most_mb, resident_mb())
                give_back()
                found.memory_mb.append(resident_mb())
                looked_at.pop(0)
            if not looked_at:
                break
        found.took_s = time.perf_counter() - began
        _afterwards(session, stream, people, clock, found)
    finally:
        session.close()
    return found


def _into_both(session: LiveSession, stream: VoiceStream, frame: Frame, found: Soaked) -> None:
    session.push(*frame)
    state = session.state()  # whoever looks keeps it alive
    found.refused, found.dropped = state.refused, state.dropped
    found.error, found.closed = state.error, state.closed
    try:
        found.decisions += len(stream.feed(*frame))
    except SoundError:
        found.refused_by_stream += 1


def _afterwards(
    session: LiveSession, stream: VoiceStream, people: Sequence[Person], clock: FasterClock, found: Soaked
) -> None:
    """A woman and a man, each after a pause, as a browser would send them."""
    at_s = clock() + 4  # longer than what counts as a gap: whatever came before is forgotten
    for person in people[:2]:
        sound = np.concatenate(
            [np.zeros(2 * RATE_HZ, np.float32), cut(person.clips[0]), cut(person.clips[1])]
        )
        said, shown = [], []
        for frame in as_a_browser_sends(sound):
            at_s += FRAME / BROWSER_HZ
            clock.wait_until(at_s)
            session.push(frame, BROWSER_HZ)
            said += stream.feed(frame, BROWSER_HZ)
            state = session.state()
            shown += [state.latest] if state.latest else []
            found.error, found.closed = state.error, state.closed
        found.afterwards += [("session", person.state, mostly(shown)), ("stream", person.state, mostly(said))]


def mostly(decisions: Sequence[Decision]) -> State:
    """The name that was given most often; "no speech" where none was."""
    named = [one.state for one in decisions if one.state in (State.FEMALE, State.MALE)]
    return max(set(named), key=named.count, default=State.NO_SPEECH)


def table(found: Soaked) -> Table:
    drawn = Table(
        title=f"{found.sound_s / 60:.1f} min of bad sound in {found.took_s:.0f} s; {machine()}",
        show_header=False,
    )
    first, last, steps = found.memory_mb[0], found.memory_mb[-1], found.memory_mb
    for name, value in (
        ("frames, garbage among them", f"{found.frames:,}, {found.garbage:,}"),
        ("refused by the session, by the stream", f"{found.refused:,}, {found.refused_by_stream:,}"),
        ("dropped because the session lagged behind", f"{found.dropped:,}"),
        ("decisions of the stream", f"{found.decisions:,}"),
        (f"memory in use after {WARM:.0%} of the sound, at the end", f"{first:.0f}, {last:.0f} MB"),
        (f"grown (at most {FLAT_MB:g} MB); least and most of {len(steps)} looks",
         f"{found.grown_mb:+.1f} MB; {min(steps):.0f} to {max(steps):.0f} MB"),
        ("most at any look, with what is free but kept", f"{found.most_mb:.0f} MB"),
        ("ended by itself", found.error or ("yes" if found.closed else "no")),
        *((f"afterwards, by the {who}: {true}", f"{told}") for who, true, told in found.afterwards),
    ):  # fmt: skip
        drawn.add_row(name, value)
    return drawn


def main() -> None:
    """Parse the command line, soak, print; fails where something is not as it should be."""
    parser = argparse.ArgumentParser(description="Bad sound into a live session, for long.")
    parser.add_argument("--minutes", type=float, default=10.0, help="of sound")
    parser.add_argument("--faster", type=float, default=10.0, help="times real time")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    found = soak(network(), demo(), 60 * options.minutes, options.faster, options.seed)
    Console(width=None if sys.stdout.isatty() else 120).print(table(found))
    if found.closed or not found.right or found.grown_mb > FLAT_MB:
        raise SystemExit("The soak did not end as it should.")


if __name__ == "__main__":
    main()
