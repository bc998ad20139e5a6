"""The demo sounds: which clips there are, and each as samples."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.synthesis.kinds import KINDS
from pipeline.synthesis.kinds.kind import Kind
from pipeline.synthesis.signals.noise import Signal, rng_for
from pipeline.synthesis.signals.recording import Recording

VERSION = 1
"""Raise it whenever a clip's samples change: the corpus is then made anew on every machine."""
FOLDS = (1, 2, 3, 4, 5)
SOURCES_PER_FOLD = 2
TAKES = ("A", "B")


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundClip:
    """One clip of the corpus, by ESC-50's own columns."""

    fold: int
    category: str
    target: int
    esc10: bool
    src_file: int
    take: str

    @property
    def filename(self) -> str:
        return f"{self.fold}-{self.src_file}-{self.take}-{self.target}.wav"

    @property
    def row(self) -> tuple[object, ...]:
        """The clip's line in ``meta/esc50.csv``."""
        return (self.filename, self.fold, self.target, self.category, self.esc10, self.src_file, self.take)


def corpus() -> list[SoundClip]:
    """All 200 clips, by file name: 10 kinds, 5 folds, 2 sources a fold, 2 takes a source."""
    return sorted(
        (
            SoundClip(
                fold=fold,
                category=category,
                target=kind.target,
                esc10=kind.esc10,
                # Seven digits: no recording on freesound.org in ESC-50 has as many.
                src_file=9_000_000 + 1_000 * kind.target + 10 * fold + source,
                take=take,
            )
            for category, kind in KINDS.items()
            for fold in FOLDS
            for source in range(1, SOURCES_PER_FOLD + 1)
            for take in TAKES
        ),
        key=lambda clip: clip.filename,
    )


def source_of(clip: SoundClip) -> tuple[Kind, Recording]:
    """What sounds and how it is recorded, drawn from ``src_file`` alone: shared by all takes."""
    kind = KINDS[clip.category]
    rng = rng_for("demo_sounds", clip.category, clip.src_file)
    sounding = kind.draw(rng)
    return sounding, Recording.draw(rng, outdoors=kind.outdoors, may_be_short=kind.may_be_short)


def render(clip: SoundClip) -> Signal:
    """The clip's samples at 44.1 kHz, shape ``(220500,)``, within [-1, 1]; the same every time."""
    sounding, recording = source_of(clip)
    take = rng_for("demo_sounds", clip.category, clip.src_file, clip.take)
    return recording.apply(sounding.render(take), rng_for("room", clip.src_file), take)
