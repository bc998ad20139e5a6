"""Many clips on many cores: from jobs to facts and vectors, batch by batch."""

from __future__ import annotations

import hashlib
import logging
import warnings
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Thread

import joblib
import numpy as np
from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import BrokenProcessPool
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from pipeline.audio import AudioError, Facts, Recording, decode, resample, to_mono
from pipeline.clips import Stage
from pipeline.features import MAY_BE_NAN, VIEWS
from pipeline.features.spectra import SAMPLE_RATE_HZ, Spectra
from pipeline.measure import measure

logger = logging.getLogger(__name__)

BATCH_SIZE = 16
"""Clips that travel together: some 60 ms of three views, half a second of all."""


@dataclass(frozen=True, slots=True)
class Job:
    """A file and the views wanted of it; ``content_hash`` where it is already known."""

    clip_id: str
    path: Path
    views: tuple[str, ...]
    content_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: facts and one float32 vector a view, or a stage and a reason."""

    clip_id: str
    content_hash: str | None
    facts: Facts | None = None
    vectors: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    stage: Stage | None = None
    reason: str | None = None


def extract(
    jobs: Sequence[Job], *, n_jobs: int = -1, batch_size: int = BATCH_SIZE
) -> Iterator[list[Outcome]]:
    """Compute every job; yield the outcomes of each batch when it is done, in no fixed order.

    ``n_jobs`` counts processes as joblib does: -1 takes every core, 1 stays in this process. A clip that
    fails is an outcome with its reason, even one that takes its process down. Closing the iterator ends
    the work.
    """
    batches = [jobs[start : start + batch_size] for start in range(0, len(jobs), batch_size)]
    if joblib.effective_n_jobs(n_jobs) == 1:
        yield from map(extract_batch, batches)
        return
    waiting = dict(enumerate(batches))
    while waiting:
        handed_out: list[int] = []
        try:
            with closing(_on_all_cores(waiting, handed_out, n_jobs)) as results:
                for number, outcomes in results:
                    del waiting[number]
                    yield outcomes
        except BrokenProcessPool:
            suspects = [number for number in handed_out if number in waiting] or list(waiting)
            logger.warning("A worker process died; %d batches are redone clip by clip", len(suspects))
            for number in suspects:
                yield _one_by_one(waiting.pop(number))


def extract_batch(jobs: Sequence[Job]) -> list[Outcome]:
    """Compute some clips in this process, on one core."""
    with _thread_pools().limit(limits=1):
        return [extract_clip(job) for job in jobs]


def extract_clip(job: Job) -> Outcome:
    """Hash, decode, check, measure and transform one clip; whatever fails becomes the outcome."""
    hash_ = job.content_hash
    try:
        recording = decode(job.path)
        hash_ = hash_ or content_hash(job.path)
        return Outcome(job.clip_id, hash_, measure(recording), _vectors(recording, job.views))
    except AudioError as error:
        return Outcome(job.clip_id, hash_, stage=error.stage, reason=str(error))
    except Exception as error:  # one clip's fault, whatever it is, must not end the build
        logger.debug("%s failed", job.clip_id, exc_info=True)
        return Outcome(job.clip_id, hash_, stage="features", reason=f"{type(error).__name__}: {error}")


def content_hash(path: Path) -> str:
    """SHA-256 of a file's bytes in hexadecimal, read piece by piece. Raises ``OSError``."""
    with Path(path).open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def warm_up(n_jobs: int = -1, views: Iterable[str] = tuple(VIEWS)) -> Thread:
    """Start the worker processes and let each import and cache what ``views`` need, without waiting.

    An :func:`extract` with the same ``n_jobs`` finds them ready; it may be called at once.
    """
    workers = joblib.effective_n_jobs(n_jobs)
    tasks = [joblib.delayed(_warm)(tuple(views)) for _ in range(workers if workers > 1 else 0)]
    thread = Thread(target=lambda: joblib.Parallel(n_jobs, batch_size=1)(tasks), name="warm-up", daemon=True)
    thread.start()
    return thread


def _vectors(recording: Recording, views: Iterable[str]) -> dict[str, NDArray[np.float32]]:
    mono = to_mono(recording.samples)
    spectra = Spectra(resample(mono, recording.sample_rate_hz, SAMPLE_RATE_HZ))
    vectors = {name: VIEWS[name].compute(spectra) for name in views}
    _check_finite(vectors)
    return vectors


def _check_finite(vectors: Mapping[str, NDArray[np.float32]]) -> None:
    for name, vector in vectors.items():
        faults = [VIEWS[name].columns[i] for i in np.flatnonzero(~np.isfinite(vector))]
        unexpected = [column for column in faults if column not in MAY_BE_NAN.get(name, ())]
        if unexpected:
            raise ValueError(f"view {name} gave no finite number for {', '.join(unexpected[:5])}")


def _on_all_cores(
    batches: Mapping[int, Sequence[Job]], handed_out: list[int], n_jobs: int
) -> Generator[tuple[int, list[Outcome]], None, None]:
    """Yield each batch's number and outcomes; ``handed_out`` collects what left for the workers."""

    def tasks() -> Iterator[tuple]:
        for number, batch in list(batches.items()):
            handed_out.append(number)
            yield joblib.delayed(_numbered)(number, batch)

    parallel = joblib.Parallel(n_jobs, return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs")
    results = parallel(tasks())
    try:
        # Not "yield from": that would close joblib's generator first, warning included.
        for number, outcomes in results:  # noqa: UP028
            yield number, outcomes
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joblib warns of the work that closing early discards
            results.close()


def _numbered(number: int, jobs: Sequence[Job]) -> tuple[int, list[Outcome]]:
    return number, extract_batch(jobs)


def _one_by_one(jobs: Sequence[Job]) -> list[Outcome]:
    """Redo a batch in a process of its own, started anew after each clip that kills it."""
    outcomes = []
    executor = ProcessPoolExecutor(max_workers=1)
    try:
        for job in jobs:
            try:
                outcomes += executor.submit(extract_batch, [job]).result()
            except BrokenProcessPool:
                reason = (
                    "The process working on this clip died, out of memory or by a crash in a decoder; "
                    "expected a file that decodes: convert it or leave it out."
                )
                outcomes.append(Outcome(job.clip_id, job.content_hash, stage="features", reason=reason))
                executor = ProcessPoolExecutor(max_workers=1)
    finally:
        executor.shutdown(kill_workers=True)
    return outcomes


def _warm(views: tuple[str, ...]) -> None:
    noise = np.random.default_rng(0).normal(scale=0.1, size=SAMPLE_RATE_HZ).astype(np.float32)
    _vectors(Recording(noise, SAMPLE_RATE_HZ, 1, "noise"), views)


@lru_cache(maxsize=1)
def _thread_pools() -> ThreadpoolController:
    return ThreadpoolController()
