"""Clips per second from WAV files to vectors, beside the librosa loop that people write; pYIN beside librosa's.

    python benchmarks/extraction.py [FOLDER] [--repeats 3]

FOLDER holds WAV files; without it, the 400 clips of ESC-10 are laid out from ../shared/data. One row
after the other, the whole round ``repeats`` times over, so that whatever else the machine does meets all
rows alike. BLAS is pinned to one thread, so that "1 core" is one core. Ratios on one core are of CPU
seconds, which other programs on the machine change less than wall time.
"""

# ruff: noqa: E402 - the environment comes before numpy, whose BLAS reads it once

from __future__ import annotations

import os

for pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
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
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from pipeline.audio.decode import load_mono, resample
from pipeline.extraction import Job, extract
from pipeline.features import VIEWS
from pipeline.features.pitch import TRACKER
from pipeline.features.pyin import pyin

logger = logging.getLogger(__name__)

THREE = ("mfcc", "chroma", "contrast")
PITCH_STEP = 4
"""Every fourth clip for librosa's pYIN, which takes longer than all else."""

FROM_FILES = (
    "Medians; the ratio is of CPU seconds on one core, of wall time on several. The loop: load, 13 MFCC, "
    "chroma, contrast, means. Ours: SHA-256, facts, 20 MFCC with both deltas, chroma (tuning=0.0), "
    "contrast, five statistics each. BLAS: 1 thread."
)
PITCH = "From samples to F0 and voicing of every frame, with the parameters of the view; equal results."


@dataclass(slots=True)
class Row:
    """One way to compute, and the seconds each of its runs over the same clips took."""

    name: str
    views: str
    cores: int
    clips: int
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    """Of this process; those of workers are not in it."""

    @property
    def clips_per_s(self) -> list[float]:
        """Of the slowest, the median and the fastest run."""
        return [self.clips / of(self.seconds) for of in (max, statistics.median, min)]

    def times_as_fast_as(self, base: Row) -> float:
        """Ratio of the medians: of CPU seconds on one core, of wall time on several."""
        ours, theirs = (
            (self.cpu_seconds, base.cpu_seconds) if self.cores == 1 else (self.seconds, base.seconds)
        )
        return statistics.median(theirs) / statistics.median(ours)


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


def librosa_pyin(clips: Sequence[NDArray[np.float32]]) -> None:
    """librosa's pYIN with the parameters of the view."""
    for samples in clips:
        librosa.pyin(
            samples,
            fmin=TRACKER.fmin_hz,
            fmax=TRACKER.fmax_hz,
            sr=TRACKER.sample_rate_hz,
            frame_length=TRACKER.frame_length,
            hop_length=TRACKER.hop_length,
            resolution=TRACKER.resolution_semitones,
        )


def our_pyin(clips: Sequence[NDArray[np.float32]]) -> None:
    """The same by our own."""
    for samples in clips:
        pyin(samples, TRACKER)


def run(audio_folder: Path, repeats: int = 3) -> tuple[list[Row], list[Row]]:
    """Time every way over the WAV files of a folder, ``repeats`` rounds.

    Returns the rows from file to vector, of which the first is the loop, and those of pYIN, of which the
    first is librosa's.
    """
    paths = sorted(audio_folder.glob("*.wav"))
    if not paths:
        raise FileNotFoundError(f"no *.wav in {audio_folder}; expected the audio folder of ESC-50")
    cores = joblib.cpu_count()
    every = tuple(VIEWS)
    but_pitch = tuple(view for view in VIEWS if view != "pitch")
    clips = [resample(*load_mono(path), TRACKER.sample_rate_hz) for path in paths[::PITCH_STEP]]
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
    pitch_ways: list[tuple[Row, Callable[[], None]]] = [
        (Row("librosa.pyin", "F0", 1, len(clips)), partial(librosa_pyin, clips)),
        (Row("Sesatlas", "F0", 1, len(clips)), partial(our_pyin, clips)),
    ]
    # What is compiled or made once, before anything is timed.
    librosa_loop(paths[:2])
    librosa_pyin(clips[:1])
    ours(paths[:2], every, 1)
    for _ in range(repeats):
        for row, way in ways + pitch_ways:
            if row.cores > 1:
                _start_workers("cold" in row.name, paths, cores)
            began, cpu_began = time.perf_counter(), time.process_time()
            way()
            row.seconds.append(time.perf_counter() - began)
            row.cpu_seconds.append(time.process_time() - cpu_began)
    return [row for row, _ in ways], [row for row, _ in pitch_ways]


def _start_workers(cold: bool, paths: Sequence[Path], cores: int) -> None:
    if cold:
        get_reusable_executor().shutdown(wait=True)
    else:
        # Enough batches that every worker has imported and cached what it needs.
        ours(paths[:128], THREE, cores)


def table(title: str, rows: Sequence[Row], caption: str) -> Table:
    """Lay the rows out, each with its ratio to the first."""
    drawn = Table(title=f"{title}, {len(rows[0].seconds)} repeats, interleaved", caption=caption)
    for heading in ("", "views", "cores", "CPU ms/clip", "wall ms/clip", "clips/s", "min", "max", "x first"):
        drawn.add_column(heading, justify="left" if not heading else "right")
    for row in rows:
        low, median, high = row.clips_per_s
        cpu_ms = 1_000 * statistics.median(row.cpu_seconds) / row.clips
        drawn.add_row(
            row.name,
            row.views,
            str(row.cores),
            f"{cpu_ms:.2f}" if row.cores == 1 else "",
            f"{1_000 / median:.2f}",
            *(f"{rate:.0f}" for rate in (median, low, high)),
            f"{row.times_as_fast_as(rows[0]):.2f}",
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
        rows, pitch_rows = run(audio if audio.is_dir() else corpus, options.repeats)
        console.print(table(f"{rows[0].clips} WAV clips to vectors", rows, FROM_FILES))
        console.print(table(f"pYIN of {pitch_rows[0].clips} clips at 22,050 Hz", pitch_rows, PITCH))


if __name__ == "__main__":
    main()
