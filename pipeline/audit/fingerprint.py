"""A clip's fingerprint: what stays of its sound when it is turned down, moved in time or sent through MP3."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from contextlib import closing
from functools import lru_cache
from pathlib import Path

import joblib
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from pipeline.audio.decode import AudioError, load_mono, resample, why_not_read
from pipeline.features.spectra import HOP_LENGTH, N_FFT, SAMPLE_RATE_HZ, Spectra
from pipeline.runtime import stop
from pipeline.runtime.noise import Noise
from pipeline.runtime.workers import on_all_cores
from store import audits
from store.reader import Reader
from store.writer import Writer

VERSION = 1
"""Raise it whenever a code changes: a store then computes the fingerprints anew."""

CODES = 256
"""Codes a clip: 6 s of sound in full; of a longer clip the frames whose codes are the surest."""
BITS = 32
FREQUENCIES_HZ = (150.0, 8_000.0)
"""Below the low-pass of MP3 at 64 kbit/s, and within what a 16 kHz recording holds."""
REACH = 2
"""Frames on either side that a code compares: 46 ms, half a window."""
FLOOR_DB = 60.0
UNSURE = 0.02
"""Nepers. A difference below it is rounding, not sound."""
ABSENT = np.uint32(2**32 - 1)
FRAME_S = HOP_LENGTH / SAMPLE_RATE_HZ

Fingerprint = NDArray[np.uint32]
BATCH_SIZE = 64
"""Recordings that travel together: a second of work, and what a killed build loses at most."""
Recording = tuple[str, Path]
"""A content hash and where a recording of that content lies."""
Batch = tuple[list[str], NDArray[np.uint32], list[tuple[str, str]]]
log = logging.getLogger(__name__)


def fingerprint(spectra: Spectra) -> Fingerprint:
    """
    The fingerprint of a clip, uint32 ``(2, 256)``: codes, and the frames of 23.2 ms they belong to.

    Bit ``b`` of frame ``t`` is the sign of the double difference of Haitsma and Kalker 2002, equation 1,
    here of log energies ``L`` in 33 bands of equal ratio from 150 Hz to 8 kHz and across the frame::

        (L[t + 2, b] - L[t - 2, b]) - (L[t + 2, b + 1] - L[t - 2, b + 1]) > 0

    A gain or a fixed filter cancels out. Frames 60 dB below the loudest have no code. Frames stand in
    ascending order; places that are not used hold 2**32 - 1 in both rows.

    Parameters
    ----------
    spectra : Spectra
        A clip's shared transform; of a clip too short or still for any code, all places are unused.
    """
    energy = _bands(spectra.power_by_frame)  # (frames, 33)
    computed = np.full((2, CODES), ABSENT, dtype=np.uint32)
    frames, slopes = _slopes(energy)
    if len(frames) > CODES:
        # By what the sound is, not by when: a copy that begins elsewhere chooses the same frames.
        surest = np.argsort(-np.median(np.abs(slopes), axis=1), kind="stable")[:CODES]
        chosen = np.sort(surest)
        frames, slopes = frames[chosen], slopes[chosen]
    computed[0, : len(frames)] = _packed(slopes)
    computed[1, : len(frames)] = frames
    return computed


def _bands(power: NDArray[np.float32]) -> NDArray[np.float64]:
    edges = _edges()
    sums = np.add.reduceat(power[:, : edges[-1]], edges[:-1], axis=1, dtype=np.float64)  # (frames, 33)
    return sums / np.diff(edges)


def _slopes(energy: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The frames that hold sound (m,) and their double differences in nepers of power (m, 32)."""
    if len(energy) <= 2 * REACH or not energy.max() > 0:
        return np.empty(0, dtype=np.intp), np.empty((0, BITS))
    below = 10 ** (-FLOOR_DB / 10)
    level = np.log(energy + energy.max() * below)
    change = level[2 * REACH :] - level[: -2 * REACH]
    slopes = change[:, :-1] - change[:, 1:]
    loudness = energy.sum(axis=1)[REACH:-REACH]
    sounding = (loudness > loudness.max() * below) & (np.median(np.abs(slopes), axis=1) > UNSURE)
    return np.flatnonzero(sounding) + REACH, slopes[sounding]


def _packed(slopes: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Signs as bits, ``(m, 32)`` to ``(m,)``."""
    bits = slopes > 0
    unsure = np.abs(slopes) < UNSURE
    # Where a band holds nothing, equal zeros would make strangers alike: such bits are drawn, by dice
    # that the clip's own sound throws, so that the same file gives the same print.
    dice = np.random.default_rng(int(bits.sum()) * 1_000_003 + len(bits))
    bits = np.where(unsure, dice.random(bits.shape) < 0.5, bits)
    return np.packbits(bits, axis=1).view(">u4").ravel().astype(np.uint32)


@lru_cache(maxsize=1)
def _edges() -> NDArray[np.intp]:
    """The first bin of each of the 33 bands, and the one behind the last: each band has a bin or more."""
    edges = np.rint(np.geomspace(*FREQUENCIES_HZ, BITS + 2) * N_FFT / SAMPLE_RATE_HZ).astype(np.intp)
    for band in range(1, len(edges)):
        edges[band] = max(edges[band], edges[band - 1] + 1)
    return edges


def make_fingerprints(staging: Path, datasets: Sequence[str], n_jobs: int) -> dict[str, str]:
    """Compute the fingerprints that the recordings of some datasets lack, and forget those nobody needs.

    Each batch is committed when it is done: a killed build goes on with the others.

    Returns
    -------
    dict
        Content hash to reason, for the recordings that have none because they cannot be read any more.
    """
    with Reader(staging) as reader:
        rows = reader.without_fingerprint(datasets, VERSION)
    paths = [Path(root) / path for root, path in zip(rows["root"], rows["relative_path"], strict=True)]
    recordings = list(zip(rows["content_hash"].tolist(), paths, strict=True))
    unread: dict[str, str] = {}
    with Writer(staging) as writer, closing(_computed(recordings, n_jobs)) as batches:
        with writer.transaction():
            audits.drop_fingerprints(writer, version=VERSION)
        for hashes, fingerprints, reasons in batches:
            stop.check()
            unread.update(reasons)
            with writer.transaction():
                audits.write_fingerprints(writer, VERSION, hashes, fingerprints)
    return unread


def _computed(recordings: Sequence[Recording], n_jobs: int) -> Generator[Batch, None, None]:
    batches = [recordings[start : start + BATCH_SIZE] for start in range(0, len(recordings), BATCH_SIZE)]
    if joblib.effective_n_jobs(n_jobs) == 1 or len(batches) <= 1:
        yield from map(fingerprint_batch, batches)
        return
    yield from on_all_cores(fingerprint_batch, ((batch,) for batch in batches), n_jobs)


def fingerprint_batch(recordings: Sequence[Recording]) -> Batch:
    """Hashes and fingerprints, uint32 (n, 2, 256), of what can be read; and hash and reason of what cannot."""
    computed: dict[str, Fingerprint] = {}
    unread = []
    with threadpool_limits(1), Noise():  # the build has warned of these files when it measured them
        for content_hash, path in recordings:
            try:
                computed[content_hash] = _fingerprint_of(path)
            except AudioError as error:
                unread.append((content_hash, str(error)))
            except OSError as error:
                unread.append((content_hash, why_not_read(error)))
            except Exception as error:  # one recording's fault, whatever it is, must not end the build
                log.debug("%s has no fingerprint", path, exc_info=True)
                unread.append((content_hash, f"{type(error).__name__}: {error}"))
    return list(computed), np.array(list(computed.values()), dtype=np.uint32), unread


def _fingerprint_of(path: Path) -> Fingerprint:
    samples, rate_hz = load_mono(path)
    return fingerprint(Spectra(resample(samples, rate_hz, SAMPLE_RATE_HZ)))
