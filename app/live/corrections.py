"""Decisions that a person says were wrong: kept in memory, with their sound, until the person exports or drops them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.decisions import Decision, State
from models.vad import RATE_HZ
from pipeline.audio.decode import to_wav_bytes

SOUND_S = 3.0
"""So much sound before the decision goes with it: what the network listens to at most, pauses aside."""
MOST = 100
"""Corrections of one page: 19 MB of sound."""


@dataclass(frozen=True, slots=True, eq=False)
class Correction:
    """One decision, and what it should have been."""

    source: str
    """What was heard: the microphone, or a file's name."""
    time_s: float
    said: State
    should: State
    probabilities: dict[str, float]
    network: str
    """The weights that decided, by the beginning of their SHA-256."""
    sound: NDArray[np.float32]
    """float32 (samples,), 16 kHz."""


def of(source: str, recent: Sequence[Decision], should: State, network: str) -> Correction:
    """The last of these decisions corrected, with the newest ``SOUND_S`` of their sound."""
    last = recent[-1]
    sound = np.concatenate([one.sound for one in recent])[-round(SOUND_S * RATE_HZ) :]
    return Correction(source, last.time_s, last.state, should, dict(last.probabilities), network, sound)


def table(corrections: Sequence[Correction], classes: Sequence[str]) -> pd.DataFrame:
    """A row a correction: ``source``, ``time_s``, ``said``, ``should``, a column a class, ``sound_s``, ``network``."""
    return pd.DataFrame(
        [
            {
                "source": one.source,
                "time_s": round(one.time_s, 3),
                "said": str(one.said),
                "should": str(one.should),
            }
            | {name: one.probabilities.get(name, np.nan) for name in classes}
            | {"sound_s": len(one.sound) / RATE_HZ, "network": one.network}
            for one in corrections
        ],
        columns=["source", "time_s", "said", "should", *classes, "sound_s", "network"],
    )


def archive(corrections: Sequence[Correction], classes: Sequence[str]) -> bytes:
    """All of them as a ZIP: ``corrections.csv``, and a WAV each, which its column ``file`` names.

    The folder can be built as a collection of one's own: ``should`` is a column to take the labels from.
    """
    files = [f"correction_{number:03d}.wav" for number in range(1, len(corrections) + 1)]
    told = table(corrections, classes).assign(file=files)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("corrections.csv", told.to_csv(index=False))
        for name, one in zip(files, corrections, strict=True):
            out.writestr(name, to_wav_bytes(one.sound, RATE_HZ))
    return packed.getvalue()
