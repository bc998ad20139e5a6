"""A recording or a file as blocks of sound: what it is, whether it may be heard, and its samples bit by bit.

FFmpeg, through PyAV, reads all of it. Nothing is written to disk, and no more than a second of sound is held at once.
"""

from __future__ import annotations

import io
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from models.audio import HIGHEST_HZ, LOWEST_HZ, mono
from pipeline.audio.decode import NOTHING_ELSE, AudioError

KINDS = "WAV, FLAC, OGG, MP3, M4A or WebM"
OPTIONS = NOTHING_ELSE | {"format_whitelist": "wav,flac,ogg,mp3,mov,mp4,m4a,matroska,webm"}
CONTAINERS = {"mov,mp4,m4a,3gp,3g2,mj2": "M4A", "matroska,webm": "WebM"}
SUFFIXES = ("wav", "flac", "ogg", "mp3", "m4a", "webm")
MAX_MB = 100
MAX_S, MIN_S = 30 * 60.0, 0.5
BLOCK_S = 1.0
CUT_OFF = 0.95
"""Less than this share of the bytes that a WAV promises is a file cut off."""
MOST_PROMISED = 2**31 - 2**16
"""A WAV that was streamed promises the largest number, or nothing."""


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


@dataclass(frozen=True, slots=True)
class Facts:
    """What a recording is, before any of it was decoded."""

    duration_s: float
    rate_hz: int
    channels: int
    codec: str
    cut_off: bool = False
    """The file ends before its header says."""


@dataclass(frozen=True, slots=True)
class Block:
    """About a second of sound: float32 (samples,), mono, and what came before it that could not be decoded."""

    samples: NDArray[np.float32]
    rate_hz: int
    damaged: int = 0
    """Pieces of the file, of some hundredths of a second each."""


def look(data: bytes) -> Facts:
    """
    What a file is; how long it is, its packets tell, as headers may be wrong or say nothing.

    Raises
    ------
    AudioError
        Too large, too long or too short; empty, no recording, or without an audio track.
    """
    if not data:
        raise AudioError(f"It is empty (0 bytes); expected a recording as {KINDS}: choose another file.")
    if len(data) > MAX_MB * 2**20:
        raise AudioError(
            f"It is larger than {MAX_MB} MB ({len(data):,} bytes); expected at most that: cut it, or save it as FLAC "
            "or MP3.",
            "check",
        )
    with opened(data) as container:
        stream = container.streams.audio[0]
        rate_hz, channels = stream.rate, stream.channels
        duration_s = _packets_s(container)
        codec = f"{kind(container)} {stream.codec_context.name.upper()}"
    if not LOWEST_HZ <= rate_hz <= HIGHEST_HZ:
        raise AudioError(
            f"It has {rate_hz:,} samples a second; expected {LOWEST_HZ:,} to {HIGHEST_HZ:,}: resample it.",
            "check",
        )
    if duration_s < MIN_S:
        raise AudioError(
            f"It lasts {duration_s:.2f} s; expected at least {MIN_S:g} s: record or choose a longer one.",
            "check",
        )
    return Facts(duration_s, rate_hz, channels, codec, _is_cut_off(data))


def blocks(data: bytes) -> Generator[Block, None, None]:
    """
    The sound of a file that :func:`look` has found good, a second at a time; channels are averaged.

    Raises
    ------
    AudioError
        It turns out to be too long, or nothing in it can be decoded.
    """
    taken: list[NDArray[np.float32]] = []
    taken_s, all_s, damaged, rate_hz = 0.0, 0.0, 0, 0
    for frame in _frames(data):
        if frame is None:
            damaged += 1
            continue
        if taken and (frame.sample_rate != rate_hz or taken_s >= BLOCK_S):
            yield Block(np.concatenate(taken), rate_hz, damaged)
            taken, taken_s, damaged = [], 0.0, 0
        rate_hz = frame.sample_rate
        taken.append(mono(_samples(frame)))
        taken_s += frame.samples / rate_hz
        all_s += frame.samples / rate_hz
        if all_s > MAX_S + BLOCK_S:
            raise _too_long()
    if not taken:
        raise no_recording(data)
    yield Block(np.concatenate(taken), rate_hz, damaged)


def _frames(data: bytes) -> Iterator[av.AudioFrame | None]:
    """Frame by frame; None for each packet that cannot be decoded."""
    with opened(data) as container:
        for packet in container.demux(container.streams.audio[0]):
            try:
                yield from packet.decode()
            except av.FFmpegError:
                yield None


def _samples(frame: av.AudioFrame) -> NDArray[np.generic]:
    values = frame.to_ndarray()
    if values.dtype == np.int64:
        values = values / 2.0**63
    if frame.format.is_planar:
        return values.T
    return values.reshape(-1, len(frame.layout.channels))  # (samples, channels)


def _packets_s(container: InputContainer) -> float:
    """How long the packets last together; given up as soon as that is too long."""
    began, ended, known = None, 0, 0
    stream = container.streams.audio[0]
    base_s = float(stream.time_base or 0)
    for packet in container.demux(stream):
        if packet.size:
            lasts = packet.duration or 0
            # The last packet of a short OGG may last less than nothing, and FFmpeg counts that as 32 bits unsigned.
            lasts -= 2**32 if lasts >= 2**31 else 0
            began = packet.pts if began is None else began
            known += lasts
            ended = max(ended, (packet.pts or 0) - (began or 0) + lasts)
            if max(ended, known) * base_s > MAX_S + BLOCK_S:
                raise _too_long()
    return (ended or known) * base_s


def _too_long() -> AudioError:
    return AudioError(
        f"It lasts more than {MAX_S / 60:.0f} min; expected at most that: cut it into shorter ones.", "check"
    )


def _is_cut_off(data: bytes) -> bool:
    promised = int.from_bytes(data[4:8], "little") + 8
    return data[:4] == b"RIFF" and len(data) < promised * CUT_OFF and promised < MOST_PROMISED
