"""The containers that a recording may come in, opened by FFmpeg such that it reads nothing else."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import av
from av.container import InputContainer

from pipeline.audio.decode import NOTHING_ELSE, AudioError

KINDS = "WAV, FLAC, OGG, MP3, M4A or WebM"
OPTIONS = NOTHING_ELSE | {"format_whitelist": "wav,flac,ogg,mp3,mov,mp4,m4a,matroska,webm"}
CONTAINERS = {"mov,mp4,m4a,3gp,3g2,mj2": "M4A", "matroska,webm": "WebM"}


@contextmanager
def opened(data: bytes) -> Iterator[InputContainer]:
    """
    The bytes of a file, opened; it has an audio track.

    Raises
    ------
    AudioError
        It is no recording, or one without sound; also where that shows only while it is read.
    """
    try:
        with av.open(io.BytesIO(data), "r", metadata_errors="ignore", options=OPTIONS) as container:
            if not container.streams.audio:
                raise AudioError(
                    f"There is no audio track in this {kind(container)} file; expected sound: export it with its "
                    "sound, or choose another file."
                )
            yield container
    except (av.FFmpegError, ValueError) as error:
        raise no_recording(data) from error


def no_recording(data: bytes) -> AudioError:
    """What is wrong with bytes that FFmpeg makes nothing of."""
    return AudioError(
        f"It cannot be read as a recording (it begins with {data[:4]!r}); expected {KINDS}: export it again or choose "
        "another file."
    )


def kind(container: InputContainer) -> str:
    """What people call it."""
    name = container.format.name
    return CONTAINERS.get(name, name.split(",")[0].upper())
