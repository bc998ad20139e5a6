"""A whole build from an empty store: when what can be seen first, and what it costs, beside an earlier version.

    python benchmarks/stages.py [FOLDER] [--reader esc50] [--before f5c388b] [--jobs -1] [--no-before]

FOLDER is a collection; without it, the 400 clips of ESC-10 are laid out from ../shared/data. The earlier version
is checked out into a git worktree and builds the same recordings, on the same machine, one after the other.
"Processor seconds" are those of the build with all its workers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from _corpus import ABSENT, esc10
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
BEFORE = "f5c388b"
"""The last version that published once, at the end."""


@dataclass(slots=True)
class Build:
    """Seconds from the start until each publication by what it brought, and what all of it cost."""

    published_s: dict[str, float] = field(default_factory=dict)
    processor_s: float = 0.0
    peak_mb: float = 0.0
    unchanged_s: float = 0.0


def measure(code: Path, words: list[str], jobs: int) -> Build:
    """Build into an empty store by the program in ``code``; then once more, with nothing changed."""
    found = Build()
    with tempfile.TemporaryDirectory() as temporary:
        line = [
            sys.executable,
            "-m",
            "pipeline",
            "build",
            "--json",
            "--store",
            temporary,
            "--jobs",
            str(jobs),
        ]
        environment = os.environ | {"PYTHONPATH": str(code)}
        began = time.perf_counter()
        with subprocess.Popen(
            [*line, *words], cwd=code, env=environment, text=True, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            for text in process.stdout:
                event = json.loads(text)
                if event["event"] == "published":
                    found.published_s.setdefault(event["stage"], time.perf_counter() - began)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"the build in {code} ended with {process.returncode}")
        found.published_s["everything"] = time.perf_counter() - began
        # Of the workers as well: joblib's processes are waited for by the build.
        found.processor_s, found.peak_mb = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
        began = time.perf_counter()
        subprocess.run(line, cwd=code, env=environment, check=True, stdout=subprocess.DEVNULL)
        found.unchanged_s = time.perf_counter() - began
    return found


@contextmanager
def earlier(revision: str) -> Iterator[Path | None]:
    """A worktree of that version; None where git does not have it."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "before"
        git = ["git", "-C", str(ROOT), "worktree"]
        made = subprocess.run([*git, "add", "--detach", str(folder), revision], capture_output=True)
        try:
            yield folder if made.returncode == 0 else None
        finally:
            subprocess.run([*git, "remove", "--force", str(folder)], capture_output=True)


def table(now: Build, before: Build | None, title: str) -> Table:
    drawn = Table(title=title)
    for heading in ("", "now", "before", "before / now"):
        drawn.add_column(heading, justify="left" if not heading else "right")

    def row(name: str, one: float, other: float | None) -> None:
        ratio = "" if other is None or not one else f"{other / one:.1f}"
        drawn.add_row(name, f"{one:.1f}", "" if other is None else f"{other:.1f}", ratio)

    for stage, seconds in now.published_s.items():
        # Before, there was nothing to be seen until all of it was done.
        row(f"{stage} can be seen, s", seconds, before.published_s["everything"] if before else None)
    row("processor seconds", now.processor_s, before.processor_s if before else None)
    row("peak memory of the build's own process, MB", now.peak_mb, before.peak_mb if before else None)
    row("a second build, nothing changed, s", now.unchanged_s, before.unchanged_s if before else None)
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description="When a build shows what, and what it costs.")
    parser.add_argument("folder", nargs="?", type=Path, help="a collection of recordings")
    parser.add_argument("--reader", default="esc50", help="its kind, as for `pipeline build --dataset`")
    parser.add_argument("--before", default=BEFORE, metavar="REVISION", help="the version to compare with")
    parser.add_argument("--no-before", action="store_true", help="measure this version alone")
    parser.add_argument("--jobs", type=int, default=-1, help="processes (default: one a core)")
    options = parser.parse_args()
    console = Console()
    with esc10(options.folder) as corpus:
        if corpus is None:
            console.print(ABSENT)
            return
        words = ["--dataset", f"{options.reader}={Path(corpus).resolve()}"]
        now, before = measure(ROOT, words, options.jobs), None
        if not options.no_before:
            with earlier(options.before) as code:
                if code is None:
                    console.print(f"git has no version {options.before} here: it is not compared with.")
                else:
                    before = measure(code, words, options.jobs)
        title = f"`python -m pipeline build --dataset {options.reader}=...`, {options.jobs} processes"
        console.print(table(now, before, title))


if __name__ == "__main__":
    main()
