"""Many clips on many cores: from jobs to facts and vectors, batch by batch."""

from __future__ import annotations

import logging
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing

import joblib
from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import BrokenProcessPool

from pipeline.jobs import Job, Outcome, content_hash, extract_batch
from pipeline.runtime.workers import deaf_to_ctrl_c, end_with, on_all_cores

__all__ = ["Job", "Outcome", "content_hash", "extract"]

logger = logging.getLogger(__name__)

BATCH_SIZE = 16
"""Clips that travel together: some 60 ms of three views, 160 ms of all."""


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
            logger.warning("A worker process died; %d batches are redone clip by clip", len(suspects))
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
    executor = ProcessPoolExecutor(1, initializer=end_with, initargs=(os.getpid(),))
    try:
        for job in jobs:
            try:
                with deaf_to_ctrl_c():
                    future = executor.submit(extract_batch, [job])
                outcomes += future.result()
            except BrokenProcessPool:
                reason = (
                    "The process working on this clip died, out of memory or by a crash in a decoder; "
                    "expected a file that decodes: convert it or leave it out."
                )
                outcomes.append(Outcome(job.clip_id, job.content_hash, stage="features", reason=reason))
                executor = ProcessPoolExecutor(1, initializer=end_with, initargs=(os.getpid(),))
    finally:
        executor.shutdown(kill_workers=True)
    return outcomes
