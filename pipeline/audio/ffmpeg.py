"""Decoding through FFmpeg (PyAV) what libsndfile cannot read: M4A, AAC, WebM and other containers."""

from __future__ import annotations

import io

import av
import numpy as np
from numpy.typing import NDArray

from pipeline.audio.recordings import AudioError, Recording, check_header

CONTAINERS = {"mov,mp4,m4a,3gp,3g2,mj2": "MP4", "matroska,webm": "WEBM"}
"""FFmpeg's name of a family of containers -> the one people know it by."""

NOTHING_ELSE = {"protocol_whitelist": "none"}
"""A recording may be a playlist of addresses or of files on this machine, which FFmpeg would open."""


def decode_with_ffmpeg(file: io.BytesIO | io.FileIO) -> Recording:
    """Decode the first audio stream of an open file, unchecked but for its rate and length.

    Raises
    ------
    AudioError
        Stage ``"decode"`` when FFmpeg finds no sound in it, ``"check"`` for a rate or length out of range.
    """
    head = file.read(4)
    file.seek(0)
    try:
        with av.open(file, "r", metadata_errors="ignore", options=NOTHING_ELSE) as container:
            if not container.streams.audio:
                raise AudioError(
                    f"No sound in this {_container_name(container)} file; expected an audio stream."
                )
            return _decode_stream(container, container.streams.audio[0])
    except (av.FFmpegError, ValueError) as error:
        raise AudioError(
            f"Neither libsndfile nor FFmpeg can read it (it begins with {head!r}); expected a recording "
            "such as WAV, FLAC, OGG, MP3, M4A or WebM."
        ) from error


def _decode_stream(container: av.container.InputContainer, stream: av.AudioStream) -> Recording:
    rate_hz, channels = stream.rate, stream.channels
    promised_s = (container.duration or 0) / av.time_base
    check_header(rate_hz, channels, int(promised_s * rate_hz))
    converter = av.AudioResampler(format="flt", layout=stream.layout, rate=rate_hz)
    blocks: list[NDArray[np.float32]] = []
    length = 0
    for frame in container.decode(stream):
        for block in converter.resample(frame):
            interleaved = block.to_ndarray().astype(np.float32, copy=False)
            blocks.append(interleaved.reshape(-1, channels))  # (samples, channels)
            length += len(blocks[-1])
        # Once more on the way: a streamed file has no header that tells its length.
        check_header(rate_hz, channels, length)
    samples = np.concatenate(blocks) if blocks else np.empty((0, channels), dtype=np.float32)
    codec = f"{_container_name(container)} {stream.codec_context.name.upper()}"
    return Recording(samples[:, 0] if channels == 1 else samples, rate_hz, channels, codec)


def _container_name(container: av.container.InputContainer) -> str:
    name = container.format.name
    return CONTAINERS.get(name, name.split(",")[0].upper())
