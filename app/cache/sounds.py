"""Sounds and arrays for the browser: small MP3s, equally loud previews, and addresses made of contents.

A component's own data travel with every run of the page. What is large is offered at an address instead
(:func:`url`): the same bytes always have the same address, so a browser that keeps what it has fetched gets nothing
twice. Loudness is that of ITU-R BS.1770, by pyloudnorm.
"""

from __future__ import annotations

import base64
import hashlib
import io
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import streamlit as st
from numpy.typing import NDArray
from streamlit import runtime

from pipeline.audio.decode import AudioError, load_mono, resample

PREVIEW_RATE_HZ = 22_050


def to_mp3(samples: NDArray[np.float32], sample_rate_hz: int) -> bytes:
    """A small MP3, about 8 kB a second.

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
    return buffer.getvalue()


def data_url(mp3: bytes) -> str:
    """The sound as an address that holds it: many small ones fit into the rows of one table."""
    return "data:audio/mp3;base64," + base64.b64encode(mp3).decode("ascii")


BYTES = "application/octet-stream"
JSON = "application/json"
SCRIPT = "text/javascript"
WAV = "audio/wav"


def url(data: bytes, mime: str, key: str) -> str:
    """Offer the bytes to the browser for as long as this page shows them.

    Parameters
    ----------
    data : bytes
        What to serve.
    mime : str
        Its media type. Streamlit compresses all but sounds, pictures and videos on the way.
    key : str
        Who shows it, unique on the page: other bytes under the same key take the place of the old.

    Returns
    -------
    str
        A path below the server, base path included. Outside a running server, where nobody can fetch,
        it has the same form.
    """
    name = hashlib.blake2b(data, digest_size=16).hexdigest()
    if not runtime.exists():
        return f"{_base()}/media/{name}"
    # Streamlit's own name for a file above 1 MiB looks at its length and three samples only; with our name
    # in it, two arrays that differ anywhere differ in their address.
    path = runtime.get_instance().media_file_mgr.add(data, mime, f"sesatlas.{key}", file_name=name)
    return f"{_base()}{path}"


def _base() -> str:
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


TARGET_LUFS = -23.0
"""Of EBU R 128: low enough that few clips need more peak than there is."""
PEAK_DBFS = -1.0
MOST_BOOST_DB = 30.0
"""More would make the noise of the microphone as loud as a voice."""
BLOCK_S = 0.4
METER_HZ, OVERSAMPLED_HZ = 48_000, 192_000
"""The standard gives its filters at 48 kHz, and asks for four times that to see between two samples."""
LONGEST_S = 60.0


@dataclass(frozen=True, slots=True)
class Gain:
    """What a clip's level is (LUFS, -inf for silence), what is added (dB), and what was in the way."""

    lufs: float
    gain_db: float
    note: str


@dataclass(frozen=True, slots=True)
class NormalisedPreview:
    """A clip as it is played: a data URL, or None where it cannot be read; level before, gain, a note."""

    url: str | None
    lufs: float
    gain_db: float
    note: str


def lufs(samples: NDArray[np.float32], rate_hz: int) -> float:
    """Integrated loudness in LUFS; -inf for what stays below the standard's gate of -70 LUFS.

    A clip shorter than one block of 400 ms is taken as one block of its own length.

    Parameters
    ----------
    samples : float32, shape (samples,)
        Mono, full scale at 1.
    rate_hz : int
        Any; the measure is taken at 48 kHz, as the filters bend at low rates.

    References
    ----------
    ITU-R BS.1770-5 (2023), annex 1, equations 1 to 7. Filters: "DeMan", the standard's own coefficients.
    """
    from pyloudnorm import Meter  # scipy.signal behind it

    at_48k = resample(samples, rate_hz, METER_HZ).astype(np.float64)
    if not at_48k.any():
        return -math.inf
    # A little less than the clip, or rounding would make the block longer than it and pyloudnorm refuse.
    block_s = min(BLOCK_S, len(at_48k) / METER_HZ * (1 - 1e-9))
    return float(Meter(METER_HZ, filter_class="DeMan", block_size=block_s).integrated_loudness(at_48k))


def true_peak_dbfs(samples: NDArray[np.float32], rate_hz: int) -> float:
    """The highest point of the curve through the samples (BS.1770, annex 2), or the highest sample."""
    between = resample(samples, rate_hz, OVERSAMPLED_HZ) if len(samples) else samples
    peak = max(float(np.abs(one).max(initial=0)) for one in (samples, between))
    return 20 * math.log10(peak) if peak > 0 else -math.inf


def gain(samples: NDArray[np.float32], rate_hz: int, target_lufs: float = TARGET_LUFS) -> Gain:
    """What to add for a loudness of ``target_lufs``, as far as peak and boost allow; 0 dB for silence."""
    level = lufs(samples, rate_hz)
    if level == -math.inf:
        return Gain(level, 0.0, "silent")
    needed = target_lufs - level
    room = PEAK_DBFS - true_peak_dbfs(samples, rate_hz)
    given = min(needed, room, MOST_BOOST_DB)
    if given > needed - 0.05:
        return Gain(level, given, "")
    limit = (
        "its peaks allow no more" if room < MOST_BOOST_DB else f"boosted by {MOST_BOOST_DB:.0f} dB at most"
    )
    return Gain(level, given, f"{needed - given:.1f} LU below the others: {limit}")


def gain_db(samples: NDArray[np.float32], rate_hz: int, target_lufs: float = TARGET_LUFS) -> float:
    """The gain alone, in dB; see :func:`gain`."""
    return gain(samples, rate_hz, target_lufs).gain_db


def equalised(
    samples: NDArray[np.float32], rate_hz: int, target_lufs: float = TARGET_LUFS
) -> NDArray[np.float32]:
    """The same samples, louder or softer as a whole: nothing is compressed."""
    return _amplified(samples, gain_db(samples, rate_hz, target_lufs))


def _amplified(samples: NDArray[np.float32], gain_db: float) -> NDArray[np.float32]:
    return samples * np.float32(10 ** (gain_db / 20))


def normalised_preview(path: Path) -> NormalisedPreview:
    """A recording as a small MP3 at equal loudness, measured on what is played; a long one is cut."""
    try:
        samples, rate_hz = load_mono(path)
    except AudioError as error:
        return NormalisedPreview(None, math.nan, 0.0, str(error))
    small = resample(samples[: int(LONGEST_S * rate_hz)], rate_hz, PREVIEW_RATE_HZ)
    found = gain(small, PREVIEW_RATE_HZ)
    cut = f"only its first {LONGEST_S:.0f} s" if len(samples) > LONGEST_S * rate_hz else ""
    note = "; ".join(filter(None, (found.note, cut)))
    url = data_url(to_mp3(_amplified(small, found.gain_db), PREVIEW_RATE_HZ))
    return NormalisedPreview(url, found.lufs, found.gain_db, note)
