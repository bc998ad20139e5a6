"""What the header of a file claims, and the bytes of a file by their place."""

from __future__ import annotations

import io
from dataclasses import dataclass

from pipeline.audio.recording import AudioError

HEAD = 4096


@dataclass(frozen=True, slots=True)
class Claim:
    """What a header says of a file."""

    container: str = ""
    promised_s: float | None = None
    """How long it says that the sound is."""
    lasts_s: float | None = None
    """How long the sound is, as far as the bytes that are there tell without decoding."""
    endless: bool = False
    """The header gives no length although sound follows, in a form that libsndfile takes for an empty file."""
    parts: tuple[tuple[int, int], ...] = ()
    """Where several recordings follow each other in one file: the first byte of each, and the one after its last."""
    incomplete: AudioError | None = None
    """The bytes end early, but the sound might tell better how much is missing."""
    next_at: int | None = None
    """Where another recording begins behind this one."""
    frame_s: float = 0.0
    """Of an MP3: how long a frame is."""


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
