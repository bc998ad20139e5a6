"""What a dataset says of its recordings, and what it must offer to be built into the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Row = dict[str, Any]
"""A row of one of the store's tables, by column."""
Stage = Literal["scan", "decode", "check", "features"]
Split = Literal["train", "test"]
Sex = Literal["female", "male"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One recording as its dataset describes it, before anything is measured.

    ``relative_path`` is POSIX and below the dataset's root; with ``dataset`` it is the clip's
    name for life. What a corpus does not say stays ``None``; nothing is guessed.
    """

    dataset: str
    path: Path
    relative_path: str
    label: str | None = None
    label_group: str | None = None
    fold: int | None = None
    split: Split | None = None
    source: str | None = None
    """The recording this clip was cut from; clips of one source never cross a fold."""
    take: str | None = None
    speaker: str | None = None
    sex: Sex | None = None
    dialect: str | None = None
    age_years: float | None = None
    height_cm: float | None = None
    sentence: str | None = None
    """The corpus's code of what is said, e.g. ``SX116``."""
    sentence_type: str | None = None
    """TIMIT: ``SA`` (read by everybody), ``SX`` or ``SI``."""
    text: str | None = None
    more: Mapping[str, object] = field(default_factory=dict, hash=False)
    """What only this corpus knows, by a name of :data:`pipeline.fields.FIELDS` that has no place above."""

    @property
    def clip_id(self) -> str:
        return f"{self.dataset}/{self.relative_path}"


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that did not become a clip, and why, in words for its owner."""

    relative_path: str
    stage: Stage
    reason: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What one look at a dataset's folder found: clips in a fixed order, and problems."""

    clips: list[Clip] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What a person should know though nothing is wrong, e.g. that the corpus is only in part on disk."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A kind of collection the pipeline can read; the module docstring is its datasheet."""

    name: str
    title: str
    kind: Literal["environment", "speech", "mixed"]
    label_name: str
    """What ``Clip.label`` is in this corpus: ``category``, ``sex``, ``emotion`` ..."""
    licence: str
    citation: str
    url: str
    layout: str
    """One line: the files and folders expected below the root."""
    how_to_get: str
    scan: Callable[[Path, str], Scan]
    """``scan(root, dataset_name)``; never raises for a single bad file: that is a Problem."""
    validate: Callable[[Path], list[str]]
    """Sentences on what is missing for ``root`` to be this dataset; empty when it can be scanned."""
    synthetic: bool = False
    prepare: Callable[[Path], None] | None = None
    """Makes the recordings where they are not there yet (the demo corpora)."""
