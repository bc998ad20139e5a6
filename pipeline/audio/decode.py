"""From a file to mono samples: decode, check, mix down, resample; and back to a WAV in memory.

The one decoder. It reads a file to its end and takes the header for a claim: where that promises more than there is,
or the file goes on behind it, the file is refused with both numbers. A build, Similar and Live get the same samples,
or the same refusal.
"""

from __future__ import annotations

import hashlib
import io
import logging
import math
import wave
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soxr

from pipeline.audio import containers, ffmpeg, sndfile
from pipeline.audio.claim import Claim, File, PatchedFile
from pipeline.audio.intake import Intake
from pipeline.audio.recording import (
    MAX_DURATION_S,
    MAX_SAMPLE_RATE_HZ,
    MIN_SAMPLE_RATE_HZ,
    SILENCE_PEAK_DBFS,
    TRUNCATED_SHARE,
    AudioError,
    Facts,
    Levels,
    Recording,
    Samples,
    Sound,
    UnreadableError,
    check_levels,
    check_rate,
    cut_off,
    cut_off_bytes,
    is_short,
    to_mono,
    too_long,
)

__all__ = [
    "MAX_DURATION_S", "MAX_SAMPLE_RATE_HZ", "MIN_SAMPLE_RATE_HZ", "SILENCE_PEAK_DBFS", "AudioError", "Facts",
    "Recording", "Survey", "content_hash", "decode", "load_mono", "mono_blocks", "resample", "survey", "to_mono",
    "to_wav_bytes", "why_not_read",
]  # fmt: skip

logger = logging.getLogger(__name__)

NOT_READ = {
    FileNotFoundError: "The file is not there any more; expected a recording: put it back or scan again.",
    PermissionError: "The file may not be read; expected permission to read it.",
    IsADirectoryError: "This is a folder; expected a recording.",
}
XING_ROUNDING = 5
"""Frames of an MP3 by which its header and its length may differ: decoder delay and padding."""

BackEnd = Callable[[File], AbstractContextManager[Sound]]


@dataclass(frozen=True, slots=True)
class Survey:
    """What reading a whole file has shown, and how to read it once more."""

    codec: str
    levels: Levels
    mixdown: str | None
    damaged: int
    """Pieces that could not be decoded; they are missing."""
    back_end: BackEnd
    channel: int | None


def decode(source: str | Path | bytes) -> Recording:
    """Decode a file, or the bytes of one, and refuse what no view can be computed of.

    libsndfile reads what it reads to the end; FFmpeg, through PyAV, the rest.

    Raises
    ------
    AudioError
        Stage ``"decode"`` when it cannot be read (gone, forbidden, empty, broken, cut off, not audio), ``"check"``
        when its sound cannot be used (too short, too long, silent, not finite, far beyond full scale, an absurd
        sample rate). What is too long is refused from its header where the header is true, else on the way.
    """
    with _opened(source) as file:
        found, intake = _to_the_end(file, MAX_DURATION_S, keep=True)
        return intake.recording(found.codec)


def load_mono(source: str | Path | bytes) -> tuple[Samples, int]:
    """Decode: mono samples, shape ``(samples,)``, and their rate in Hz. Raises as :func:`decode`."""
    recording = decode(source)
    return recording.samples, recording.sample_rate_hz


def survey(source: str | Path | bytes, limit_s: float) -> Survey:
    """Read a file to its end and check it as :func:`decode` does, and keep nothing of its sound.

    Raises
    ------
    AudioError
        As :func:`decode`, but for the length, which may be ``limit_s``.
    """
    with _opened(source) as file:
        return _to_the_end(file, limit_s, keep=False)[0]


def mono_blocks(source: str | Path | bytes, surveyed: Survey) -> Iterator[Samples]:
    """The samples that :func:`decode` would give, at the file's own rate, some 4 MiB of all channels at a time.

    Raises
    ------
    AudioError
        The file is no longer what it was when it was surveyed.
    """
    with _opened(source) as file, surveyed.back_end(file) as sound:
        intake = Intake(sound.rate_hz, sound.channels, limit_s=math.inf, channel=surveyed.channel, keep=False)
        for block in sound.blocks():
            yield intake.add(block)


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Change the rate of mono samples with the SoX resampler at quality HQ.

    Equal to ``librosa.load(res_type="soxr_hq")``, length included: ``ceil(samples * to_hz / from_hz)``.
    """
    if from_hz == to_hz:
        return samples
    length = math.ceil(len(samples) * (float(to_hz) / from_hz))
    resampled: Samples = soxr.resample(samples, from_hz, to_hz, quality="HQ")[:length]
    return np.pad(resampled, (0, length - len(resampled))) if len(resampled) < length else resampled


def to_wav_bytes(samples: Samples, sample_rate_hz: int) -> bytes:
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


@contextmanager
def _opened(source: str | Path | bytes) -> Iterator[io.BytesIO | io.FileIO]:
    """The file, open; what goes wrong while it is, is an :class:`AudioError`."""
    try:
        # Unbuffered, because libsndfile goes on from where the descriptor stands.
        with io.BytesIO(source) if isinstance(source, bytes) else io.FileIO(source) as file:
            yield file
    except AudioError:
        raise
    except OSError as error:
        raise AudioError(why_not_read(error)) from error
    except UnreadableError as error:
        raise AudioError(f"The file cannot be read any more ({error}); expected a recording.") from error
    except Exception as error:
        # No library's surprise may end a build or a page; but it is one, so that it is worth a look.
        logger.exception("the decoder failed on %s", "an upload" if isinstance(source, bytes) else source)
        raise AudioError(
            f"The decoder failed on it ({type(error).__name__}: {error}); expected a recording: convert it to WAV."
        ) from error


def _to_the_end(file: io.BytesIO | io.FileIO, limit_s: float, *, keep: bool) -> tuple[Survey, Intake]:
    claim = containers.inspect(file)
    if claim.lasts_s is not None and claim.lasts_s > limit_s:
        raise too_long(limit_s, claim.lasts_s)
    for back_end in _back_ends(file, claim, limit_s):
        try:
            intake, sound = _take(file, back_end, claim, limit_s, keep=keep)
            if intake.cancels:
                intake, sound = _take(file, back_end, claim, limit_s, keep=keep, channel=intake.loudest)
        except UnreadableError as error:
            logger.debug("%s: %s", back_end, error)
            continue
        levels = intake.levels
        check_levels(levels)
        return Survey(sound.codec, levels, intake.mixdown, sound.damaged, back_end, intake.channel), intake
    if claim.parts:
        raise AudioError(
            f"The file holds {len(claim.parts)} recordings one after the other, and not all of them can be read; "
            "expected one: split it."
        )
    size = file.seek(0, io.SEEK_END)
    if claim.share < TRUNCATED_SHARE:
        raise cut_off_bytes(size, round(size / claim.share))
    file.seek(0)
    raise AudioError(
        f"Neither libsndfile nor FFmpeg can read it (it begins with {file.read(4)!r}); expected a recording "
        "such as WAV, FLAC, OGG, MP3, M4A or WebM."
    )


def _back_ends(file: File, claim: Claim, limit_s: float) -> list[BackEnd]:
    """Who may read the file, in the order in which they are tried."""
    by_ffmpeg: BackEnd = partial(ffmpeg.opened, limit_s=limit_s)
    if claim.parts:
        return [partial(sndfile.joined, parts=claim.parts)]
    if claim.container == "MP3":
        return _of_mp3(file, claim, limit_s)
    if claim.patches:
        return [partial(_of_patched, back_end, claim.patches) for back_end in (sndfile.opened, by_ffmpeg)]
    return [sndfile.opened, by_ffmpeg]


def _of_patched(
    back_end: BackEnd, patches: tuple[tuple[int, bytes], ...], file: File
) -> AbstractContextManager[Sound]:
    assert not isinstance(file, PatchedFile)
    return back_end(PatchedFile(file, patches))


def _of_mp3(file: File, claim: Claim, limit_s: float) -> list[BackEnd]:
    """libsndfile ends where the header says or, without one, where it guesses: it reads true headers only."""
    try:
        found_s = ffmpeg.packets_s(file, limit_s)
    except UnreadableError as error:
        logger.debug("FFmpeg finds no frames: %s", error)
        return [partial(sndfile.opened, mp3=True)]
    if found_s > limit_s + 1:
        raise too_long(limit_s)
    if claim.promised_s is not None:
        if is_short(found_s, claim.promised_s):
            raise _damaged(found_s, claim.promised_s)
        if abs(found_s - claim.promised_s) <= XING_ROUNDING * claim.frame_s:
            return [partial(sndfile.opened, mp3=True), ffmpeg.opened]
    return [ffmpeg.opened]


def _take(
    file: File, back_end: BackEnd, claim: Claim, limit_s: float, *, keep: bool, channel: int | None = None
) -> tuple[Intake, Sound]:
    """Read everything once."""
    with back_end(file) as sound:
        check_rate(sound.rate_hz)
        intake = Intake(sound.rate_hz, sound.channels, limit_s=limit_s, channel=channel, keep=keep)
        for block in sound.blocks():
            intake.add(block)
    found_s = intake.samples / sound.rate_hz
    promised_s = max(claim.promised_s or 0.0, sound.promised_s or 0.0, found_s + sound.lost_s)
    if claim.share < TRUNCATED_SHARE:
        header_s = claim.promised_s or sound.promised_s or 0.0
        raise cut_off(found_s, header_s if is_short(found_s, header_s) else found_s / claim.share)
    if is_short(found_s, promised_s):
        raise _damaged(found_s, promised_s)
    if not intake.samples and isinstance(sound, ffmpeg.FfmpegSound):
        raise AudioError(
            f"No sound in this {sound.codec.split()[0]} file can be decoded; expected a recording: it is cut off or "
            "damaged, copy it again."
        )
    return intake, sound


def _damaged(found_s: float, promised_s: float) -> AudioError:
    return AudioError(
        f"Only {found_s:,.1f} s of {promised_s:,.1f} s can be decoded; expected all of it: the file is cut off or "
        "damaged, copy it again."
    )
