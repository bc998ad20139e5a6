"""From a file to mono samples: decode, check, mix down, resample; and back to a WAV in memory."""

from __future__ import annotations

import io
import logging
import math
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from pipeline.audio.recordings import AudioError, Facts, Recording, check_header, check_samples

__all__ = ["AudioError", "Facts", "Recording", "decode", "load_mono", "resample", "to_mono", "to_wav_bytes"]

logger = logging.getLogger(__name__)

TRUNCATED_SHARE = 0.95
"""Less of the samples a header promises is a file cut off; a little less is an encoder's rounding."""

NOT_READ = {
    FileNotFoundError: "The file is not there any more; expected a recording: put it back or scan again.",
    PermissionError: "The file may not be read; expected permission to read it.",
    IsADirectoryError: "This is a folder; expected a recording.",
}


def decode(source: str | Path | bytes) -> Recording:
    """Decode a file, or the bytes of one, and refuse what no view can be computed of.

    libsndfile reads WAV, FLAC, OGG, MP3, AIFF and NIST SPHERE; FFmpeg, through PyAV, the rest.

    Raises
    ------
    AudioError
        Stage ``"decode"`` when it cannot be read (gone, forbidden, empty, broken, not audio), ``"check"``
        when its sound cannot be used (too short, too long, silent, not finite, an absurd sample rate).
        Rate and length are checked from the header, before anything is decoded.
    """
    with _opened(source) as file:
        try:
            recording = _decode_with_soundfile(file)
        except soundfile.LibsndfileError as error:
            # Imported here: most collections never need FFmpeg's libraries.
            from pipeline.audio.ffmpeg import decode_with_ffmpeg

            logger.debug("libsndfile cannot read it (%s); FFmpeg tries", error)
            file.seek(0)
            recording = decode_with_ffmpeg(file)
    check_samples(recording.samples, to_mono(recording.samples), recording.sample_rate_hz)
    return recording


def load_mono(source: str | Path | bytes) -> tuple[NDArray[np.float32], int]:
    """Decode and mix down: samples, shape ``(samples,)``, and their rate in Hz. Raises as :func:`decode`."""
    recording = decode(source)
    return to_mono(recording.samples), recording.sample_rate_hz


def to_mono(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of the channels, as ``librosa.to_mono``, of shape ``(samples,)`` or ``(samples, channels)``."""
    if samples.ndim == 1:
        return samples
    # Channel by channel: a mean along so short an axis takes ten times as long.
    mono = samples[:, 0].copy()  # (samples,)
    for channel in range(1, samples.shape[1]):
        mono += samples[:, channel]
    return mono / np.float32(samples.shape[1])


def resample(samples: NDArray[np.float32], from_hz: int, to_hz: int) -> NDArray[np.float32]:
    """Change the rate of mono samples with the SoX resampler at quality HQ.

    Equal to ``librosa.load(res_type="soxr_hq")``, length included: ``ceil(samples * to_hz / from_hz)``.
    """
    if from_hz == to_hz:
        return samples
    length = math.ceil(len(samples) * (float(to_hz) / from_hz))
    resampled: NDArray[np.float32] = soxr.resample(samples, from_hz, to_hz, quality="HQ")[:length]
    return np.pad(resampled, (0, length - len(resampled))) if len(resampled) < length else resampled


def to_wav_bytes(samples: NDArray[np.float32], sample_rate_hz: int) -> bytes:
    """Return a 16-bit WAV file in memory; what exceeds full scale is clipped, nothing is normalised."""
    steps = np.clip(np.rint(samples * np.float32(2**15)), -(2**15), 2**15 - 1).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(sample_rate_hz)
        file.writeframes(steps.tobytes())
    return buffer.getvalue()


def why_not_read(error: OSError) -> str:
    """What an ``OSError`` means to the owner of the file, in one sentence."""
    told = [reason for kind, reason in NOT_READ.items() if isinstance(error, kind)]
    return told[0] if told else f"The file cannot be read ({error.strerror}); expected a recording."


@contextmanager
def _opened(source: str | Path | bytes) -> Iterator[io.BytesIO | io.FileIO]:
    try:
        # Unbuffered, because libsndfile goes on from where the descriptor stands.
        file = io.BytesIO(source) if isinstance(source, bytes) else io.FileIO(source)
    except OSError as error:
        raise AudioError(why_not_read(error)) from error
    with file:
        _check_complete(file)
        yield file


def _check_complete(file: io.BytesIO | io.FileIO) -> None:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if size == 0:
        raise AudioError("The file is empty (0 bytes); expected a recording.")
    head = file.read(8)
    file.seek(0)
    promised = int.from_bytes(head[4:8], "little") + 8
    # A WAV that was streamed carries no length but 0 or the largest number: nothing is promised there.
    if head[:4] == b"RIFF" and size < promised * TRUNCATED_SHARE and promised < 2**31 - 2**16:
        raise _cut_off(size, promised, "bytes")


def _cut_off(seen: int, promised: int, unit: str) -> AudioError:
    return AudioError(
        f"The file ends after {seen:,} {unit}; expected the {promised:,} its header promises: copy it again."
    )


def _decode_with_soundfile(file: io.BytesIO | io.FileIO) -> Recording:
    # By descriptor: the name would make soundfile guess at ".raw", and Python's own file costs callbacks.
    target = file if isinstance(file, io.BytesIO) else file.fileno()
    with soundfile.SoundFile(target, closefd=False) as sound:
        check_header(sound.samplerate, sound.channels, sound.frames)
        if sound.subtype == "PCM_16":
            # As libsndfile's own conversion, in two thirds of its time.
            samples = sound.read(dtype="int16").astype(np.float32)
            samples *= np.float32(2**-15)
        else:
            samples = sound.read(dtype="float32")
        if len(samples) < sound.frames * TRUNCATED_SHARE:
            raise _cut_off(len(samples), sound.frames, "samples")
        return Recording(samples, sound.samplerate, sound.channels, f"{sound.format} {sound.subtype}")
