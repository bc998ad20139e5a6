"""What a file claims to be and to hold, from its bytes: nothing is decoded.

Only lengths are looked at, so that a file cut off, filled up or put together from several is known for what it is.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

from pipeline.audio import chunks, packed
from pipeline.audio.claim import Claim, HeldBytes
from pipeline.audio.recording import AudioError

READERS: dict[bytes, Callable[[HeldBytes, int], Claim]] = {
    **dict.fromkeys((b"RIFF", b"RIFX", b"RF64", b"BW64"), chunks.riff),
    b"riff\x2e\x91\xcf\x11": chunks.wave64,
    b"FORM": chunks.aiff,
    b"caff": chunks.caf,
    b".snd": chunks.au,
    b"dns.": chunks.au,
    b"NIST_1A": chunks.sphere,
    b"fLaC": packed.flac,
    b"OggS": packed.ogg,
    b"Creative Voice File": chunks.voc,
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": packed.asf,
    b"\x1a\x45\xdf\xa3": packed.matroska,
}
"""By the first bytes of a file."""


def inspect(file: io.BytesIO | io.FileIO) -> Claim:
    """What an open file claims to be.

    Raises
    ------
    AudioError
        It is empty, it ends before its header says, or it goes on after it.
    """
    held = HeldBytes(file)
    if held.size == 0:
        raise AudioError("The file is empty (0 bytes); expected a recording.")
    claim = _read(held)
    starts, first = [0], claim
    while claim.next_at is not None:  # by cat, or by a recorder that was switched on again
        starts.append(starts[-1] + claim.next_at)
        claim = _read(HeldBytes(io.BytesIO(held.at(starts[-1], held.size))))
    if len(starts) == 1:
        return claim
    return replace(first, parts=tuple(zip(starts, [*starts[1:], held.size], strict=True)))


def _read(held: HeldBytes) -> Claim:
    start = _after_id3(held)
    head = held.at(start, 32)
    for magic, reader in READERS.items():
        if head.startswith(magic):
            return reader(held, start)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return packed.mp4(held, start)
    return packed.mp3(held, start) if packed.frame_of_mp3(head[:4]) else Claim()


def _after_id3(held: HeldBytes) -> int:
    """Where the sound begins behind tags in front of it."""
    start = 0
    while held.at(start, 3) == b"ID3" and start < held.size:
        sizes = held.at(start + 6, 4)
        if len(sizes) < 4:
            return start
        start += 10 + sum((byte & 127) << shift for byte, shift in zip(sizes, (21, 14, 7, 0), strict=True))
    return start
