"""A recording of a person's own, from a file or the microphone: checked, described, never kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import streamlit as st
from starlette.formparsers import MultiPartParser

from app.ui import escape
from pipeline.audio.decode import AudioError, Facts, load_mono, resample, to_wav_bytes
from pipeline.datasets.corpus import AUDIO_SUFFIXES
from pipeline.extraction import Description, describe

PLAYED = frozenset(
    {
        "WAV PCM_16", "WAV PCM_U8", "WAVEX PCM_16", "FLAC PCM_16", "OGG VORBIS", "OGG OPUS", "MP3 MPEG_LAYER_III",
        "MP4 AAC", "WEBM OPUS", "WEBM LIBOPUS", "WEBM VORBIS",
    }
)  # fmt: skip
"""What every browser plays as it is, in one or two channels; the rest is sent as a WAV of the decoded samples."""
MAX_PLAYED_CHANNELS, MAX_PLAYED_HZ = 2, 48_000
TYPES = {
    "WAV": "audio/wav", "WAVEX": "audio/wav", "FLAC": "audio/flac", "OGG": "audio/ogg", "MP3": "audio/mpeg",
    "MP4": "audio/mp4", "WEBM": "audio/webm",
}  # fmt: skip
MOST_MB = 200
"""Ten minutes of stereo in 24 bits at 48 kHz are 173 MB."""
PRIVATE = (
    "It stays in the memory of this program while the page is open; it is not added to the store, nor "
    "written to any file."
)
LAST = "upload_described"

# Otherwise what exceeds one megabyte would pass through a temporary file on its way in.
MultiPartParser.spool_max_size = (MOST_MB + 1) * 2**20


class Sent(Protocol):
    """What Streamlit hands over: the bytes, and what the browser says of them."""

    name: str
    type: str
    file_id: str
    size: int

    def getvalue(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Upload:
    """A usable recording and what it is called."""

    name: str
    description: Description


def from_file() -> Upload | None:
    """The box for a file; the recording once there is one that can be used. Errors are shown here."""
    sent = st.file_uploader(
        "A recording of a fifth of a second to ten minutes",
        type=sorted(AUDIO_SUFFIXES),
        max_upload_size=MOST_MB,
        key="upload_file",
    )
    st.caption(PRIVATE)
    return _use(sent, play=True)


def from_microphone() -> Upload | None:
    """The recorder; as :func:`from_file`."""
    # At the microphone's own rate: what lies above half of it would be missing from every view.
    sent = st.audio_input("Record, at least a fifth of a second", sample_rate=None, key="upload_microphone")
    st.caption(PRIVATE)
    return _use(sent, play=False)


def _use(sent: Sent | None, *, play: bool) -> Upload | None:
    if sent is None:
        st.session_state.pop(LAST, None)
        return None
    try:
        found = Upload(sent.name, _described(sent))
    except AudioError as error:
        st.warning(in_words(sent.name, error), icon=":material/hearing_disabled:")
        return None
    if play:
        st.audio(*playable(sent, found.description.facts))
    return found


def playable(sent: Sent, facts: Facts) -> tuple[bytes, str]:
    """Bytes that a browser plays, and their type: by what is in the file, whatever it is called."""
    plain = facts.channels <= MAX_PLAYED_CHANNELS and facts.sample_rate_hz <= MAX_PLAYED_HZ
    if facts.codec in PLAYED and plain:
        return sent.getvalue(), TYPES[facts.codec.split()[0]]
    samples, rate_hz = load_mono(sent.getvalue())
    played_hz = min(rate_hz, MAX_PLAYED_HZ)
    return to_wav_bytes(resample(samples, rate_hz, played_hz), played_hz), "audio/wav"


def in_words(name: str, error: AudioError) -> str:
    """Why a recording cannot be used, with its name, as Markdown that shows the name as it is."""
    return f"{escape.code(name.strip()[-80:] or 'recording')} cannot be used. {escape.sentence(error)}"


def _described(sent: Sent) -> Description:
    """Described once, however often the page is drawn; only in this session, only the last one."""
    kept = st.session_state.get(LAST)
    if kept is None or kept[0] != sent.file_id:
        with st.spinner("Listening to it ..."):
            kept = st.session_state[LAST] = (sent.file_id, read(sent))
    if isinstance(kept[1], AudioError):
        raise kept[1]
    return kept[1]


def read(sent: Sent) -> Description | AudioError:
    """Describe the recording, or say why it cannot be; the error is a value, so that it is kept as well."""
    if sent.size > MOST_MB * 2**20:
        return AudioError(
            f"It has {sent.size / 2**20:,.0f} MB; expected at most {MOST_MB} MB: cut it, or save it as FLAC.",
            "check",
        )
    try:
        return describe(sent.getvalue())
    except AudioError as error:
        return error
