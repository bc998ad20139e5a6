"""A recording or a file on Live: what it is, whether it may be analysed, and its sound a second at a time.

The decoder is that of builds. Nothing is written to disk, and no more than some seconds of sound are held at once.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.decode import AudioError, Survey, mono_blocks, survey
from pipeline.datasets.corpus import AUDIO_SUFFIXES

KINDS = "WAV, FLAC, OGG, MP3, M4A, WebM and other sound"
SUFFIXES = tuple(sorted(AUDIO_SUFFIXES))
MAX_MB = 100
MAX_S, MIN_S = 30 * 60.0, 0.5
BLOCK_S = 1.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What a recording is."""

    duration_s: float
    rate_hz: int
    channels: int
    codec: str
    damaged: int = 0
    """Pieces that cannot be decoded, of some hundredths of a second each; they are missing from the sound."""
    survey: Survey | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """At most a second of sound: float32 (samples,), mono."""

    samples: NDArray[np.float32]
    rate_hz: int


def look(data: bytes) -> Facts:
    """
    Read a file to its end, and say what it is.

    Raises
    ------
    AudioError
        What a build would not take either, but for its length: larger, longer or shorter than Live can use.
    """
    if len(data) > MAX_MB * 2**20:
        raise AudioError(
            f"It is larger than {MAX_MB} MB ({len(data):,} bytes); expected at most that: cut it, or save it as FLAC "
            "or MP3.",
            "check",
        )
    found = survey(data, MAX_S)
    levels = found.levels
    if levels.duration_s < MIN_S:
        raise AudioError(
            f"It lasts {levels.duration_s:.2f} s; expected at least {MIN_S:g} s: record or choose a longer one.",
            "check",
        )
    return Facts(levels.duration_s, levels.rate_hz, levels.channels, found.codec, found.damaged, found)


def blocks(data: bytes, facts: Facts | None = None) -> Generator[Block, None, None]:
    """
    The sound of a file, a second at a time, mixed down as in a build; ``facts`` where :func:`look` was called before.

    Raises
    ------
    AudioError
        See :func:`look`.
    """
    found = facts.survey if facts is not None else None
    if found is None:
        found = look(data).survey
        assert found is not None
    rate_hz = found.levels.rate_hz
    step = round(BLOCK_S * rate_hz)
    for samples in mono_blocks(data, found):
        for start in range(0, len(samples), step):
            yield Block(samples[start : start + step], rate_hz)
