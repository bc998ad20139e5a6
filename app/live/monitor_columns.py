"""The scrolling log-mel of the live monitor as small numbers: only what is new since the last ticks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.live.spectrogram import Picture
from models.speech import SPEECH

LOW_DB, HIGH_DB = -65.0, 15.0
"""Of a mel band: black and brightest. A quiet room lies at the one, the harmonics of a near voice at the other."""
FRAMES = 2
"""Frames of the picture in a column: on no screen does it get wider than 2 pixels a frame."""
COLUMN_S = FRAMES * SPEECH.hop_s
SENT_S = 1.8
"""The newest sound of each tick. The browser keeps what came before; a tick may come so late, and nothing is lost."""


def newest_columns(picture: Picture) -> tuple[int, NDArray[np.uint8], NDArray[np.bool_]]:
    """Number of the first column, levels (columns, bands) and voiced (columns,) of the newest ``SENT_S``."""
    start = round(picture.start_s / picture.hop_s)
    stop = (start + picture.decibels.shape[1]) // FRAMES
    # Always the same frames make a column, whatever the picture begins with; those that lack one wait.
    first = max(-(-start // FRAMES), stop - round(SENT_S / COLUMN_S))
    stop = max(first, stop)
    frames = slice(first * FRAMES - start, stop * FRAMES - start)
    decibels = picture.decibels[:, frames].reshape(len(picture.decibels), stop - first, FRAMES)
    power_db = 10 * np.log10(np.mean(10 ** (decibels / 10), 2))  # (bands, columns)
    levels = np.rint(255 * np.clip((power_db - LOW_DB) / (HIGH_DB - LOW_DB), 0, 1)).astype(np.uint8)
    voiced: NDArray[np.bool_] = np.any(picture.voiced[frames].reshape(-1, FRAMES), axis=1)
    return first, np.ascontiguousarray(levels.T), voiced
