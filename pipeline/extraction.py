"""From recordings to facts and vectors: many clips of a build on many cores, or one that is in no store."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import joblib
import numpy as np
from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import BrokenProcessPool
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from pipeline.audio.decode import (
    AudioError,
    Facts,
    Recording,
    content_hash,
    decode,
    resample,
    why_not_read,
)
from pipeline.audio.measure import measure
from pipeline.clips import Stage
from pipeline.errors import PipelineError
from pipeline.features import VIEWS
from pipeline.features.spectra import SAMPLE_RATE_HZ, Spectra
from pipeline.runtime.noise import Noise
from pipeline.runtime.workers import end_with_parent, ignoring_ctrl_c, on_all_cores

logger = logging.getLogger(__name__)

FILES_WARNED_OF = 20
BATCH_SIZE = 16
"""Clips that travel together: some 60 ms of three views, 160 ms of all."""


@dataclass(frozen=True, slots=True)
class Job:
    """A file and the views to compute of it; ``content_hash`` where it is already known."""

    clip_id: str
    path: Path
    views: tuple[str, ...]
    content_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: facts and one float32 vector a view, or a stage and a reason.

    ``warnings`` are what libraries wrote of the file meanwhile.
    """

    clip_id: str
    content_hash: str | None
    facts: Facts | None = None
    vectors: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    stage: Stage | None = None
    reason: str | None = None
    warnings: tuple[str, ...] = ()


def log_warnings(outcomes: Iterable[Outcome], before: int = 0) -> int:
    """Log what libraries wrote, with each file's name; of very many files for ``--verbose`` alone.

    Returns how many files gave warnings so far, of which ``before`` had been logged already.
    """
    for outcome in outcomes:
        if outcome.warnings:
            before += 1
            level = logging.WARNING if before <= FILES_WARNED_OF else logging.INFO
            for line in outcome.warnings:
                logger.log(level, "%s: %s", outcome.clip_id, line)
            if before == FILES_WARNED_OF:
                logger.warning("Warnings of further files are shown with --verbose alone")
    return before


def extract(
    jobs: Sequence[Job], *, n_jobs: int = -1, batch_size: int = BATCH_SIZE
) -> Generator[list[Outcome], None, None]:
    """Compute every job; yield the outcomes of each batch when it is done, in no fixed order.

    ``n_jobs`` counts processes as joblib does: -1 takes every core, 1 stays in this process. A clip that
    fails is an outcome with its reason, even one that takes its process down. Closing the iterator ends
    the work.
    """
    cores = joblib.effective_n_jobs(n_jobs)
    # Few clips travel in smaller batches, so that every core has work and the first are soon done.
    size = min(batch_size, max(len(jobs) // (4 * cores), 1))
    batches = [jobs[start : start + size] for start in range(0, len(jobs), size)]
    if cores == 1:
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
            logger.info("A worker process died; %d batches are redone clip by clip", len(suspects))
            for number in suspects:
                yield _one_by_one(waiting.pop(number))


def _on_all_cores(
    batches: Mapping[int, Sequence[Job]], handed_out: list[int], n_jobs: int
) -> Generator[tuple[int, list[Outcome]], None, None]:
    """Yield each batch's number and outcomes; ``handed_out`` collects what left for the workers."""

    def tasks() -> Iterator[tuple[int, Sequence[Job]]]:
        for number, batch in list(batches.items()):
            handed_out.append(number)
            yield number, batch

    return on_all_cores(_numbered, tasks(), n_jobs)


def _numbered(number: int, jobs: Sequence[Job]) -> tuple[int, list[Outcome]]:
    return number, extract_batch(jobs)


def _one_by_one(jobs: Sequence[Job]) -> list[Outcome]:
    """Redo a batch in a process of its own, started anew after each clip that kills it."""
    outcomes = []
    executor = ProcessPoolExecutor(1, initializer=end_with_parent, initargs=(os.getpid(),))
    try:
        for job in jobs:
            try:
                with ignoring_ctrl_c():
                    future = executor.submit(extract_batch, [job])
                outcomes += future.result()
            except BrokenProcessPool:
                reason = (
                    "The process working on this clip died, out of memory or by a crash in a decoder; "
                    "expected a file that decodes: convert it or leave it out."
                )
                outcomes.append(Outcome(job.clip_id, job.content_hash, stage="features", reason=reason))
                executor = ProcessPoolExecutor(1, initializer=end_with_parent, initargs=(os.getpid(),))
    finally:
        executor.shutdown(kill_workers=True)
    return outcomes


def extract_batch(jobs: Sequence[Job]) -> list[Outcome]:
    """Compute some clips in this process, on one core."""
    with _thread_pools().limit(limits=1), Noise() as noise:
        return [replace(extract_clip(job), warnings=noise.take()) for job in jobs]


def extract_clip(job: Job) -> Outcome:
    """Hash, decode, check, measure and transform one clip; whatever fails becomes the outcome."""
    hash_ = job.content_hash
    try:
        recording = decode(job.path)
        hash_ = hash_ or content_hash(job.path)
        facts, samples = measure(recording), at_analysis_rate(recording)
        del recording  # of ten minutes, it is as large as all that follows
        return Outcome(job.clip_id, hash_, facts, vectors_of(samples, job.views))
    except AudioError as error:
        return Outcome(job.clip_id, hash_, stage=error.stage, reason=str(error))
    except OSError as error:
        return Outcome(job.clip_id, hash_, stage="decode", reason=why_not_read(error))
    except Exception as error:  # one clip's fault, whatever it is, must not end the build
        logger.debug("%s failed", job.clip_id, exc_info=True)
        return Outcome(job.clip_id, hash_, stage="features", reason=f"{type(error).__name__}: {error}")


def at_analysis_rate(recording: Recording) -> NDArray[np.float32]:
    """A recording's samples at the rate that every view is computed at."""
    return resample(recording.samples, recording.sample_rate_hz, SAMPLE_RATE_HZ)


def vectors_of(samples: NDArray[np.float32], views: Iterable[str]) -> dict[str, NDArray[np.float32]]:
    """Compute the named views of samples at 22,050 Hz, mono, from one transform.

    Raises
    ------
    ValueError
        A view gave NaN or infinity in a column that must not hold it.
    """
    spectra = Spectra(samples)
    vectors = {name: VIEWS[name].compute(spectra) for name in views}
    _check_finite(vectors)
    return vectors


def _check_finite(vectors: Mapping[str, NDArray[np.float32]]) -> None:
    for name, vector in vectors.items():
        faults = [VIEWS[name].columns[i] for i in np.flatnonzero(~np.isfinite(vector))]
        unexpected = [column for column in faults if column not in VIEWS[name].may_be_nan]
        if unexpected:
            raise ValueError(f"view {name} gave no finite number for {', '.join(unexpected[:5])}")


@lru_cache(maxsize=1)
def _thread_pools() -> ThreadpoolController:
    return ThreadpoolController()


class DescriptionError(PipelineError):
    """A recording's vectors cannot stand beside those of a store."""


@dataclass(frozen=True, slots=True, eq=False)
class Description:
    """What a build would write of a recording: its SHA-256, its facts, and a raw float32 vector a view."""

    content_hash: str
    facts: Facts
    vectors: Mapping[str, NDArray[np.float32]]

    def joined(self, views: Iterable[str]) -> NDArray[np.float32]:
        """
        The raw vectors of some views one after the other, shape ``(sum of their dimensions,)``.

        Raises
        ------
        DescriptionError
            A view that this recording was not described by.
        """
        names = list(views)
        missing = [name for name in names if name not in self.vectors]
        if missing or not names:
            names_missing = ", ".join(missing) or "no view"
            raise DescriptionError(
                f"The recording was described by {', '.join(self.vectors)}, not by {names_missing}. "
                "Choose one of those, or build the store again with this version of the program."
            )
        return np.concatenate([self.vectors[name] for name in names])


def describe(recording: bytes, views: Iterable[str] | None = None) -> Description:
    """
    Decode, check, measure and transform the bytes of a recording, in memory and in this process.

    The steps, the order and the functions are those of :func:`pipeline.extraction.extract_clip`, so that a
    file of a collection gets the very vectors that the store holds of it.

    Parameters
    ----------
    recording : bytes
        A whole file: WAV, FLAC, OGG, MP3, M4A, WebM or whatever else a build reads.
    views : iterable of str, optional
        Which views; all of :data:`pipeline.features.VIEWS` where none are named.

    Raises
    ------
    AudioError
        The bytes cannot be decoded (empty, broken, no sound) or their sound cannot be used (too short,
        too long, silent, not finite, an absurd sample rate).
    DescriptionError
        There is no view of that name.
    """
    names = list(VIEWS if views is None else views)
    unknown = [name for name in names if name not in VIEWS]
    if unknown:
        raise DescriptionError(f"There is no view '{unknown[0]}'; there are: {', '.join(VIEWS)}.")
    try:
        decoded = decode(recording)
        return Description(
            hashlib.sha256(recording).hexdigest(),
            measure(decoded),
            vectors_of(at_analysis_rate(decoded), names),
        )
    except AudioError:
        raise
    except Exception as error:  # as in a build: whatever one recording does must not take the page down
        logger.debug("a recording of %d bytes failed", len(recording), exc_info=True)
        raise AudioError(
            f"The recording cannot be described ({type(error).__name__}: {error}). Convert it to WAV and try again.",
            "check",
        ) from error


def comparable(keys: Mapping[str, str]) -> dict[str, str]:
    """Which of a store's views can be compared with a new recording's, and why the others cannot.

    Parameters
    ----------
    keys : mapping
        Each view of the store, and the key it was computed under (see :attr:`View.key`).

    Returns
    -------
    dict
        View to a sentence, for those views only whose numbers would mean something else today.
    """
    refusals = {}
    for name, key in keys.items():
        if name not in VIEWS:
            refusals[name] = f"This version of the program does not know the view '{name}'. Build again."
        elif VIEWS[name].key != key:
            refusals[name] = (
                f"The store's '{name}' was computed by another version of this program. Build again: "
                "then a new recording can be compared in it."
            )
    return refusals
