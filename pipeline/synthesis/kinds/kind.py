"""What a kind of environmental sound must offer: its name, and how a source of it is drawn and sounded."""

from __future__ import annotations

from typing import ClassVar, Protocol, Self

from numpy.random import Generator

from pipeline.synthesis.signals.noise import Signal


class Kind(Protocol):
    """One source of a category: its parameters, shared by all of its takes."""

    category: ClassVar[str]
    """ESC-50's own name of the category."""
    target: ClassVar[int]
    """ESC-50's own number of the category; its group is ``target // 10``."""
    esc10: ClassVar[bool]
    outdoors: ClassVar[bool]
    may_be_short: ClassVar[bool]
    """Whether recordings of it are often shorter than five seconds."""

    @classmethod
    def draw(cls, rng: Generator) -> Self:
        """A source: parameters drawn from what is physically plausible."""
        ...

    def render(self, rng: Generator) -> Signal:
        """One take at the source, without room or recorder, shape ``(220500,)``, any level."""
        ...
