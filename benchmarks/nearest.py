"""How long the ten nearest clips take to find: DuckDB, exact, against NumPy's brute force in the same run.

    python benchmarks/nearest.py [--clips 100000] [--dimension 300] [--queries 50]

The vectors are random numbers of one scale. NumPy has the squared lengths of its vectors beforehand, which
is its fastest exact way. One way answers all queries, then the other: in turns, the threads that BLAS keeps
awake after each product would take DuckDB's cores. CPU ms is the median over all threads of this process.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from store.nearest import METRICS, Index

K = 10
Search = Callable[[NDArray[np.float32]], NDArray[np.int64]]


def numpy_search(values: NDArray[np.float32], metric: str) -> Search:
    """Rows of the ten nearest by one matrix product."""
    squares = np.einsum("ij,ij->i", values, values)
    lengths = np.sqrt(squares)

    def search(vector: NDArray[np.float32]) -> NDArray[np.int64]:
        products = values @ vector  # (n,)
        far = -products / lengths if metric == "cosine" else squares - 2 * products
        near = np.argpartition(far, K)[:K]
        return near[np.argsort(far[near], kind="stable")]

    return search


def run(clips: int, dimension: int, queries: int) -> tuple[Table, float]:
    """The table, and the seconds that building the index took."""
    rng = np.random.default_rng(0)
    values = rng.standard_normal((clips, dimension), dtype=np.float32)
    asked = rng.standard_normal((queries + 1, dimension), dtype=np.float32)
    ids = np.arange(clips).astype(str).astype(object)
    began = time.perf_counter()
    index = Index.build(ids, values)
    built_s = time.perf_counter() - began
    table = Table(title=f"The {K} nearest of {clips:,} clips, {dimension} dimensions, {queries} queries each")
    for heading in ("", "median ms", "95 % ms", "CPU ms", "of NumPy's", "same as NumPy"):
        table.add_column(heading, justify="left" if not heading else "right")
    for metric in METRICS:
        ways: dict[str, Search] = {
            "NumPy": numpy_search(values, metric),
            "DuckDB": lambda vector, metric=metric: index.nearest(vector, K, metric)["clip_id"].to_numpy(int),
        }
        _measure(table, metric, ways, asked)
    index.close()
    return table, built_s


def _measure(table: Table, metric: str, ways: dict[str, Search], asked: NDArray[np.float32]) -> None:
    first: list[NDArray[np.int64]] = []
    usual = 0.0
    for name, search in ways.items():
        answers, wall, core = [], [], []
        for vector in asked:
            began, began_core = time.perf_counter(), time.process_time()
            answers.append(search(vector))
            wall.append(1000 * (time.perf_counter() - began))
            core.append(1000 * (time.process_time() - began_core))
        middle, high = np.percentile(wall[1:], [50, 95])  # the first one warms up
        first, usual = first or answers, usual or middle
        same = sum(bool((one == other).all()) for one, other in zip(first[1:], answers[1:], strict=True))
        told = (f"{one:.1f}" for one in (middle, high, np.median(core[1:])))
        table.add_row(f"{metric}, {name}", *told, f"{middle / usual:.2f} ×", f"{same} of {len(wall) - 1}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Exact nearest neighbours: DuckDB against NumPy.")
    parser.add_argument("--clips", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=300)
    parser.add_argument("--queries", type=int, default=50)
    options = parser.parse_args()
    table, built_s = run(options.clips, options.dimension, options.queries)
    console = Console()
    console.print(table)
    console.print(f"Building DuckDB's index took {built_s:.2f} s.")


if __name__ == "__main__":
    main()
