"""t-SNE and UMAP to two and three dimensions: processor seconds, memory and quality, before and now.

    python benchmarks/projections.py [--clips 400 2000 20000] [--base FOLDER] [--wide 300] [--repeats 1]

The input is a mixture of 20 Gaussians of unlike width. BASE is a checkout of an earlier commit (``git worktree
add ../base f5c388b``), which projects the same input with its own parameters; without it, scikit-learn's t-SNE
stands beside ours. Each runs in a process of its own with one thread, in turn. The first projection of a
process, which loads and compiles, is told apart. Quality is measured by this commit alone, on the same sample.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent.parent
PICTURES = (("tsne", 2), ("tsne", 3), ("umap", 2), ("umap", 3))
BASE_UP_TO = 5_000
"""With more clips the earlier commit would take most of an hour."""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "LOKY_MAX_CPU_COUNT")


@dataclass(frozen=True, slots=True)
class Run:
    """What one process did: seconds of the processor and of the clock, and the pictures."""

    first_s: float
    cpu_s: dict[str, float]
    wall_s: dict[str, float]
    peak_mb: float
    positions: dict[str, NDArray[np.float32]]


def mixture(clips: int, columns: int, seed: int = 0) -> NDArray[np.float32]:
    """Points (clips, columns) of 20 Gaussians of unlike width, overlapping, columns of one scale."""
    random = np.random.default_rng(seed)
    labels = random.integers(20, size=clips)
    widths = random.uniform(0.5, 1.5, size=(20, 1))
    points = random.normal(size=(20, columns))[labels] + widths[labels] * random.normal(size=(clips, columns))
    return ((points - points.mean(axis=0)) / points.std(axis=0)).astype(np.float32)


def work(source: Path, target: Path) -> None:
    """Lay the clips of ``source`` out, by whatever commit this process imports, and write what it took."""
    began = time.process_time()
    from pipeline.projections import METHODS

    values = np.load(source)
    try:
        from pipeline.projections.neighbourhood import Neighbourhood
    except ImportError:  # an earlier commit, which shares nothing
        clips, few = values, values[:60]
    else:
        clips, few = Neighbourhood(values), Neighbourhood(values[:60])

    def picture(method: str, dimension: int, of: Any) -> NDArray[np.float32]:
        parameters = METHODS[method].parameters
        return METHODS[method].compute(of, dimension, parameters, lambda share: None).positions

    for method, dimension in PICTURES:
        picture(method, dimension, few)
    told: dict[str, Any] = {"first_s": time.process_time() - began, "cpu_s": {}, "wall_s": {}}
    positions = {}
    for method, dimension in PICTURES:
        name, clock, began = f"{method} {dimension}-D", time.perf_counter(), time.process_time()
        positions[name] = picture(method, dimension, clips)
        told["cpu_s"][name] = time.process_time() - began
        told["wall_s"][name] = time.perf_counter() - clock
    told["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    np.savez(target, told=json.dumps(told), **positions)  # type: ignore[arg-type]


def run(folder: Path, source: Path) -> Run:
    """Let the commit in ``folder`` work, in a process of its own with one thread."""
    target = source.with_suffix(".npz")
    env = {**os.environ, **dict.fromkeys(THREADS, "1"), "PYTHONPATH": str(folder)}
    command = [sys.executable, str(Path(__file__).resolve()), "--work", str(source), str(target)]
    subprocess.run(command, cwd=folder, env=env, check=True)
    with np.load(target) as kept:
        told = json.loads(str(kept["told"]))
        return Run(**told, positions={name: kept[name] for name in kept.files if name != "told"})


def sklearns(values: NDArray[np.float32]) -> Run:
    """scikit-learn's t-SNE on one thread, from its principal components."""
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    found = Run(0.0, {}, {}, 0.0, {})
    with threadpool_limits(1):
        for dimension in (2, 3):
            name, clock, began = f"tsne {dimension}-D", time.perf_counter(), time.process_time()
            made = TSNE(dimension, init="pca", random_state=0, n_jobs=1).fit_transform(values)
            found.positions[name] = made.astype(np.float32)
            found.cpu_s[name], found.wall_s[name] = time.process_time() - began, time.perf_counter() - clock
    return found


def table(values: NDArray[np.float32], ways: dict[str, list[Run]]) -> Table:
    """One row for each picture and way, and one for all pictures together."""
    from pipeline.projections.quality import Truth, measure

    truth, now = Truth(values), ways["now"]
    drawn = Table(title=f"{len(values):,} clips, {values.shape[1]} columns, one thread, {len(now)} repeats")
    headings = ("picture", "", "CPU s", "wall s", "x as fast", "trustworthiness", "continuity", "peak MB")
    for heading in headings:
        drawn.add_column(heading, justify="left" if heading in ("picture", "") else "right")
    ours = {name: statistics.median(each.cpu_s[name] for each in now) for name in now[0].cpu_s}
    for name in ours:
        for way, runs in ways.items():
            if name not in runs[0].cpu_s:
                continue
            cpu = statistics.median(each.cpu_s[name] for each in runs)
            wall = statistics.median(each.wall_s[name] for each in runs)
            quality = measure(truth, runs[0].positions[name])
            times = "" if way == "now" else f"{cpu / ours[name]:.1f}"
            both = (f"{quality.trustworthiness:.4f}", f"{quality.continuity:.4f}")
            drawn.add_row(name, way, f"{cpu:.2f}", f"{wall:.2f}", times, *both, "")
    for way, runs in ways.items():
        cpu, wall = (
            statistics.median(sum(getattr(each, what).values()) for each in runs)
            for what in ("cpu_s", "wall_s")
        )
        first = f"all; first {runs[0].first_s:.1f} s" if runs[0].first_s else "all"
        times = "" if way == "now" or len(runs[0].cpu_s) < len(ours) else f"{cpu / sum(ours.values()):.1f}"
        peak = f"{max(each.peak_mb for each in runs):.0f}" if runs[0].peak_mb else ""
        drawn.add_row(first, way, f"{cpu:.2f}", f"{wall:.2f}", times, "", "", peak)
    drawn.caption = (
        "x as fast: processor seconds of that way by ours. 'first' is loading, compiling where nothing is "
        "kept on disk, and one projection of 60 clips by each."
    )
    return drawn


def main() -> None:
    """Parse the command line, run, print the tables."""
    parser = argparse.ArgumentParser(description="t-SNE and UMAP: time and quality, before and now.")
    parser.add_argument("--clips", type=int, nargs="+", default=[400, 2_000, 20_000])
    parser.add_argument("--wide", type=int, default=300, help="columns")
    parser.add_argument("--base", type=Path, help="a checkout of an earlier commit")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--work", type=Path, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(*options.work)
        return
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        for clips in options.clips:
            values, source = mixture(clips, options.wide), Path(folder) / f"{clips}.npy"
            np.save(source, values)
            ways: dict[str, list[Run]] = {}
            for _ in range(options.repeats):
                if clips <= BASE_UP_TO and options.base is not None:
                    ways.setdefault("before", []).append(run(options.base.resolve(), source))
                elif clips <= BASE_UP_TO:
                    ways.setdefault("scikit-learn", []).append(sklearns(values))
                ways.setdefault("now", []).append(run(HERE, source))
            console.print(table(values, ways))


if __name__ == "__main__":
    main()
