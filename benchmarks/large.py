"""What a build computes of many clips: seconds, processor seconds and memory of each stage.

    python benchmarks/large.py [--clips 20000] [--views 64,64] [--jobs -1] [--without audit]

The clips are made up (see _synthetic_store.py): vectors in groups, and no sound, so nothing is decoded and no
fingerprint is made.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from _synthetic_store import DATASET, Collection, Spec, dataset_row
from rich.console import Console
from rich.table import Table

from pipeline.build import stages
from pipeline.features.view import View
from pipeline.stage import State
from store import publishing
from store import views as vectors
from store.invalidate import keep_datasets
from store.reader import Reader
from store.snapshots import Store
from store.writer import Writer


@dataclass(frozen=True, slots=True)
class Row:
    """One stage: how long it took, what it cost with its workers, and the most memory so far."""

    stage: str
    seconds: float
    processor_s: float
    peak_mb: float
    results: int


def views(columns: Sequence[int]) -> dict[str, View]:
    """Views of so many columns each, under the keys that the store's rows have."""
    found = {}
    for number, count in enumerate(columns):
        spec = Spec(f"view_{number}", count)
        found[spec.name] = View(
            name=spec.name, version=1, title=spec.title, columns=spec.columns, units=spec.units, parameters={},
            source=spec.source, compute=lambda spectra: spectra.samples,
        )  # fmt: skip
    return found


def fill(store: Store, clips: int, of: dict[str, View], seed: int = 0) -> None:
    """A staging database as a build has it once all clips are measured."""
    collection = Collection(clips, seed=seed)
    publishing.begin(store)
    with Writer(store.staging) as writer, writer.transaction():
        publishing.begin_build(writer, "synthetic", datetime.now())
        vectors.define_views(writer, list(of.values()))
        keep_datasets(writer, [dataset_row(store.root)])
        writer.insert("clips", collection.facts)
        for view in of.values():
            spec = Spec(view.name, len(view.columns))
            vectors.upsert_vectors(writer, view.name, collection.ids.tolist(), collection.vectors(spec))


def run(store: Store, of: dict[str, View], jobs: int, without: Sequence[str]) -> list[Row]:
    """Run the stages as a build does, and measure each."""
    chosen = {name: stage for name, stage in stages.STAGES.items() if name not in without}
    counts: dict[str, int] = {}
    rows, began, before = [], time.perf_counter(), _processor_s()
    state = State(store.root, of)
    for stage, _ in stages.run_all(chosen, state, store.staging, lambda event: None, jobs, counts):
        now, used = time.perf_counter(), _processor_s()
        rows.append(Row(stage.name, now - began, used - before, _peak_mb(), counts[stage.name]))
        began, before = now, used
    return rows


def _processor_s() -> float:
    """Of this process and of those workers that have ended: exact with ``--jobs 1``."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def table(rows: Sequence[Row], clips: int, columns: Sequence[int], held: str) -> Table:
    drawn = Table(title=f"{clips:,} synthetic clips, views of {', '.join(map(str, columns))} columns. {held}")
    for heading in ("stage", "s", "processor s", "peak MB so far", "units"):
        drawn.add_column(heading, justify="left" if heading == "stage" else "right")
    for row in rows:
        numbers = f"{row.seconds:.1f}", f"{row.processor_s:.1f}", f"{row.peak_mb:.0f}", str(row.results)
        drawn.add_row(row.stage, *numbers)
    total = sum(row.seconds for row in rows), sum(row.processor_s for row in rows)
    drawn.add_row("together", f"{total[0]:.1f}", f"{total[1]:.1f}", f"{_peak_mb():.0f}", "")
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description="What the stages of a build cost with many clips.")
    parser.add_argument("--clips", type=int, default=20_000)
    parser.add_argument("--views", default="64,64", help="columns of each view, with commas between")
    parser.add_argument(
        "--jobs", type=int, default=1, help="processes; with 1, all processor time is counted"
    )
    parser.add_argument("--without", action="append", default=[], metavar="STAGE")
    options = parser.parse_args()
    columns = [int(word) for word in options.views.split(",")]
    with tempfile.TemporaryDirectory() as temporary:
        store, of = Store(Path(temporary)), views(columns)
        fill(store, options.clips, of)
        rows = run(store, of, options.jobs, options.without)
        with Reader(store.staging) as reader:
            held = (
                f"{len(reader.projections(DATASET))} projections, {len(reader.clusterings(DATASET))} clusterings, "
                f"{len(reader.experiments(DATASET))} experiments"
            )
    Console().print(table(rows, options.clips, columns, held))


if __name__ == "__main__":
    main()
