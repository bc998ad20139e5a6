"""Clips per second from WAV files to vectors, beside the librosa loop that people write.

    python benchmarks/extraction.py [FOLDER] [--repeats 3]

FOLDER holds WAV files; without it, the 400 clips of ESC-10 are laid out from ../shared/data. One row
after the other, the whole round ``repeats`` times over, so that whatever else the machine does meets all
rows alike. BLAS is pinned to one thread, so that "1 core" is one core.
"""

# ruff: noqa: E402 - the environment comes before numpy, whose BLAS reads it once

from __future__ import annotations

import os

for pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[pool] = "1"

import argparse
import logging
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import joblib
import librosa
import numpy as np
from _corpus import ABSENT, esc10
from joblib.externals.loky import get_reusable_executor
from rich.console import Console
from rich.table import Table

from pipeline.extract import Job, extract
from pipeline.features import VIEWS

logger = logging.getLogger(__name__)

THREE = ("mfcc", "chroma", "contrast")


@dataclass(slots=True)
class Row:
    """One way to compute, and the seconds each of its runs over the same clips took."""

    name: str
    views: str
    cores: int
    clips: int
    seconds: list[float] = field(default_factory=list)

    @property
    def clips_per_s(self) -> list[float]:
        """Of the slowest, the median and the fastest run."""
        return [self.clips / of(self.seconds) for of in (max, statistics.median, min)]


def librosa_loop(paths: Sequence[Path], tuning: float | None = None) -> None:
    """Load, 13 MFCC, chroma, contrast, means: the loop of the tutorials; computes less than ours."""
    for path in paths:
        y, sr = librosa.load(path, sr=22_050)
        features = [
            librosa.feature.mfcc(y=y, sr=sr, n_mfcc=13),
            librosa.feature.chroma_stft(y=y, sr=sr, tuning=tuning),
            librosa.feature.spectral_contrast(y=y, sr=sr),
        ]
        np.concatenate([feature.mean(axis=1) for feature in features])


def ours(paths: Sequence[Path], views: tuple[str, ...], n_jobs: int) -> None:
    """Hash, decode, facts and every statistic of the views."""
    jobs = [Job(path.name, path, views) for path in paths]
    failed = [o for batch in extract(jobs, n_jobs=n_jobs) for o in batch if o.facts is None]
    if failed:
        logger.warning("%d clips failed, the first with: %s", len(failed), failed[0].reason)


def run(audio_folder: Path, repeats: int = 3) -> list[Row]:
    """Time every way over the WAV files of a folder, ``repeats`` rounds; the first row is the loop."""
    paths = sorted(audio_folder.glob("*.wav"))
    if not paths:
        raise FileNotFoundError(f"no *.wav in {audio_folder}; expected the audio folder of ESC-50")
    cores = joblib.cpu_count()
    every = tuple(VIEWS)
    but_pitch = tuple(view for view in VIEWS if view != "pitch")
    ways: list[tuple[Row, Callable[[], None]]] = [
        (Row("librosa loop", "3", 1, len(paths)), partial(librosa_loop, paths)),
        (Row("... with tuning=0.0", "3", 1, len(paths)), partial(librosa_loop, paths, 0.0)),
        (Row("Sesatlas", "3", 1, len(paths)), partial(ours, paths, THREE, 1)),
        (Row("Sesatlas", "all but pitch", 1, len(paths)), partial(ours, paths, but_pitch, 1)),
        (Row("Sesatlas", "all", 1, len(paths)), partial(ours, paths, every, 1)),
        (Row("Sesatlas", "3", cores, len(paths)), partial(ours, paths, THREE, cores)),
        (Row("... from cold", "3", cores, len(paths)), partial(ours, paths, THREE, cores)),
        (Row("Sesatlas", "all", cores, len(paths)), partial(ours, paths, every, cores)),
    ]
    librosa_loop(paths[:2])
    ours(paths[:2], every, 1)
    for _ in range(repeats):
        for row, way in ways:
            _start_workers("cold" in row.name, paths, cores)
            began = time.perf_counter()
            way()
            row.seconds.append(time.perf_counter() - began)
    return [row for row, _ in ways]


def _start_workers(cold: bool, paths: Sequence[Path], cores: int) -> None:
    if cold:
        get_reusable_executor().shutdown(wait=True)
    else:
        # Enough batches that every worker has imported and cached what it needs.
        ours(paths[:128], THREE, cores)


def table(rows: Sequence[Row]) -> Table:
    """Lay the rows out, each with its ratio to the loop."""
    drawn = Table(title=f"{rows[0].clips} WAV clips to vectors, {len(rows[0].seconds)} repeats, interleaved")
    for heading in ("", "views", "cores", "ms/clip", "clips/s", "min", "max", "x loop"):
        drawn.add_column(heading, justify="left" if not heading else "right")
    base = rows[0].clips_per_s[1]
    for row in rows:
        low, median, high = row.clips_per_s
        drawn.add_row(
            row.name,
            row.views,
            str(row.cores),
            f"{1_000 / median:.2f}",
            *(f"{rate:.0f}" for rate in (median, low, high)),
            f"{median / base:.2f}",
        )
    drawn.caption = (
        "ms and ratio by the median. The loop: load, 13 MFCC, chroma, contrast, means. Ours: SHA-256, facts, "
        "20 MFCC with both deltas, chroma (tuning=0.0), contrast, five statistics each; most of 'all' "
        "is pYIN. BLAS: 1 thread."
    )
    return drawn


def main() -> None:
    """Parse the command line, run, print the table."""
    parser = argparse.ArgumentParser(description="Clips per second from WAV to vectors.")
    parser.add_argument("folder", nargs="?", type=Path, help="a folder of WAV files, such as ESC-50's audio")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    console = Console()
    with esc10(options.folder) as corpus:
        if corpus is None:
            console.print(ABSENT)
            return
        audio = corpus / "audio"
        console.print(table(run(audio if audio.is_dir() else corpus, options.repeats)))


if __name__ == "__main__":
    main()
