"""Files of packets, whose length in bytes says nothing of that in seconds.

FLAC (RFC 9639), MP3 with the header of Xing, LAME or Fraunhofer, Ogg (RFC 3533), MP4 (ISO 14496-12), Matroska and WebM
(RFC 9559).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pipeline.audio.claim import HEAD, Claim, HeldBytes
from pipeline.audio.recording import AudioError, cut_off_bytes

MIN_BYTES_PER_S = 250
"""No codec is content with less, silence apart: a longer claim must be read to be believed."""


def flac(held: HeldBytes, start: int) -> Claim:
    packed = held.whole(start + 18, 8, "big")
    rate_hz, total = packed >> 44, packed & (2**36 - 1)
    end = _next_flac(held, start + 4)
    if end is not None:
        return Claim("FLAC", next_at=end)
    if not rate_hz or not total:
        return Claim("FLAC")
    return _packed_claim(held, Claim("FLAC", promised_s=total / rate_hz))


def _next_flac(held: HeldBytes, position: int) -> int | None:
    """Where another FLAC file begins after ``position``: its mark and the head of its first block."""
    step = 2**20
    while position < held.size:
        piece = held.at(position, step + 8)
        found = max(piece.find(b"fLaC\0\0\0\x22"), piece.find(b"fLaC\x80\0\0\x22"))
        if found >= 0:
            return position + found
        position += step
    return None


def _packed_claim(held: HeldBytes, claim: Claim) -> Claim:
    """The claim, with its length taken for true where the file is large enough for it."""
    promised_s = claim.promised_s
    if promised_s is None or held.size < promised_s * MIN_BYTES_PER_S:
        return claim
    return replace(claim, lasts_s=promised_s)


MP3_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


def frame_of_mp3(head: bytes) -> tuple[int, int, int] | None:
    """Rate in Hz, samples of a frame and bytes of side information; None where it is no frame of layer III."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2 or head[1] >> 3 & 3 == 1:
        return None
    version, rate = head[1] >> 3 & 3, head[2] >> 2 & 3
    if rate == 3 or head[2] >> 4 in (0, 15):
        return None
    mono = head[3] >> 6 == 3
    side = (17 if mono else 32) if version == 3 else (9 if mono else 17)
    return MP3_RATES_HZ[version][rate], 1152 if version == 3 else 576, side


def mp3(held: HeldBytes, start: int) -> Claim:
    frame = frame_of_mp3(held.at(start, 4))
    assert frame is not None
    rate_hz, samples, side = frame
    frame_s = samples / rate_hz
    head = held.at(start, 4 + side + 36)
    xing, vbri = head[4 + side :], head[36:]
    frames, fits = 0, True
    if xing[:4] in (b"Xing", b"Info") and xing[7:8] and xing[7] & 1:
        frames = int.from_bytes(xing[8:12], "big")
        fits = not xing[7] & 2 or _fits(held, start, int.from_bytes(xing[12:16], "big"))
    elif vbri[:4] == b"VBRI":
        frames = int.from_bytes(held.at(start + 50, 4), "big")
    return Claim("MP3", promised_s=frames * frame_s or None, frame_s=frame_s if fits else 0.0)


def _fits(held: HeldBytes, start: int, size: int) -> bool:
    """Whether the bytes that the header counts are those of the file; libsndfile complains of more than 1 %."""
    end = held.size - (128 if held.at(held.size - 128, 3) == b"TAG" else 0)
    return abs(size - (end - start)) * 100 <= end - start


@dataclass(slots=True)
class _Link:
    """One of the recordings that follow each other in an Ogg file."""

    start: int
    serial: bytes
    rate_hz: int
    skipped: int
    granule: int = 0

    @property
    def duration_s(self) -> float:
        return max(self.granule - self.skipped, 0) / self.rate_hz if self.rate_hz else 0.0


def ogg(held: HeldBytes, start: int) -> Claim:
    links: list[_Link] = []
    begins, whole = False, True
    for position, page in _pages(held, start):
        flags, granule, serial = page[5], int.from_bytes(page[6:14], "little"), page[14:18]
        if flags & 2:
            link = _Link(position, serial, *_ogg_rate(held.at(position + 27 + page[26], 48)))
            if not begins or not links:
                links.append(link)
            elif not links[-1].rate_hz:  # pictures and sound side by side
                links[-1] = replace(link, start=links[-1].start)
        begins = bool(flags & 2)
        whole = _page_end(page, position) <= held.size
        if whole and links and serial == links[-1].serial and granule < 2**62:
            links[-1].granule = max(links[-1].granule, granule)
    total_s = sum(link.duration_s for link in links)
    if not whole:
        after = f", after {total_s:,.1f} s of sound" if total_s else ""
        raise AudioError(
            f"The file ends in the middle of an Ogg page{after}; expected the rest of it and the last page: "
            "copy it again."
        )
    starts = [link.start for link in links]
    parts = tuple(zip(starts, [*starts[1:], held.size], strict=True)) if len(links) > 1 else ()
    return Claim("OGG", lasts_s=total_s or None, parts=parts)


def _pages(held: HeldBytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Each page's place, and its head with the table of segments; what lies between pages is passed over."""
    position = start
    while True:
        head = held.at(position, 27 + 255)
        if len(head) < 27:
            return
        if head[:4] != b"OggS":
            piece = held.at(position, 2**16)
            found = piece.find(b"OggS", 1)
            if found < 0 and len(piece) < 2**16:
                return
            position += found if found > 0 else len(piece) - 3
            continue
        yield position, head
        position = _page_end(head, position)


def _page_end(page: bytes, position: int) -> int:
    return position + 27 + page[26] + sum(page[27 : 27 + page[26]])


def _ogg_rate(ident: bytes) -> tuple[int, int]:
    """The rate of the granules, in Hz, and how many of them come before the sound; of what is no sound, 0."""
    if ident[:7] == b"\1vorbis":
        return int.from_bytes(ident[12:16], "little"), 0
    if ident[:8] == b"OpusHead":
        return 48_000, int.from_bytes(ident[10:12], "little")
    if ident[:8] == b"Speex   ":
        return int.from_bytes(ident[36:40], "little"), 0
    if ident[:5] == b"\x7fFLAC":
        return int.from_bytes(ident[27:30], "big") >> 4, 0
    return 0, 0


def mp4(held: HeldBytes, start: int) -> Claim:
    """Boxes, of which ``moov`` says what is in the others; written last by those who do not know it before."""
    position, index, end = start, False, held.size
    while position + 8 <= held.size:
        size, name = held.whole(position, 4, "big"), held.at(position + 4, 4)
        if size == 1:
            size = held.whole(position + 8, 8, "big")
        end = held.size if size == 0 else position + size
        if size < 8 and size != 0:
            return Claim("MP4")
        if end >= held.size:
            break
        index = index or name in (b"moov", b"moof")
        position = end
    if end > held.size and not index:
        raise cut_off_bytes(held.size, end)
    return Claim("MP4", share=(held.size - start) / (max(end, held.size) - start))


def asf(held: HeldBytes, start: int) -> Claim:
    """The object with the properties of the file is one of the first in its header."""
    at = held.at(start, HEAD).find(FILE_PROPERTIES)
    if at < 0 or len(held.at(start + at + 24, 68)) < 68:
        return Claim("ASF")
    size, duration, preroll_ms, flags = struct.unpack("<16xQ16xQ8xQI", held.at(start + at + 24, 68))
    if flags & 1 or not size:  # sent while it was made
        return Claim("ASF")
    promised_s = max(duration / 1e7 - preroll_ms / 1e3, 0.0)
    claim = Claim("ASF", promised_s=promised_s or None, share=min(held.size / size, 1.0))
    return _packed_claim(held, claim)


FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


def matroska(held: HeldBytes, start: int) -> Claim:
    """Elements: the segment, in it the information with the length, before the first cluster of sound."""
    position = start
    share, scale_ns, length = 1.0, 1_000_000, 0.0
    while position < min(held.size, start + 2**20):
        name, position = _vint(held, position, keep_mark=True)
        size, position = _vint(held, position)
        if name == 0x18538067:  # the segment, which is entered
            share = min((held.size - position) / size, 1.0) if size else 1.0
            continue
        if name == 0x1549A966:  # its information, which is entered
            continue
        if name == 0x1F43B675 or size is None or name is None:
            break
        if name == 0x2AD7B1:
            scale_ns = held.whole(position, size, "big")
        elif name == 0x4489 and size in (4, 8) and position + size <= held.size:
            (length,) = struct.unpack(">f" if size == 4 else ">d", held.at(position, size))
        position += size
    seconds = length * scale_ns / 1e9
    promised_s = seconds if math.isfinite(seconds) and seconds > 0 else None
    return _packed_claim(held, Claim("WEBM", promised_s=promised_s, share=share))


def _vint(held: HeldBytes, position: int, *, keep_mark: bool = False) -> tuple[int | None, int]:
    """A number whose first byte says how long it is, and where it ends; None where it says nothing."""
    first = held.whole(position, 1)
    length = 9 - first.bit_length()
    if not first:
        return None, position + 1
    value, bits = held.whole(position, length, "big"), 7 * length
    if keep_mark:
        return value, position + length
    value &= 2**bits - 1
    return (None if value == 2**bits - 1 else value), position + length
