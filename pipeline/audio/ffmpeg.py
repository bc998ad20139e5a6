"""Files by FFmpeg, through PyAV: what libsndfile does not know, and what it would not read to the end."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.audio.claim import File
from pipeline.audio.recording import AudioError, Samples, UnreadableError, block_samples, check_rate, too_long

if TYPE_CHECKING:
    import av

CODECS = {"MP3FLOAT": "MPEG_LAYER_III"}
"""FFmpeg's name of a decoder -> libsndfile's of the same codec."""
NAMES = {"mov,mp4,m4a,3gp,3g2,mj2": "MP4", "matroska,webm": "WEBM"}
"""FFmpeg's name of a family of containers -> the one people know it by."""
OPTIONS = {
    # A recording may be a playlist of addresses or of files on this machine, which FFmpeg would open.
    "protocol_whitelist": "none",
    # And a visitor's file needs no readers of films, games and subtitles.
    "format_whitelist": "wav,w64,aiff,au,caf,nistsphere,voc,ircam,sox,avr,flac,ogg,mp3,aac,loas,amr,amrnb,amrwb,ac3,"
    "eac3,dts,asf,xwma,wv,tta,ape,tak,mpc,mpc8,shn,dsf,qcp,rm,oma,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,"
    "mpeg,mpegts",
}
HEADER_DURATIONS = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "wv", "tta", "ape", "tak", "mpc", "mpc8", "caf"})
"""Containers whose header says how long they are. Of the others FFmpeg guesses, from their size and bit rate."""
UNFRAMED = frozenset({("wav", "aac"), ("w64", "aac")})
"""FFmpeg writes these, but reads about three quarters of what it has written."""
LARGE = 2**20
"""Bytes from which it pays to count packets before any is decoded: a file far too long is refused at once."""
MAX_EMPTY_PACKETS = 10_000
"""So many one after the other without any sound are no recording."""


class _Nameless:
    """An open file without its name, from which FFmpeg would guess what is in it."""

    def __init__(self, file: File) -> None:
        self._file, self.read, self.tell = file, file.read, file.tell

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        # A damaged header may lead before the beginning; PyAV would print the error, not raise it.
        with suppress(OSError, ValueError, OverflowError):
            self._file.seek(offset, whence)
        return self._file.tell()


class FfmpegSound:
    """See :class:`pipeline.audio.recording.Sound`."""

    def __init__(self, container: av.container.InputContainer, stream: av.AudioStream) -> None:
        self._container, self._stream = container, stream
        self.rate_hz, self.channels = int(stream.rate or 0), int(stream.channels or 0)
        name = stream.codec_context.name.upper()
        self.codec = f"{container_name(container)} {CODECS.get(name, name)}"
        self.promised_s = _promised_s(container, stream)
        self.damaged, self.lost_s = 0, 0.0

    def blocks(self) -> Iterator[Samples]:
        size = block_samples(self.rate_hz, self.channels)
        waiting: list[Samples] = []
        count = 0
        for piece in self._pieces():
            waiting.append(piece)
            count += len(piece)
            while count >= size:
                together = np.concatenate(waiting)
                yield self._shaped(together[:size])
                waiting, count = [together[size:]], count - size
        if count:
            yield self._shaped(np.concatenate(waiting))

    def _shaped(self, block: Samples) -> Samples:
        return block[:, 0] if self.channels == 1 else block

    def _pieces(self) -> Iterator[Samples]:
        """As they come out of the decoder, shape ``(samples, channels)``."""
        import av

        converter, form = None, None
        for frame in self._frames():
            if converter is None or form != (frame.format.name, frame.layout.name, frame.sample_rate):
                # A stream may change its rate or channels on the way; it goes on as it began.
                if converter is not None:
                    yield from self._values(converter.resample(None))
                form = frame.format.name, frame.layout.name, frame.sample_rate
                converter = av.AudioResampler(format="flt", layout=self._stream.layout, rate=self.rate_hz)
            yield from self._values(converter.resample(frame))
        if converter is not None and form is not None and form[2] != self.rate_hz:
            yield from self._values(converter.resample(None))

    def _values(self, frames: list[av.AudioFrame]) -> Iterator[Samples]:
        for frame in frames:
            interleaved = frame.to_ndarray().astype(np.float32, copy=False)
            yield interleaved.reshape(-1, self.channels)

    def _frames(self) -> Iterator[av.AudioFrame]:
        import av

        empty = 0
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.FFmpegError:
                self.damaged += 1
                return
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self.damaged += 1
                self.lost_s += packet_s(packet, self._stream)
                frames = []
            empty = 0 if frames else empty + 1
            if empty > MAX_EMPTY_PACKETS:
                raise UnreadableError("FFmpeg finds no sound in it")
            yield from frames


@contextmanager
def opened(file: File, limit_s: float = math.inf) -> Iterator[FfmpegSound]:
    """Open the first sound of a file.

    Raises
    ------
    AudioError
        There is no sound in it; it is so large that packets were counted, and longer than ``limit_s``.
    UnreadableError
        FFmpeg can make nothing of it.
    """
    if file.seek(0, io.SEEK_END) > LARGE:
        lasts_s = packets_s(file, limit_s)
        if lasts_s > limit_s + 1:
            raise too_long(limit_s)
    with _container(file) as (container, stream):
        sound = FfmpegSound(container, stream)
        check_rate(sound.rate_hz)
        if sound.channels < 1:
            raise UnreadableError("it has no channel")
        yield sound


def packets_s(file: File, limit_s: float = math.inf) -> float:
    """How long the packets of a file last together, in seconds; counting ends beyond ``limit_s``.

    Raises
    ------
    UnreadableError
        FFmpeg can make nothing of it.
    """
    import av

    total_s = 0.0
    with _container(file) as (container, stream):
        try:
            for packet in container.demux(stream):
                total_s += packet_s(packet, stream) if packet.size else 0.0
                if total_s > limit_s + 1:
                    break
        except av.FFmpegError:
            pass  # what follows cannot be read by the decoder either
    return total_s


def packet_s(packet: av.Packet[Any], stream: av.AudioStream) -> float:
    """How long a packet lasts."""
    lasts = packet.duration or 0
    # The last packet of a short Ogg may last less than nothing, and FFmpeg counts that as 32 bits unsigned.
    lasts -= 2**32 if lasts >= 2**31 else 0
    return lasts * float(stream.time_base or 0)


@contextmanager
def _container(
    file: File,
) -> Iterator[tuple[av.container.InputContainer, av.AudioStream]]:
    import av  # here, because most collections never need FFmpeg's libraries

    file.seek(0)
    try:
        container = av.open(_Nameless(file), "r", metadata_errors="ignore", options=OPTIONS)
    except (av.FFmpegError, ValueError) as error:
        raise UnreadableError(str(error)) from error
    with container:
        if not container.streams.audio:
            raise AudioError(f"No sound in this {container_name(container)} file; expected an audio stream.")
        stream = container.streams.audio[0]
        if stream.codec_context is None:
            raise UnreadableError("FFmpeg has no decoder for its sound")
        if (container.format.name, stream.codec_context.name) in UNFRAMED:
            raise UnreadableError("its packets have no bounds")
        yield container, stream


def container_name(container: av.container.InputContainer) -> str:
    """What people call it."""
    name = container.format.name
    return NAMES.get(name, name.split(",")[0].upper())


def _promised_s(container: av.container.InputContainer, stream: av.AudioStream) -> float | None:
    import av

    if container.format.name not in HEADER_DURATIONS:
        return None
    lengths = [(container.duration or 0) / av.time_base]
    if stream.duration and stream.time_base:
        lengths.append(stream.duration * float(stream.time_base))
    return min((one for one in lengths if one > 0), default=None)
