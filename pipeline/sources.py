"""Where the recordings of each dataset lie: given on the command line, or remembered by the store."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import events
from pipeline.clips import Dataset, Scan
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
    reader, _, alias = name.partition(":")
    if reader == "demo" and not alias:
        root = Path(path).expanduser().resolve() if path else recordings_root() / "demo"
        return [Source(name, dataset_named(name), root / name) for name in DEMO]
    dataset = dataset_named(reader)
    if not path and dataset.prepare is None:
        raise PipelineError(f"'{word}' names no folder; expected --dataset {reader}=PATH.")
    root = Path(path).expanduser().resolve() if path else recordings_root() / "demo" / reader
    if not alias:
        alias = _slug(root.name) if reader == "folder" else reader
    if not ALIAS.fullmatch(alias):
        raise PipelineError(
            f"'{alias}' cannot name a dataset: lower-case letters, digits, _ and - are expected."
        )
    if alias in DATASETS and alias != reader:
        raise PipelineError(
            f"'{alias}' is the name of another kind of dataset. Choose another alias in '{word}'."
        )
    return [Source(alias, dataset, root)]


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


def remembered(rows: Iterable[Mapping[str, Any]]) -> dict[str, Source]:
    """The sources of the store's own datasets."""
    return {
        row["dataset"]: Source(row["dataset"], dataset_named(row["reader"]), Path(row["path"]))
        for row in rows
    }


def scan_all(sources: Mapping[str, Source], tell: events.Listener) -> dict[str, Scan]:
    """Look through every source.

    Raises
    ------
    PipelineError
        A source's folder is not what its dataset expects. Nothing has been written by then.
    """
    for source in sources.values():
        if source.dataset.prepare:
            tell(events.Preparing(source.name))
            source.dataset.prepare(source.path)
        missing = source.dataset.validate(source.path)
        if missing:
            raise PipelineError(
                f"{source.name}: {' '.join(missing)} Give the right folder with --dataset "
                f"{source.dataset.name}=PATH, or leave it out with --forget {source.name}."
            )
    scans = {}
    for name, source in sources.items():
        scans[name] = scan = source.dataset.scan(source.path, name)
        tell(events.Scanned(name, len(scan.clips), len(scan.problems), scan.notes))
    return scans


def dataset_row(source: Source, scan: Scan) -> dict[str, Any]:
    """One row of the table ``datasets``."""
    told = ("title", "kind", "label_name", "synthetic", "licence", "citation", "url")
    row = {name: getattr(source.dataset, name) for name in told}
    return {
        "dataset": source.name,
        "reader": source.dataset.name,
        "path": str(source.path),
        "notes": list(scan.notes),
    } | row
