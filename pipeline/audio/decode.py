"""From a file to mono samples: decode, check, mix down, resample; and back to a WAV in memory.

The one decoder: a build, Similar and Live get the same samples of a file, or the same refusal.
"""

from __future__ import annotations

import hashlib
import io
import logging
import math
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from store.errors import SesatlasError

if TYPE_CHECKING:
    import av

logger = logging.getLogger(__name__)

MIN_DURATION_S = 0.2
"""Delta coefficients need nine frames of the analysis: 0.2 s."""
MAX_DURATION_S = 600.0
MAX_VALUES = 2**27
"""Samples times channels held at once: 512 MiB of float32."""
MIN_SAMPLE_RATE_HZ = 4_000
MAX_SAMPLE_RATE_HZ = 384_000
SILENCE_PEAK_DBFS = -90.0
"""One step of 16 bits is -90.3 dBFS: what stays below holds no sound."""

TRUNCATED_SHARE = 0.95
"""Less of the samples a header promises is a file cut off; a little less is an encoder's rounding."""

NOT_READ = {
    FileNotFoundError: "The file is not there any more; expected a recording: put it back or scan again.",
    PermissionError: "The file may not be read; expected permission to read it.",
    IsADirectoryError: "This is a folder; expected a recording.",
}
CONTAINERS = {"mov,mp4,m4a,3gp,3g2,mj2": "MP4", "matroska,webm": "WEBM"}
"""FFmpeg's name of a family of containers -> the one people know it by."""

NOTHING_ELSE = {"protocol_whitelist": "none"}
"""A recording may be a playlist of addresses or of files on this machine, which FFmpeg would open."""


class AudioError(SesatlasError):
    """A file that gives no usable samples; ``stage`` says whether reading or checking refused it."""

    def __init__(self, reason: str, stage: Literal["decode", "check"] = "decode") -> None:
        super().__init__(reason)
        self.stage: Literal["decode", "check"] = stage


@dataclass(frozen=True, slots=True)
class Recording:
    """A decoded and checked file.

    ``samples`` is float32, full scale 1, shape ``(samples,)`` for one channel and
    ``(samples, channels)`` for more; ``codec`` reads like ``WAV PCM_16`` or ``MP4 AAC``.
    """

    samples: NDArray[np.float32]
    sample_rate_hz: int
    channels: int
    codec: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a recording at its own sample rate; :func:`pipeline.audio.measure.measure` defines each."""

    duration_s: float
    sample_rate_hz: int
    channels: int
    codec: str
    peak_dbfs: float
    rms_dbfs: float
    silence_share: float
    digital_silence_share: float
    clipped_share: float
    bandwidth_hz: float
    dc_offset: float


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
            logger.debug("libsndfile cannot read it (%s); FFmpeg tries", error)
            file.seek(0)
            recording = _decode_with_ffmpeg(file)
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


def content_hash(path: Path) -> str:
    """SHA-256 of a file's bytes in hexadecimal, read piece by piece. Raises ``OSError``."""
    with Path(path).open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def why_not_read(error: OSError) -> str:
    """What an ``OSError`` means to the owner of the file, in one sentence."""
    reasons = [reason for kind, reason in NOT_READ.items() if isinstance(error, kind)]
    return reasons[0] if reasons else f"The file cannot be read ({error.strerror}); expected a recording."


def check_header(sample_rate_hz: int, channels: int, samples: int) -> None:
    """Refuse a rate or a length that no view is made for; ``samples`` counts those of one channel.

    Raises
    ------
    AudioError
        Stage ``"check"``.
    """
    if not MIN_SAMPLE_RATE_HZ <= sample_rate_hz <= MAX_SAMPLE_RATE_HZ:
        raise AudioError(
            f"The sample rate is {sample_rate_hz:,} Hz; expected {MIN_SAMPLE_RATE_HZ:,} to "
            f"{MAX_SAMPLE_RATE_HZ:,} Hz: resample the recording.",
            "check",
        )
    if samples > MAX_DURATION_S * sample_rate_hz:
        raise AudioError(
            f"The recording lasts more than {samples / sample_rate_hz / 60:.1f} min; expected at most "
            f"{MAX_DURATION_S / 60:.0f} min: cut it into shorter clips.",
            "check",
        )
    if samples * channels > MAX_VALUES:
        raise AudioError(
            f"The recording holds {samples * channels:,} values in {channels} channels; expected at most "
            f"{MAX_VALUES:,}: cut it into shorter clips or mix it down.",
            "check",
        )


def check_samples(samples: NDArray[np.float32], mono: NDArray[np.float32], sample_rate_hz: int) -> None:
    """Refuse samples that no view can be computed of; ``mono`` is their mixdown.

    Raises
    ------
    AudioError
        Stage ``"check"``: nothing in it, too short, NaN or infinite, silent.
    """
    duration_s = len(samples) / sample_rate_hz
    if duration_s < MIN_DURATION_S:
        raise AudioError(
            f"The recording lasts {duration_s:.3f} s ({len(samples)} samples); "
            f"expected at least {MIN_DURATION_S} s.",
            "check",
        )
    # NaN passes through min and max, so the peak covers every sample without a mask over them.
    peak = peak_of(samples)
    if not np.isfinite(peak):
        raise AudioError(
            "Some samples are NaN or infinite; expected finite values: export the recording again.", "check"
        )
    limit = 10 ** (SILENCE_PEAK_DBFS / 20)
    if peak < limit:
        raise AudioError(
            f"The recording is digital silence (peak below {SILENCE_PEAK_DBFS:.0f} dBFS); expected sound.",
            "check",
        )
    if mono is not samples and peak_of(mono) < limit:
        raise AudioError(
            "The channels cancel each other out when mixed down; expected channels in phase: "
            "invert one of them or keep only one.",
            "check",
        )


def peak_of(samples: NDArray[np.float32]) -> float:
    """The largest magnitude, full scale 1; NaN when any sample is NaN."""
    return float(np.maximum(samples.max(), -samples.min()))


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


def _decode_with_ffmpeg(file: io.BytesIO | io.FileIO) -> Recording:
    """Decode the first audio stream of an open file, unchecked but for its rate and length.

    Raises
    ------
    AudioError
        Stage ``"decode"`` when FFmpeg finds no sound in it, ``"check"`` for a rate or length out of range.
    """
    import av  # here, because most collections never need FFmpeg's libraries

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
    import av

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
        # Once more on the way: a streamed file has no header with its length.
        check_header(rate_hz, channels, length)
    samples = np.concatenate(blocks) if blocks else np.empty((0, channels), dtype=np.float32)
    codec = f"{_container_name(container)} {stream.codec_context.name.upper()}"
    return Recording(samples[:, 0] if channels == 1 else samples, rate_hz, channels, codec)


def _container_name(container: av.container.InputContainer) -> str:
    name = container.format.name
    return CONTAINERS.get(name, name.split(",")[0].upper())
