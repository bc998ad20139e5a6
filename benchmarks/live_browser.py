"""The Live page in a real browser: seconds from a sound at the microphone to what it changes on the screen.

    python benchmarks/live_browser.py [--data ../shared/data] [--sentences 12] [--runs 2] [--built STORE]

Chromium's microphone is a file: sentences of several people, 2.5 to 4 s each, with 3 s of digital silence between. A
copy of the track that the browser sends tells when a sound came into the microphone: speech begins with the first 10 ms
above -45 dBFS after 2 s below, and ends with the last. As a sentence may begin with a breath, where Silero VAD finds
the voice in the file itself is told as well. What is seen counts from when it was painted. Server and browser share
this machine. Without real recordings, voices are the synthetic ones. Needs chromium.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np
import soundfile
import soxr
from _browser import ROOT, chromium, served
from _live import BROWSER_HZ, DATA, Person, Samples, cut, demo, machine, timit_sample
from _live_page import Shown, shown
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from models.vad import CHUNK, RATE_HZ, Silero, Voicing, level_dbfs

ABSENT = "Nothing to measure: this needs Playwright and Chromium (Debian: apt-get install chromium)."
HEAD_S, PAUSE_S = 8.0, 3.0
"""Silence until the two sides have found each other, and between sentences."""
SHORTEST_S, LONGEST_S = 2.5, 4.0
LOUD_DB, QUIET_S, BLOCK_S = -45.0, 2.0, 0.01
PEAK = 0.4
VOICES = ("female-like voice", "male-like voice")
NONE = "no speech"
FIRST_NAME_S, NO_SPEECH_S = 1.5, 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """What is spoken, (samples,) at 16 kHz, and the seconds at which it gets loud, falls quiet, and is voice."""

    samples: Samples
    loud_s: Sequence[tuple[float, float]]
    voice_s: Sequence[tuple[float, float]]


def script(people: Iterable[Person], count: int) -> Script:
    """So many sentences, each another person's than the one before."""
    parts: list[Samples] = [np.zeros(round(HEAD_S * RATE_HZ), np.float32)]
    for number, person in zip(range(count), cycle(people), strict=False):
        parts += [_sentence(person, number), np.zeros(round(PAUSE_S * RATE_HZ), np.float32)]
    samples = np.concatenate(parts)
    blocks = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    level_db = 10 * np.log10(np.square(blocks).mean(1) + 1e-12)
    loud = stretches(np.arange(len(level_db)) * BLOCK_S, level_db >= LOUD_DB, BLOCK_S)
    return Script(samples, loud, _voice(samples))


def _sentence(person: Person, number: int) -> Samples:
    said = np.zeros(0, np.float32)
    while len(said) < SHORTEST_S * RATE_HZ:
        said = np.concatenate([said, cut(person.clips[number % len(person.clips)])])
        number += 1
    said = said[: round(LONGEST_S * RATE_HZ)]
    return said * np.float32(PEAK / np.abs(said).max())


def _voice(samples: Samples) -> list[tuple[float, float]]:
    silero, voicing = Silero(), Voicing()
    chunks = samples[: len(samples) // CHUNK * CHUNK].reshape(-1, CHUNK)
    voiced = np.array([voicing.step(silero(one), level_dbfs(one)) for one in chunks])
    return stretches(np.arange(len(chunks)) * CHUNK / RATE_HZ, voiced, CHUNK / RATE_HZ)


def stretches(
    begin_s: NDArray[np.float64], on: NDArray[np.bool_], long_s: float
) -> list[tuple[float, float]]:
    """Beginning and end of each stretch of ``on`` with at least ``QUIET_S`` between them, as long as a block each."""
    times = begin_s[on]
    if not len(times):
        return []
    breaks = np.flatnonzero(np.diff(times) >= QUIET_S)
    begins, ends = times[[0, *(breaks + 1)]], times[[*breaks, -1]] + long_s
    return [(float(begin), float(end)) for begin, end in zip(begins, ends, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class Delays:
    """Seconds, one a sentence; infinite where nothing was seen until the next one."""

    name: Sequence[float]
    no_speech: Sequence[float]
    meter: Sequence[float]
    voice_name: Sequence[float]
    voice_no_speech: Sequence[float]

    @classmethod
    def of(cls, said: Script, seen: Shown) -> Delays:
        at_s = stretches(seen.begun_ms / 1000, seen.level_db >= LOUD_DB, BLOCK_S)
        if len(at_s) != len(said.loud_s):
            raise RuntimeError(f"the microphone heard {len(at_s)} sentences of {len(said.loud_s)}")
        # How voice lies in what is loud is taken from the file, as if the browser's own cleaning did not move it.
        voice = [
            (begin + voice[0] - loud[0], end + voice[1] - loud[1])
            for (begin, end), voice, loud in zip(at_s, said.voice_s, said.loud_s, strict=True)
        ]
        named = [at / 1000 for at, state in seen.states if state in VOICES]
        quiet = [at / 1000 for at, state in seen.states if state == NONE]
        heard = [at / 1000 for at, level in seen.meters if level >= LOUD_DB]
        return cls(
            list(_after(named, at_s, 0, at_s)), list(_after(quiet, at_s, 1, at_s)),
            list(_after(heard, at_s, 0, at_s)), list(_after(named, at_s, 0, voice)),
            list(_after(quiet, at_s, 1, voice)),
        )  # fmt: skip


def _after(
    seen_s: Sequence[float],
    at_s: Sequence[tuple[float, float]],
    side: int,
    since_s: Sequence[tuple[float, float]],
) -> Iterator[float]:
    """From ``since_s``, what is seen first after each of ``at_s`` and before the next sentence."""
    for at, since in zip(at_s, since_s, strict=True):
        found = (one - since[side] for one in seen_s if at[side] <= one < at[1] + PAUSE_S)
        yield next(found, float("inf"))


def delay_table(delays: Sequence[Delays], whom: str) -> Table:
    table = Table(title=f"Seconds from the microphone to the screen, {whom}; {machine()}")
    for heading in ("", "n", "median", "95 %", "most", "never", ""):
        table.add_column(heading, justify="right" if heading else "left")
    for title, name, most in (
        (f"sound above {LOUD_DB:g} dBFS -> a voice named", "name", FIRST_NAME_S),
        ("voice begins (Silero) -> a voice named", "voice_name", None),
        (f"sound below {LOUD_DB:g} dBFS -> no speech", "no_speech", NO_SPEECH_S),
        ("voice ends (Silero) -> no speech", "voice_no_speech", None),
        ("mouth to screen: sound -> the level meter", "meter", None),
    ):
        found = np.array([value for one in delays for value in getattr(one, name)])
        there = found[np.isfinite(found)]
        if not len(there):
            table.add_row(title, "0", "-", "-", "-", str(len(found)), "")
            continue
        middle, high = np.percentile(there, [50, 95])
        # Half of them tell what one usually waits; the verdict is about nearly all.
        told = "" if most is None else f"at most {most:g}: {'met' if high <= most else 'MISSED'}"
        table.add_row(
            title, str(len(found)), f"{middle:.2f}", f"{high:.2f}", f"{there.max():.2f}",
            str(len(found) - len(there)), told,
        )  # fmt: skip
    return table


def own_table(runs: Sequence[Shown]) -> Table:
    table = Table(title="What the page itself says it takes, in milliseconds, run by run")
    for heading in runs[0].told.columns:
        table.add_column(str(heading), justify="left" if heading == "step" else "right")
    for run in runs:
        for row in run.told.itertuples(index=False):
            table.add_row(*(f"{one:.1f}" if isinstance(one, float) else str(one) for one in row))
        table.add_section()
    return table


def cores_table(runs: Sequence[Mapping[str, float]]) -> Table:
    table = Table(title="Share of one core, one browser with one stream")
    table.add_column("")
    for number in range(len(runs)):
        table.add_column(f"run {number + 1}", justify="right")
    for name in runs[0]:
        table.add_row(name, *(f"{run[name]:.0%}" for run in runs))
    return table


def build(store: Path) -> None:
    """The demo: the page shows a voice on the map of a store's sentences."""
    command = [sys.executable, "-m", "pipeline", "build", "--quiet", "--no-analyses"]
    subprocess.run([*command, "--store", str(store), "--dataset", "demo"], check=True, cwd=ROOT)


def main() -> None:
    """Parse the command line, run, print the tables."""
    parser = argparse.ArgumentParser(
        description="The Live page in a browser: from the microphone to the screen."
    )
    parser.add_argument("--data", type=Path, default=DATA, help="a folder with timit_sample/")
    parser.add_argument("--sentences", type=int, default=12, help="of each run")
    parser.add_argument("--runs", type=int, default=2, help="each with other people first")
    parser.add_argument("--built", type=Path, help="a store in place of building the demo's")
    options = parser.parse_args()
    console, path = Console(width=None if sys.stdout.isatty() else 140), chromium()
    if path is None:
        console.print(ABSENT)
        return
    real = timit_sample(options.data)
    people, whom = (real, "TIMIT sample") if real else (demo(), "demo voices")
    delays, runs = [], []
    with tempfile.TemporaryDirectory() as temporary:
        store = options.built or Path(temporary) / "store"
        if options.built is None:
            build(store)
        with served(store) as url:
            for number in range(options.runs):
                first = number * options.sentences % len(people)
                said = script([*people[first:], *people[:first]], options.sentences)
                wav = Path(temporary) / f"{number}.wav"
                soundfile.write(
                    wav, soxr.resample(said.samples, RATE_HZ, BROWSER_HZ), BROWSER_HZ, subtype="PCM_16"
                )
                runs.append(shown(path, url, wav, len(said.samples) / RATE_HZ + 2))
                delays.append(Delays.of(said, runs[-1]))
    console.print(delay_table(delays, whom))
    console.print(own_table(runs))
    console.print(cores_table([run.cores for run in runs]))


if __name__ == "__main__":
    main()
