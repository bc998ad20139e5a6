"""Where the recordings of each dataset lie: given on the command line, or remembered by the store."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.clips import Dataset
from pipeline.datasets import DATASETS
from pipeline.errors import PipelineError

PROJECT = Path(__file__).resolve().parent.parent
DEMO = ("demo_sounds", "demo_voices")
ALIAS = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")


@dataclass(frozen=True, slots=True)
class Source:
    """A dataset in the store: its name there, who reads it, and from where."""

    name: str
    dataset: Dataset
    path: Path
    derived: bool = False
    """Named after its folder; the user gave no name."""
    remembered: bool = False
    """Not given on the command line: the store knew it."""

    @property
    def word(self) -> str:
        """What stands before ``=PATH`` for this very source on the command line."""
        return self.name if self.name == self.dataset.name else f"{self.dataset.name}:{self.name}"


def store_root() -> Path:
    """The store's folder: ``SESATLAS_STORE``, or ``data/store`` in the project."""
    return Path(os.environ.get("SESATLAS_STORE") or PROJECT / "data" / "store").expanduser().resolve()


def recordings_root() -> Path:
    """Where the pipeline itself puts recordings: the demo corpora and what it downloads."""
    return Path(os.environ.get("SESATLAS_RECORDINGS") or PROJECT / "data").expanduser().resolve()


def parse(words: Iterable[str]) -> dict[str, Source]:
    """Read ``NAME=PATH``, ``NAME:ALIAS=PATH`` and ``demo``.

    ``folder=PATH`` takes the folder's own name as its alias, so that several folders can be given.

    Raises
    ------
    PipelineError
        An unknown dataset, no path, or one name given twice.
    """
    sources: dict[str, Source] = {}
    for word in words:
        for source in _parse_one(word):
            if source.name in sources:
                raise PipelineError(
                    f"The dataset '{source.name}' is given twice. "
                    f"Name the second one otherwise: {source.dataset.name}:ANOTHER_NAME={source.path}."
                )
            sources[source.name] = source
    return sources


def _parse_one(word: str) -> list[Source]:
    name, _, path = word.partition("=")
    reader, colon, alias = name.partition(":")
    if reader == "demo":
        if colon:
            raise PipelineError(
                f"'{word}' names the demo otherwise; expected demo or demo=PATH, for it is two corpora."
            )
        root = _folder(path) if path else recordings_root() / "demo"
        return [Source(name, dataset_named(name), root / name) for name in DEMO]
    dataset = dataset_named(reader)
    if not path and dataset.prepare is None:
        raise PipelineError(f"'{word}' names no folder; expected --dataset {reader}=PATH.")
    root = _folder(path) if path else recordings_root() / "demo" / reader
    derived = not colon and reader == "folder"
    alias = alias if colon else _slug(root.name) if derived else reader
    _require_alias(alias, reader, root)
    return [Source(alias, dataset, root, derived=derived)]


def _require_alias(alias: str, reader: str, root: Path) -> None:
    if not ALIAS.fullmatch(alias):
        raise PipelineError(
            f"'{alias}' cannot name a dataset; expected a lower-case letter or digit, then letters, digits, "
            f"_ or -, at most 41 in all: --dataset {reader}:ANOTHER_NAME={root}."
        )
    if alias != reader and (alias in DATASETS or alias == "demo"):
        raise PipelineError(
            f"'{alias}' is the name of another kind of dataset; expected a name of its own: "
            f"--dataset {reader}:ANOTHER_NAME={root}."
        )


def _folder(path: str) -> Path:
    root = Path(path).expanduser().resolve()
    try:
        str(root).encode()
    except UnicodeEncodeError:
        shown = str(root).encode(errors="surrogateescape").decode(errors="replace")
        raise PipelineError(
            f"{shown} has a name that is not valid UTF-8, which the store needs; rename it."
        ) from None
    return root


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40] or "folder"


def dataset_named(name: str) -> Dataset:
    """
    Raises
    ------
    PipelineError
        No such dataset; the message lists the valid ones.
    """
    if name not in DATASETS:
        raise PipelineError(f"'{name}' is no known dataset; there are: demo, {', '.join(DATASETS)}.")
    return DATASETS[name]
