"""Samples as bytes a browser plays."""

from __future__ import annotations

import base64
import io

import numpy as np
import soundfile
from numpy.typing import NDArray

from pipeline.audio.decode import resample

PREVIEW_RATE_HZ = 22_050


def to_data_url(samples: NDArray[np.float32], sample_rate_hz: int) -> str:
    """A small MP3 in a data URL, about 10 kB a second: many fit into the rows of one table.

    Parameters
    ----------
    samples : float32, shape (samples,)
        Mono, full scale at 1; what exceeds it is clipped.
    sample_rate_hz : int
        Their rate; above 22,050 Hz they are resampled, for MP3 knows few rates and a row needs little.
    """
    small = resample(samples, sample_rate_hz, PREVIEW_RATE_HZ)
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(small, -1, 1), PREVIEW_RATE_HZ, format="MP3", subtype="MPEG_LAYER_III")
    return "data:audio/mp3;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
