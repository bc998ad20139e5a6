"""The stage of a build that gives each recording its fingerprint, once for each content."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path

import joblib
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from pipeline.audio.decode import AudioError, load_mono, resample, why_not_read
from pipeline.audit.fingerprint import VERSION, Print, fingerprint
from pipeline.features.spectra import SAMPLE_RATE_HZ, Spectra
from pipeline.runtime import stop
from pipeline.runtime.workers import on_all_cores
from store import audits
from store.reader import Reader
from store.writer import Writer

BATCH_SIZE = 64
"""Recordings that travel together: a second of work, and what a killed build loses at most."""

Wanted = tuple[str, Path]
"""A content hash and where a recording of that content lies."""
Made = tuple[list[str], NDArray[np.uint32], list[tuple[str, str]]]

log = logging.getLogger(__name__)


def make_prints(staging: Path, datasets: Sequence[str], n_jobs: int) -> dict[str, str]:
    """Compute the fingerprints that the recordings of some datasets lack, and forget those nobody needs.

    Each batch is committed when it is done: a killed build goes on with the others.

    Returns
    -------
    dict
        Content hash to reason, for the recordings that have none because they cannot be read any more.
    """
    with Reader(staging) as reader:
        rows = reader.unprinted(datasets, VERSION)
    paths = [Path(root) / path for root, path in zip(rows["root"], rows["relative_path"], strict=True)]
    wanted = list(zip(rows["content_hash"].tolist(), paths, strict=True))
    unread: dict[str, str] = {}
    with Writer(staging) as writer, closing(_computed(wanted, n_jobs)) as batches:
        with writer.transaction():
            audits.drop_prints(writer.con, version=VERSION)
        for hashes, prints, reasons in batches:
            stop.check()
            unread.update(reasons)
            with writer.transaction():
                audits.write_prints(writer, VERSION, hashes, prints)
    return unread


def _computed(wanted: Sequence[Wanted], n_jobs: int) -> Generator[Made, None, None]:
    batches = [wanted[start : start + BATCH_SIZE] for start in range(0, len(wanted), BATCH_SIZE)]
    if joblib.effective_n_jobs(n_jobs) == 1 or len(batches) <= 1:
        yield from map(print_batch, batches)
        return
    yield from on_all_cores(print_batch, ((batch,) for batch in batches), n_jobs)


def print_batch(wanted: Sequence[Wanted]) -> Made:
    """Hashes and fingerprints, uint32 (n, 2, 256), of what can be read; and hash and reason of what cannot."""
    made: dict[str, Print] = {}
    unread = []
    with threadpool_limits(1):
        for content_hash, path in wanted:
            try:
                made[content_hash] = _print_of(path)
            except AudioError as error:
                unread.append((content_hash, str(error)))
            except OSError as error:
                unread.append((content_hash, why_not_read(error)))
            except Exception as error:  # one recording's fault, whatever it is, must not end the build
                log.debug("%s has no fingerprint", path, exc_info=True)
                unread.append((content_hash, f"{type(error).__name__}: {error}"))
    return list(made), np.array(list(made.values()), dtype=np.uint32), unread


def _print_of(path: Path) -> Print:
    samples, rate_hz = load_mono(path)
    return fingerprint(Spectra(resample(samples, rate_hz, SAMPLE_RATE_HZ)))
