"""Files by libsndfile: WAV, FLAC, Ogg, AIFF, AU, CAF, W64, SPHERE, and MP3 whose header is known to be true."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import soundfile
import soxr

from pipeline.audio.claim import File, PatchedFile
from pipeline.audio.recording import Samples, UnreadableError, block_samples

UNKNOWN_FRAMES = 2**62
"""libsndfile gives the largest number where a stream has no length."""


class _FrontToBack(soundfile.SoundFile):
    """Read without a seek before each block, which would begin MP3 and Vorbis anew and fail where none can be."""

    def seekable(self) -> bool:
        return False


class SndfileSound:
    """See :class:`pipeline.audio.recording.Sound`."""

    damaged, lost_s = 0, 0.0

    def __init__(self, sound: soundfile.SoundFile) -> None:
        self._sound = sound
        self.rate_hz, self.channels = int(sound.samplerate), int(sound.channels)
        self.codec = f"{sound.format} {sound.subtype}"
        self._frames = int(sound.frames)
        known = 0 < self._frames < UNKNOWN_FRAMES and self.rate_hz > 0
        self.promised_s = self._frames / self.rate_hz if known else None

    def blocks(self) -> Iterator[Samples]:
        size = block_samples(self.rate_hz, self.channels)
        remaining = self._frames
        while remaining > 0:
            asked = min(size, remaining)
            try:
                block = self._read(asked)
            except soundfile.LibsndfileError as error:
                raise UnreadableError(str(error)) from error
            if len(block):
                yield block
            if len(block) < asked:
                break
            remaining -= asked

    def _read(self, count: int) -> Samples:
        if self._sound.subtype != "PCM_16":
            samples: Samples = self._sound.read(count, dtype="float32")
            return samples
        # As libsndfile's own conversion, in two thirds of its time.
        samples = self._sound.read(count, dtype="int16").astype(np.float32)
        samples *= np.float32(2**-15)
        return samples


@contextmanager
def opened(file: File, *, mp3: bool = False) -> Iterator[SndfileSound]:
    """Open a file at its beginning; ``mp3`` says that an MP3's header is known to be true.

    Raises
    ------
    UnreadableError
        libsndfile does not know it, or it is an MP3 of which it might leave out the end.
    """
    file.seek(0)
    # By descriptor: the name would make soundfile guess at ".raw", and Python's own file costs callbacks.
    careful = PatchedFile(file) if isinstance(file, io.BytesIO) else file
    target = careful.fileno() if isinstance(careful, io.FileIO) else careful
    try:
        sound = _FrontToBack(target, closefd=False)
    except (soundfile.LibsndfileError, TypeError, ValueError, OverflowError) as error:
        raise UnreadableError(str(error)) from error
    with sound:
        if sound.format == "MP3" and not mp3:
            raise UnreadableError("libsndfile guesses the length of an MP3 without a Xing header")
        if sound.channels < 1:
            raise UnreadableError("it has no channel")
        yield SndfileSound(sound)


class JoinedSound:
    """Several files one after the other as one sound, at the rate and with the channels of the first."""

    damaged, lost_s = 0, 0.0

    def __init__(self, parts: list[bytes], first: SndfileSound) -> None:
        self._parts = parts
        self.rate_hz, self.channels, self.codec = first.rate_hz, first.channels, first.codec
        self.promised_s: float | None = 0.0

    def blocks(self) -> Iterator[Samples]:
        size = block_samples(self.rate_hz, self.channels)
        waiting = np.empty((0, self.channels), dtype=np.float32)
        for block in self._all():
            waiting = np.concatenate([waiting, block])
            while len(waiting) > size:
                yield self._shaped(waiting[:size])
                waiting = waiting[size:]
        yield self._shaped(waiting)

    def _shaped(self, block: Samples) -> Samples:
        return block[:, 0] if self.channels == 1 else np.ascontiguousarray(block)

    def _all(self) -> Iterator[Samples]:
        for part in self._parts:
            with opened(io.BytesIO(part)) as sound:
                self.promised_s = (self.promised_s or 0.0) + (sound.promised_s or 0.0)
                if not 1_000 <= sound.rate_hz <= 1_000_000:
                    raise UnreadableError(f"a part has {sound.rate_hz} samples a second")
                stream = soxr.ResampleStream(
                    sound.rate_hz, self.rate_hz, self.channels, dtype="float32", quality="HQ"
                )
                for block in sound.blocks():
                    matched = self._matched(block.reshape(len(block), -1))
                    yield matched if sound.rate_hz == self.rate_hz else stream.resample_chunk(matched)
                if sound.rate_hz != self.rate_hz:
                    yield stream.resample_chunk(np.empty((0, self.channels), dtype=np.float32), last=True)

    def _matched(self, block: Samples) -> Samples:
        """The block with the first part's number of channels."""
        if block.shape[1] == self.channels:
            return block
        return np.repeat(block.mean(axis=1, keepdims=True), self.channels, axis=1)


@contextmanager
def joined(file: File, parts: tuple[tuple[int, int], ...]) -> Iterator[JoinedSound]:
    """Files that follow each other in one, from byte to byte: links of a chained Ogg, WAV after WAV.

    Raises
    ------
    UnreadableError
        libsndfile does not know the first of them.
    """
    contents = []
    for start, stop in parts:
        file.seek(start)
        contents.append(file.read(stop - start))
    with opened(io.BytesIO(contents[0])) as first:
        yield JoinedSound(contents, first)
