"""Our ECAPA-TDNN beside SpeechBrain's: milliseconds for windows of 3 s, and that both compute the same.

    python benchmarks/ecapa.py [--rounds 20] [--widths 512 128] [--threads 1 2]

Both get the same features, (windows, 301 frames, 80), and give embeddings of 192 numbers, in float32 on the CPU, in use
and not in training. One after the other, each round beginning with another, so that whatever else the machine does
meets all alike. Before anything is timed, our weights go into SpeechBrain's network, and the results of both are held
against each other, part by part and whole.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import joblib
import torch
from _speechbrain import ABSENT, architecture, as_published, equal, ours
from rich.console import Console
from rich.table import Table
from torch import Tensor

from models.ecapa.inference import fold_batch_norm

FRAMES = 301
"""3 s, a frame each 10 ms."""
WINDOWS = (1, 32)
MOST_APART = 1e-4
TARGET = 1.5

Way = Callable[[], Tensor]


@dataclass(slots=True)
class Row:
    """One network on so many windows, with the seconds of each round: of the clock, and of the process on its cores."""

    name: str
    width: int
    windows: int
    threads: int
    clock_s: list[float] = field(default_factory=list)
    core_s: list[float] = field(default_factory=list)


def features(windows: int, seed: int = 0) -> Tensor:
    """(windows, 80, 301), as spread as log-mels in units of 10 dB."""
    return torch.randn(windows, 80, FRAMES, generator=torch.Generator().manual_seed(seed))


def differences(width: int) -> dict[str, float]:
    """The largest difference of each part and of the whole, equal weights and input."""
    network = ours(width)
    folded, theirs = fold_batch_norm(network), equal(network)
    given = features(3)
    values = network.stem(given)
    found = {"first layer": _apart(folded.stem(given), theirs.blocks[0](given))}
    for number, block in enumerate(folded.blocks):
        twin = equal(network).blocks[number + 1]
        twin._forward_pre_hooks.clear()  # alone it has no block before it
        found[f"SE-Res2Block, dilation {number + 2}"] = _apart(block(values), twin(values))
    frames = torch.relu(network.aggregation(torch.cat([values] * 3, 1)))
    found["attentive pooling"] = _apart(folded.pooling(frames), theirs.asp(frames))
    theirs = equal(network)
    whole = theirs(given.transpose(1, 2))[:, 0]
    found["whole, as trained"] = _apart(network.embed(given), whole)
    found["whole, folded"] = _apart(folded.embed(given), whole)
    return found


def _apart(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max())


def ways(width: int, windows: int) -> dict[str, Way]:
    network, given = ours(width), features(windows)
    turned = given.transpose(1, 2).contiguous()  # SpeechBrain takes (windows, frames, bands)
    theirs, folded = as_published(network), fold_batch_norm(network)
    return {
        "SpeechBrain": lambda: theirs(turned),
        "Sesatlas, as trained": lambda: network.embed(given),
        "Sesatlas, folded": lambda: folded.embed(given),
    }


def run(widths: Sequence[int], threads: Sequence[int], rounds: int) -> list[Row]:
    """Time all, ``rounds`` rounds each, a quarter as many with 32 windows; two more at first are not counted."""
    rows = []
    for width in widths:
        for windows in WINDOWS:
            calls = list(ways(width, windows).items())
            for count in threads:
                torch.set_num_threads(count)
                times = [Row(name, width, windows, count) for name, _ in calls]
                for number in range(-2, rounds if windows == 1 else max(3, rounds // 4)):
                    for at in range(len(calls)):
                        chosen = (at + number) % len(calls)
                        _time(calls[chosen][1], times[chosen], counted=number >= 0)
                rows += times
    return rows


def _time(call: Way, row: Row, counted: bool) -> None:
    core, clock = time.process_time(), time.perf_counter()
    call()
    if counted:
        row.clock_s.append(time.perf_counter() - clock)
        row.core_s.append(time.process_time() - core)


def table(rows: Sequence[Row]) -> Table:
    """Lay the rows out, each with its ratio to SpeechBrain's on the same windows, width and threads."""
    few, many = min(len(row.clock_s) for row in rows), max(len(row.clock_s) for row in rows)
    drawn = Table(
        title=f"ECAPA-TDNN, windows of 3 s to embeddings, {few} to {many} rounds, interleaved, "
        f"{joblib.cpu_count()} cores"
    )
    for heading in ("width, windows, threads", "", "ms", "min", "max", "x as fast", "core ms", "x"):
        drawn.add_column(heading, justify="left" if not heading else "right", no_wrap=bool(heading))
    base = rows[0]
    for row in rows:
        base = row if row.name == "SpeechBrain" else base
        last = row.name.endswith("folded")
        clock = [1_000 * of(row.clock_s) for of in (statistics.median, min, max)]
        faster, cheaper = _ratios(base.clock_s, row.clock_s), _ratios(base.core_s, row.core_s)
        drawn.add_row(
            f"{row.width}, {row.windows}, {row.threads}" if row is base else "",
            row.name,
            *(f"{one:.1f}" for one in clock),
            f"{statistics.median(faster):.2f} ({min(faster):.2f}-{max(faster):.2f})"
            + (" SHORT" if last and statistics.median(faster) < TARGET else ""),
            f"{1_000 * statistics.median(row.core_s):.1f}",
            f"{statistics.median(cheaper):.2f}",
            end_section=last,
        )
    drawn.caption = (
        "Times faster: the median of the rounds' ratios, the least and the most in brackets. Core ms: what the process "
        "spent on its cores, which other work on the machine disturbs less. Same features and weights, float32. "
        f"Target: folded {TARGET} x as fast as SpeechBrain's."
    )
    return drawn


def _ratios(theirs: Sequence[float], mine: Sequence[float]) -> list[float]:
    return [one / other for one, other in zip(theirs, mine, strict=True)]


def told_apart(found: dict[int, dict[str, float]]) -> Table:
    drawn = Table(title="Largest difference from SpeechBrain's, equal weights")
    drawn.add_column("")
    for width in found:
        drawn.add_column(f"width {width}", justify="right")
    for part in next(iter(found.values())):
        drawn.add_row(part, *(f"{parts[part]:.1e}" for parts in found.values()))
    drawn.caption = (
        "SpeechBrain's with zeros beyond the ends of a clip, each block fed with the sum of what came before, no norm "
        f"after the aggregation, and our least deviation. At most {MOST_APART:g} is let pass."
    )
    return drawn


def main() -> None:
    """Parse the command line, compare, run, print the tables."""
    parser = argparse.ArgumentParser(description="Our ECAPA-TDNN beside SpeechBrain's: time and results.")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--widths", type=int, nargs="+", default=[512, 128])
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, joblib.cpu_count()}))
    options = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 120)
    if architecture() is None:
        console.print(ABSENT)
        return
    with torch.inference_mode():
        found = {width: differences(width) for width in options.widths}
        console.print(told_apart(found))
        if max(max(parts.values()) for parts in found.values()) > MOST_APART:
            raise SystemExit(f"The networks differ by more than {MOST_APART:g}; there is nothing to time.")
        console.print(table(run(options.widths, options.threads, options.rounds)))


if __name__ == "__main__":
    main()
