"""t-SNE to three dimensions: ours (openTSNE) beside scikit-learn's, seconds and trustworthiness.

    python benchmarks/projections.py [FOLDER] [--clips 2000] [--repeats 3] [--synthetic]

The input is a mixture of 20 Gaussians in 50 dimensions and, where recordings are there (FOLDER of the
layout of ESC-50, else the 400 clips of ESC-10 from ../shared/data), all views of them together. Both get
the same input, perplexity, PCA start and cores. One after the other, the round ``repeats`` times over.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # for both alike; see pipeline/projections/__init__.py

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import joblib
import numpy as np
from _corpus import ABSENT, esc10
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.manifold import TSNE

from pipeline.build import Options, build
from pipeline.inputs import Input, standardise, together
from pipeline.projections import METHODS
from pipeline.projections.quality import measure
from pipeline.sources import parse
from store.reader import Matrix, Reader
from store.snapshots import Store

SHORT_OF = 0.005
"""How much less trustworthiness still counts as equal."""

Way = Callable[[NDArray[np.float32], int], NDArray[np.float32]]


@dataclass(slots=True)
class Row:
    """One way to lay one input out; the seconds and trustworthiness of each run."""

    given: str
    name: str
    seconds: list[float] = field(default_factory=list)
    trust: list[float] = field(default_factory=list)


def ours(values: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    method = METHODS["tsne"]
    return method.compute(values, 3, {**method.parameters, "seed": seed}, lambda share: None).positions


def theirs(values: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    perplexity = float(str(METHODS["tsne"].parameters["perplexity"]))
    way = TSNE(
        n_components=3, method="barnes_hut", init="pca", perplexity=perplexity, random_state=seed, n_jobs=-1
    )
    return np.asarray(way.fit_transform(values), dtype=np.float32)


WAYS: dict[str, Way] = {"scikit-learn": theirs, "Sesatlas": ours}


def mixture(clips: int) -> Input:
    """Points of 20 Gaussians of unlike width in 50 dimensions, overlapping, standardised."""
    random = np.random.default_rng(0)
    labels = random.integers(20, size=clips)
    widths = random.uniform(0.5, 1.5, size=(20, 1))
    points = 1.5 * random.normal(size=(20, 50))[labels] + widths[labels] * random.normal(size=(clips, 50))
    names = tuple(f"x{number}" for number in range(50))
    ids = np.array([f"{number:06d}" for number in range(clips)], dtype=object)
    return standardise(Matrix(ids, points.astype(np.float32), names))


def recordings(corpus: Path) -> Input:
    """All views of a corpus together, from a store of its own."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        build(store, parse([f"esc50={corpus}"]), lambda event: None, Options())
        current = store.current()
        if current is None:
            raise FileNotFoundError(f"no recordings of ESC-50's layout in {corpus}")
        with Reader(current.path) as reader:
            return together(
                {view: standardise(reader.matrix("esc50", view)) for view in reader.views()["view"]}
            )


def run(inputs: dict[str, Input], repeats: int) -> list[Row]:
    """Every way on every input, ``repeats`` rounds with a seed each, the first of which is not counted."""
    rows = {(given, name): Row(given, name) for given in inputs for name in WAYS}
    for seed in range(-1, repeats):
        for given, name in rows:
            values = inputs[given].values if seed >= 0 else inputs[given].values[:200]
            began = time.perf_counter()
            positions = WAYS[name](values, max(seed, 0))
            seconds = time.perf_counter() - began
            if seed >= 0:
                rows[given, name].seconds.append(seconds)
                rows[given, name].trust.append(measure(values, positions).trustworthiness)
    return list(rows.values())


def table(rows: Sequence[Row]) -> Table:
    """Lay the rows out, each with its ratio to scikit-learn on the same input."""
    drawn = Table(
        title=f"t-SNE to 3-D, {len(rows[0].seconds)} repeats, interleaved, {joblib.cpu_count()} cores"
    )
    for heading in (
        "input",
        "",
        "s",
        "min",
        "max",
        "x as fast",
        "trustworthiness",
        "min",
        "max",
        "difference",
    ):
        drawn.add_column(heading, justify="left" if heading in ("", "input") else "right")
    base = {row.given: row for row in rows if row.name == "scikit-learn"}
    for row in rows:
        theirs = base[row.given]
        times = [pick / each for pick, each in zip(theirs.seconds, row.seconds, strict=True)]
        more = statistics.median(row.trust) - statistics.median(theirs.trust)
        drawn.add_row(
            row.given,
            row.name,
            *(f"{of(row.seconds):.2f}" for of in (statistics.median, min, max)),
            f"{statistics.median(times):.2f} ({min(times):.2f}-{max(times):.2f})",
            *(f"{of(row.trust):.4f}" for of in (statistics.median, min, max)),
            f"{more:+.4f}" + (" WORSE" if more < -SHORT_OF else ""),
        )
    drawn.caption = (
        "Times faster: the median of the rounds' ratios. Trustworthiness among 10 neighbours (Venna and Kaski). "
        "Same input, perplexity, PCA start and cores; each with its own iterations. Target: 2 x at no less "
        f"trustworthiness than {SHORT_OF} below."
    )
    return drawn


def main() -> None:
    """Parse the command line, run, print the table."""
    parser = argparse.ArgumentParser(description="t-SNE to 3-D: time and trustworthiness.")
    parser.add_argument("folder", nargs="?", type=Path, help="recordings in the layout of ESC-50")
    parser.add_argument("--clips", type=int, default=2_000, help="of the synthetic input")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--synthetic", action="store_true", help="without recordings")
    options = parser.parse_args()
    console = Console()
    inputs = {f"{options.clips} synthetic": mixture(options.clips)}
    if not options.synthetic:
        with esc10(options.folder) as corpus:
            if corpus is None:
                console.print(ABSENT)
            else:
                real = recordings(corpus)
                inputs[f"{len(real.values)} recordings"] = real
    console.print(table(run(inputs, options.repeats)))


if __name__ == "__main__":
    main()
