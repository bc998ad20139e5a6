"""One short sound in every container and codec that FFmpeg and libsndfile write here, to a file and to a pipe."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import cache

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

SECONDS = 2.0
MUXERS = (
    "wav", "w64", "aiff", "au", "caf", "voc", "sox", "ircam", "flac", "ogg", "mp3", "mp2", "adts", "latm", "ipod",
    "mp4", "mov", "3gp", "matroska", "webm", "asf", "wv", "tta", "amr", "ac3", "eac3", "avi", "mpegts", "rm",
)  # fmt: skip
ENCODERS = {
    "pcm_s16le": 16_000, "pcm_s16be": 16_000, "pcm_u8": 16_000, "pcm_s24le": 16_000, "pcm_s24be": 16_000,
    "pcm_f32le": 16_000, "pcm_f32be": 16_000, "pcm_f64le": 16_000, "pcm_mulaw": 8_000, "pcm_alaw": 8_000,
    "adpcm_ima_wav": 44_100, "adpcm_ms": 44_100, "adpcm_ima_qt": 44_100, "g726": 8_000, "g722": 16_000, "alac": 44_100,
    "flac": 44_100, "libmp3lame": 44_100, "mp2": 44_100, "aac": 44_100, "libopus": 48_000, "libvorbis": 44_100,
    "libspeex": 16_000, "libopencore_amrnb": 8_000, "wmav2": 44_100, "wavpack": 44_100, "tta": 44_100, "ac3": 48_000,
    "eac3": 48_000, "ra_144": 8_000,
}  # fmt: skip
"""Encoder -> a sample rate that it takes."""
STREAMED = {"mpegts": {"libmp3lame", "mp2", "aac", "libopus", "ac3", "eac3"}, "latm": {"aac"}}
"""Containers that take any codec, and what players find in them."""
FIXED_HZ = {"WVE": 8_000, "XI": 44_100}
NOT_RECORDINGS = {"RAW", "SD2"}
"""Formats of libsndfile without a header, or in two files."""

Samples = NDArray[np.float32]


def tone(rate_hz: int, seconds: float = SECONDS) -> Samples:
    """A rising tone with a little noise, float32, so that no two seconds are alike."""
    time_s = np.arange(round(rate_hz * seconds)) / rate_hz
    noise = 0.02 * np.random.default_rng(1).standard_normal(len(time_s))
    return (0.3 * np.sin(2 * np.pi * 300 * time_s * (1 + 0.2 * time_s)) + noise).astype(np.float32)


class Pipe(io.RawIOBase):
    """Takes bytes and never goes back, as the next program behind a bar would."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def write(self, data: object) -> int:
        self.data += bytes(data)  # type: ignore[call-overload]
        return len(data)  # type: ignore[arg-type]


def encoded(
    samples: Samples,
    rate_hz: int,
    muxer: str,
    encoder: str,
    *,
    pipe: bool = False,
    variable: bool = False,
    **options: str,
) -> bytes | None:
    """Mono samples by FFmpeg, at a ``variable`` rate of bits; None where it does not write the codec there."""
    target = Pipe() if pipe else io.BytesIO()
    try:
        with av.open(target, "w", format=muxer, options=options) as output:
            if encoder not in (STREAMED.get(muxer) or output.supported_codecs):
                return None
            quality = {"global_quality": "236", "flags": "+qscale"} if variable else {}
            stream = output.add_stream(encoder, rate=rate_hz, options=quality)
            stream.layout = "mono"
            size = stream.codec_context.frame_size or 1024
            converter = av.AudioResampler(stream.format, "mono", rate_hz, frame_size=size)
            frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
            frame.sample_rate = rate_hz
            for ready in [*converter.resample(frame), *converter.resample(None), None]:
                output.mux(stream.encode(ready))
    except (av.FFmpegError, ValueError, OSError):
        return None
    return bytes(target.data) if isinstance(target, Pipe) else target.getvalue()


def by_libsndfile(samples: Samples, rate_hz: int, kind: str, subtype: str | None = None) -> bytes | None:
    """Mono samples by libsndfile; None where it does not write them so."""
    buffer = io.BytesIO()
    try:
        soundfile.write(buffer, samples, rate_hz, format=kind, subtype=subtype)
    except (soundfile.LibsndfileError, ValueError):
        return None
    return buffer.getvalue()


def _of_ffmpeg(muxer: str) -> Iterator[tuple[str, bytes]]:
    for encoder, rate_hz in ENCODERS.items():
        for pipe in (False, True):
            data = encoded(tone(rate_hz), rate_hz, muxer, encoder, pipe=pipe)
            if data:
                yield f"{muxer} {encoder}{' piped' if pipe else ''}", data


def _of_libsndfile(kind: str) -> Iterator[tuple[str, bytes]]:
    for subtype in soundfile.available_subtypes(kind):
        rate_hz = (
            8_000 if subtype == "GSM610" else 48_000 if subtype == "OPUS" else FIXED_HZ.get(kind, 16_000)
        )
        data = by_libsndfile(tone(rate_hz), rate_hz, kind, subtype)
        if data:
            yield f"{kind} {subtype}", data


KINDS = (*MUXERS, *sorted(set(soundfile.available_formats()) - NOT_RECORDINGS))


@cache
def _written(kind: str) -> dict[str, bytes]:
    return dict(_of_ffmpeg(kind) if kind in MUXERS else _of_libsndfile(kind))


@pytest.fixture(params=KINDS)
def written(request: pytest.FixtureRequest) -> dict[str, bytes]:
    """The files of one container, by what they are."""
    return _written(request.param)


@pytest.fixture
def all_kinds() -> dict[str, bytes]:
    """A file of each container and codec, not of each number format."""
    return {name: data for kind in KINDS for name, data in _written(kind).items()}


@pytest.fixture
def encode() -> Callable[..., bytes]:
    """``encode(samples, rate_hz, muxer, encoder, pipe=False, **options)``; skips where FFmpeg cannot."""

    def by_ffmpeg(*words: object, **options: object) -> bytes:
        data = encoded(*words, **options)  # type: ignore[arg-type]
        if data is None:
            pytest.skip(f"FFmpeg cannot write {words[2:]} here")
        return data

    return by_ffmpeg
