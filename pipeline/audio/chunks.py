"""Files of chunks, of which one is the sound: as it is, or in blocks of equal length.

RIFF (Microsoft 1991), RF64 (EBU Tech 3306), Wave64 (Sony), AIFF-C (Apple 1991), CAF (Apple), AU (Sun), SPHERE (NIST).
"""

from __future__ import annotations

import math
import struct
from dataclasses import replace
from typing import Literal

from pipeline.audio.claim import Claim, HeldBytes
from pipeline.audio.recording import TRUNCATED_SHARE, AudioError, cut_off, cut_off_bytes

STREAMED = 2**31 - 2**16
"""A chunk that says it is so long or longer was streamed: nobody came back to fill in its length."""
EXTENSIBLE = 0xFFFE
Order = Literal["little", "big"]
TAGS = (b"TAG", b"ID3", b"APETAGEX", b"LYRICSBEGIN", b"EA3")


def _chunk_claim(
    held: HeldBytes, container: str, body: int, promised: int, bytes_per_s: float, promised_s: float = 0.0
) -> Claim:
    """Sound from byte ``body`` on, ``promised`` bytes of it.

    ``bytes_per_s`` is 0 where a codec does not tell; ``promised_s`` is what a header says in other words.
    """
    present = held.size - body
    if promised >= STREAMED and promised > present:
        return Claim(container, lasts_s=_ratio(present, bytes_per_s))
    seconds = promised_s or _ratio(promised, bytes_per_s)
    share = min(present / promised, 1.0) if promised else 1.0
    if share >= TRUNCATED_SHARE:
        return Claim(container, lasts_s=seconds)
    if seconds is None:
        return Claim(container, share=share)
    raise cut_off(share * seconds, seconds)


def _ratio(count: int, per_s: float) -> float | None:
    return count / per_s if per_s > 0 else None


def riff(held: HeldBytes, start: int) -> Claim:
    """RIFF, RIFX (numbers the other way round), RF64 and BW64 (lengths of 64 bits in a chunk ``ds64``)."""
    order: Order = "big" if held.at(start, 4) == b"RIFX" else "little"
    if held.at(start + 8, 4) != b"WAVE":
        promised = held.whole(start + 4, 4, order) + 8
        return Claim("RIFF", share=min((held.size - start) / promised, 1.0) if promised < STREAMED else 1.0)
    bytes_per_s, long_size, data = None, 0, None
    position = start + 12
    while position + 8 <= held.size:
        name, size, body = held.at(position, 4), held.whole(position + 4, 4, order), position + 8
        if name == b"ds64":
            long_size = held.whole(body + 8, 8)
        elif name == b"fmt ":
            bytes_per_s = _bytes_per_s(held.at(body, 16), order)
        elif name == b"data":
            data = body, long_size if size == 2**32 - 1 and long_size else size
        if data is not None and bytes_per_s is not None:
            return _riff_data(held, start, *data, bytes_per_s, order)
        position = body + size + (size & 1)
    if data is None and position > held.size:
        whole = start + 8 + held.whole(start + 4, 4, order)
        raise cut_off_bytes(held.size, whole if position < whole < STREAMED else position)
    return Claim("WAV")


PLAIN = frozenset({1, 3, 6, 7})
"""Integers, floats, A-law and mu-law: as many bytes for each value."""


def _bytes_per_s(form: bytes, order: Order) -> float:
    """Of plain samples; of a codec 0, as what its field says is often wrong."""
    if len(form) < 16:
        return 0.0
    kind, channels, rate_hz, _, _, bits = struct.unpack((">" if order == "big" else "<") + "HHIIHH", form)
    return float(rate_hz * channels * bits // 8) if kind in PLAIN or kind == EXTENSIBLE else 0.0


def _riff_data(held: HeldBytes, start: int, body: int, size: int, bytes_per_s: float, order: Order) -> Claim:
    present = held.size - body
    if size == 0 and present and not _is_chunks(held, body, order):
        patch = body - 4, min(present, 2**32 - 1).to_bytes(4, order)
        return Claim("WAV", lasts_s=_ratio(present, bytes_per_s), patches=(patch,))
    claim = _chunk_claim(held, "WAV", body, size, bytes_per_s)
    if size > present:
        return claim
    end, more = _after_data(held, body + size, order)
    if held.at(end, 4) in (b"RIFF", b"RIFX") and held.at(end + 8, 4) == b"WAVE":
        return Claim("WAV", next_at=end)
    if more <= (size + more) * (1 - TRUNCATED_SHARE):
        return claim
    there, behind = f"{size:,} bytes", f"{more:,} bytes"
    if bytes_per_s:
        there, behind = f"{size / bytes_per_s:,.1f} s", f"{more / bytes_per_s:,.1f} s"
    raise AudioError(
        f"Its header promises {there} of sound, but {behind} more follow; expected a header that covers all of it: "
        "save the recording again."
    )


def _after_data(held: HeldBytes, position: int, order: Order) -> tuple[int, int]:
    """Where the chunks after the sound end, and how many bytes from there or in further sound are"""
    more = 0
    position += position & 1 if _is_name(held.at(position + (position & 1), 4)) else 0
    while position + 8 <= held.size and _is_name(held.at(position, 4)):
        name, size = held.at(position, 4), held.whole(position + 4, 4, order)
        if name in (b"RIFF", b"RIFX") or position + 8 + size > held.size + 1:
            break
        more += size if name == b"data" else 0
        position += 8 + size + (size & 1)
    rest = held.size - position
    if rest <= 0 or held.at(position, 11).startswith(TAGS) or _is_zero(held, position):
        return position, more
    return position, more + rest


def _is_name(name: bytes) -> bool:
    return len(name) == 4 and all(32 <= byte < 127 for byte in name)


def _is_zero(held: HeldBytes, position: int) -> bool:
    """Recorders fill their files up to a whole sector."""
    while position < held.size:
        piece = held.at(position, 2**16)
        if piece.count(0) < len(piece):
            return False
        position += len(piece)
    return True


def _is_chunks(held: HeldBytes, position: int, order: Order) -> bool:
    """Whether nothing but chunks follows."""
    while position + 8 <= held.size and _is_name(held.at(position, 4)):
        size = held.whole(position + 4, 4, order)
        position += 8 + size + (size & 1)
    return held.size <= position <= held.size + 1


def wave64(held: HeldBytes, start: int) -> Claim:
    """Chunks with names of 16 bytes and lengths of 8, which count the head of a chunk as well."""
    bytes_per_s, position = 0.0, start + 40
    while position + 24 <= held.size:
        name, size = held.at(position, 4), held.whole(position + 16, 8)
        if name == b"fmt ":
            bytes_per_s = _bytes_per_s(held.at(position + 24, 16), "little")
        elif name == b"data":
            claim = _chunk_claim(held, "W64", position + 24, max(size - 24, 0), bytes_per_s)
            if size < STREAMED or size <= held.size - position:
                return claim
            lengths = (start + 16, held.size - start), (position + 16, held.size - position)
            return replace(claim, patches=tuple((at, length.to_bytes(8, "little")) for at, length in lengths))
        if size < 24:
            break
        position += size + -size % 8
    return Claim("W64")


def aiff(held: HeldBytes, start: int) -> Claim:
    """AIFF and AIFF-C."""
    if held.at(start + 8, 4) not in (b"AIFF", b"AIFC"):
        return Claim()
    bytes_per_s, position = 0.0, start + 12
    while position + 8 <= held.size:
        name, size, body = held.at(position, 4), held.whole(position + 4, 4, "big"), position + 8
        if name == b"COMM" and len(held.at(body, 18)) == 18:
            channels, _, bits, exponent, mantissa = struct.unpack(">HIHHQ", held.at(body, 18))
            rate_hz = math.ldexp(mantissa, (exponent & 0x7FFF) - 16383 - 63)
            if size < 22 or held.at(body + 18, 4).lower() in AIFF_PLAIN:
                bytes_per_s = rate_hz * channels * math.ceil(bits / 8)
        elif name == b"SSND":
            # Streamed, it says 0.
            return _chunk_claim(held, "AIFF", body + 8, size - 8 if size > 8 else STREAMED, bytes_per_s)
        position = body + size + (size & 1)
    return Claim("AIFF")


AIFF_PLAIN = frozenset({b"none", b"sowt", b"twos", b"raw ", b"in24", b"in32", b"fl32", b"fl64"})


def caf(held: HeldBytes, start: int) -> Claim:
    bytes_per_s, seconds, position, data, usable = 0.0, 0.0, start + 8, None, False
    while position + 12 <= held.size:
        name, body = held.at(position, 4), position + 12
        (size,) = struct.unpack(">q", held.at(position + 4, 8))
        if name == b"desc" and len(held.at(body, 24)) == 24:
            rate_hz, _, _, per_packet, frames = struct.unpack(">dIIII", held.at(body, 24))
            usable = math.isfinite(rate_hz) and rate_hz > 0
            bytes_per_s = rate_hz * per_packet / frames if usable and frames else 0.0
        elif name == b"pakt" and usable:
            (frames,) = struct.unpack(">q", held.at(body + 8, 8).rjust(8, b"\0"))
            seconds = max(frames, 0) / rate_hz
        elif name == b"data":
            data = body + 4, size - 4 if size >= 4 else STREAMED
            if size < 0:
                break
        if size < 0:
            break
        position = body + size
    if data is None:
        return Claim("CAF")
    if data[1] == STREAMED and not bytes_per_s:
        return Claim("CAF", promised_s=seconds or None)
    return _chunk_claim(held, "CAF", *data, bytes_per_s, seconds)


AU_BYTES = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}
"""Encoding -> bytes a value."""


def au(held: HeldBytes, start: int) -> Claim:
    order: Order = "big" if held.at(start, 4) == b".snd" else "little"
    offset, size, encoding, rate_hz, channels = (held.whole(start + 4 * n, 4, order) for n in range(1, 6))
    per_s = rate_hz * channels * AU_BYTES.get(encoding, 0)
    return _chunk_claim(held, "AU", start + offset, size or STREAMED, per_s)


def sphere(held: HeldBytes, start: int) -> Claim:
    try:
        length = int(held.at(start + 8, 8))
        lines = held.at(start, min(length, 2**16)).decode("latin-1").splitlines()[2:]
        fields = (line.split(maxsplit=2) for line in lines)
        words = {field[0]: field[2] for field in fields if len(field) == 3}
        count, rate_hz = int(words["sample_count"]), float(words["sample_rate"])
        size = count * int(words["sample_n_bytes"]) * int(words.get("channel_count", 1))
    except (KeyError, ValueError):
        return Claim("SPHERE")
    # Packed by Shorten, it is shorter than its samples.
    if "shorten" in words.get("sample_coding", "") or rate_hz <= 0:
        return Claim("SPHERE", promised_s=count / rate_hz if rate_hz > 0 else None)
    return _chunk_claim(held, "SPHERE", start + length, size, size * rate_hz / max(count, 1))


VOC_SOUND = frozenset({1, 2, 9})


def voc(held: HeldBytes, start: int) -> Claim:
    """Creative Voice: blocks of a kind and a length of 3 bytes."""
    position = start + held.whole(start + 20, 2)
    while position + 4 <= held.size and held.whole(position, 1):
        kind, size = held.whole(position, 1), held.whole(position + 1, 3)
        end = position + 4 + size
        if kind in VOC_SOUND and end > held.size:
            return Claim("VOC", share=(held.size - position - 4) / size)
        position = end
    return Claim("VOC")
