"""Which clips are meant, as short text: for the page's address, and as the browser sends it."""

from __future__ import annotations

import base64
import binascii
import zlib

import numpy as np
from numpy.typing import NDArray

from store.errors import SesatlasError

COUNT_BYTES = 4


class BitsError(SesatlasError):
    """The text names no selection of these clips."""


def encode(mask: NDArray[np.bool_]) -> str:
    """Write a selection as text that may stand in an address.

    Parameters
    ----------
    mask : bool, shape (n,)
        True where a clip is selected.

    Returns
    -------
    str
        Base64url, without padding, of the zlib stream of n and one bit a clip. A few neighbouring clips of
        100,000 take some 40 letters, every second one at random about 17,000.
    """
    plain = len(mask).to_bytes(COUNT_BYTES, "little") + pack(mask)
    return base64.urlsafe_b64encode(zlib.compress(plain, 9)).rstrip(b"=").decode("ascii")


def decode(text: str, n: int) -> NDArray[np.bool_]:
    """Read what ``encode`` wrote.

    Returns
    -------
    bool, shape (n,)

    Raises
    ------
    BitsError
        When the text is damaged, or was written for another number of clips.
    """
    stream = zlib.decompressobj()
    most = COUNT_BYTES + _bytes(n)
    try:
        # No more than what is asked for: a few letters can otherwise unfold to gigabytes.
        plain = stream.decompress(_from_base64(text, b"-_"), most + 1)
    except (zlib.error, ValueError) as error:
        raise _damaged(n) from error
    if len(plain) < COUNT_BYTES:
        raise _damaged(n)
    found = int.from_bytes(plain[:COUNT_BYTES], "little")
    if found != n:
        raise BitsError(
            f"this selection was made among {found:,} clips and {n:,} are shown: "
            "choose the dataset and the filters it was made with, or select anew"
        )
    if not stream.eof or stream.unused_data:
        raise _damaged(n)
    return unpack(plain[COUNT_BYTES:], n)


def from_browser(text: str, n: int) -> NDArray[np.bool_]:
    """Read plain base64 of one bit a clip, as the cloud sends it; raises BitsError like ``decode``."""
    try:
        packed = _from_base64(text, b"+/")
    except ValueError as error:
        raise _damaged(n) from error
    return unpack(packed, n)


def pack(mask: NDArray[np.bool_]) -> bytes:
    """One bit a clip, the first clip in the lowest bit of the first byte."""
    return np.packbits(mask, bitorder="little").tobytes()


def unpack(packed: bytes, n: int) -> NDArray[np.bool_]:
    """The reverse of ``pack``; raises BitsError where the length or the bits past the end do not fit n."""
    if len(packed) != _bytes(n):
        raise _damaged(n)
    flags = np.unpackbits(np.frombuffer(packed, np.uint8), bitorder="little").astype(bool)
    if flags[n:].any():
        raise _damaged(n)
    return flags[:n]


def _bytes(n: int) -> int:
    return (n + 7) // 8


def _from_base64(text: str, last_two: bytes) -> bytes:
    if not text.isascii():
        raise ValueError("not base64")
    padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
    try:
        return base64.b64decode(padded, altchars=last_two, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _damaged(n: int) -> BitsError:
    return BitsError(
        f"the text is not a selection of {n:,} clips: copy the whole address once more, or select anew"
    )
