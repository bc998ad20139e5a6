"""A recording that a person gives to be heard."""

from __future__ import annotations

from dataclasses import dataclass

from app.live.truth import Spoken


@dataclass(frozen=True, slots=True)
class Known:
    """Who speaks when in a recording, what it is made of in words, and the title of the collection."""

    truth: tuple[Spoken, ...]
    about: str
    title: str

    @property
    def speakers(self) -> int:
        return len({one.speaker for one in self.truth})


@dataclass(frozen=True, slots=True)
class Given:
    """A recording to hear; ``known`` of an example only."""

    name: str
    data: bytes
    known: Known | None = None

    @property
    def shown(self) -> str:
        """Its name for Markdown, whatever it holds."""
        return "".join(one for one in self.name if one.isprintable() and one != "`")[-80:] or "recording"
