"""What the header of a file claims, and the bytes of a file by their place."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

HEAD = 4096


@dataclass(frozen=True, slots=True)
class Claim:
    """What a header says of a file."""

    container: str = ""
    promised_s: float | None = None
    """How long it says that the sound is."""
    lasts_s: float | None = None
    """How long the sound is, as far as the bytes that are there tell without decoding."""
    share: float = 1.0
    """How much of the bytes that it promises is there, where bytes alone do not tell how much sound that is."""
    patches: tuple[tuple[int, bytes], ...] = ()
    """Where the header was never filled in: the place of each length and what should stand there."""
    parts: tuple[tuple[int, int], ...] = ()
    """Where several recordings follow each other in one file: the first byte of each, and the one after its last."""
    next_at: int | None = None
    """Where another recording begins behind this one."""
    frame_s: float = 0.0
    """Of an MP3: how long a frame is; 0 where its header was written for a file of another size."""


class HeldBytes:
    """A file by offsets. Most questions are answered from its first bytes, read once."""

    def __init__(self, file: io.BytesIO | io.FileIO) -> None:
        self._file = file
        self.size = file.seek(0, io.SEEK_END)
        file.seek(0)
        self._head = file.read(HEAD)

    def at(self, offset: int, count: int) -> bytes:
        """``count`` bytes from ``offset`` on, or as many as there are."""
        if offset + count <= len(self._head) or offset >= self.size:
            return self._head[offset : offset + count]
        self._file.seek(offset)
        return self._file.read(count)

    def whole(self, offset: int, count: int, order: str = "little") -> int:
        """A number without sign, of ``count`` bytes."""
        return int.from_bytes(self.at(offset, count), order)  # type: ignore[arg-type]


class PatchedFile(io.RawIOBase):
    """A file with other bytes in some places of its header; see :attr:`Claim.patches`.

    A damaged header may lead before its beginning: that is passed over, as a library's callback must not raise.
    """

    def __init__(self, file: io.BytesIO | io.FileIO, patches: tuple[tuple[int, bytes], ...] = ()) -> None:
        self._file, self._patches = file, patches
        file.seek(0)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        with suppress(OSError, ValueError, OverflowError):
            self._file.seek(offset, whence)
        return self._file.tell()

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        start = self._file.tell()
        count = self._file.readinto(buffer)
        for at, patch in self._patches:
            first, last = max(at, start), min(at + len(patch), start + count)
            if first < last:
                buffer[first - start : last - start] = patch[first - at : last - at]
        return count


File = io.BytesIO | io.FileIO | PatchedFile
"""What a back end opens."""
