"""One clip from file to facts and vectors: what a worker does."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from pipeline.audio.decode import AudioError, Facts, Recording, decode, resample, to_mono, why_not_read
from pipeline.audio.measure import measure
from pipeline.clips import Stage
from pipeline.features import VIEWS
from pipeline.features.spectra import SAMPLE_RATE_HZ, Spectra

logger = logging.getLogger(__name__)


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
        return Outcome(job.clip_id, hash_, measure(recording), vectors_of(recording, job.views))
    except AudioError as error:
        return Outcome(job.clip_id, hash_, stage=error.stage, reason=str(error))
    except OSError as error:
        return Outcome(job.clip_id, hash_, stage="decode", reason=why_not_read(error))
    except Exception as error:  # one clip's fault, whatever it is, must not end the build
        logger.debug("%s failed", job.clip_id, exc_info=True)
        return Outcome(job.clip_id, hash_, stage="features", reason=f"{type(error).__name__}: {error}")


def content_hash(path: Path) -> str:
    """SHA-256 of a file's bytes in hexadecimal, read piece by piece. Raises ``OSError``."""
    with Path(path).open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def vectors_of(recording: Recording, views: Iterable[str]) -> dict[str, NDArray[np.float32]]:
    """Compute the named views of a recording from one transform.

    Raises
    ------
    ValueError
        A view gave NaN or infinity in a column that must not hold it.
    """
    mono = to_mono(recording.samples)
    spectra = Spectra(resample(mono, recording.sample_rate_hz, SAMPLE_RATE_HZ))
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
