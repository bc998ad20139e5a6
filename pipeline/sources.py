"""Where the recordings of each dataset lie, named by a person or remembered by the store, and what lies there."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.clips import Dataset, Row, Scan
from pipeline.datasets import DATASETS
from pipeline.errors import PipelineError
from pipeline.runtime import events
from store.errors import nearest

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
    if reader not in DATASETS and _is_path(name):
        kinds = ", ".join(
            f"{one}=" for one, dataset in DATASETS.items() if not dataset.prepare and one != "folder"
        )
        raise PipelineError(
            f"'{word}' names a folder and not what is in it. Give --dataset {shlex.quote(f'folder={word}')} for "
            f"recordings of your own, or one of {kinds} in the place of folder= for such a corpus."
        )
    dataset = dataset_named(reader)
    if not path and dataset.prepare is None:
        raise PipelineError(f"'{word}' names no folder; expected --dataset {reader}=PATH.")
    root = _folder(path) if path else recordings_root() / "demo" / reader
    derived = not colon and reader == "folder"
    alias = alias if colon else _slug(root.name) if derived else reader
    _require_alias(alias, reader, root)
    return [Source(alias, dataset, root, derived=derived)]


def _is_path(name: str) -> bool:
    if "/" in name or name in (".", "..") or name.startswith("~"):
        return True
    try:
        return name != "" and Path(name).is_dir()
    except (OSError, ValueError):  # too long a name, or one with a zero in it
        return False


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
        there = ["demo", *DATASETS]
        raise PipelineError(
            f"'{name}' is no known dataset; there are: {', '.join(there)}.{nearest(name, there)}"
        )
    return DATASETS[name]


def choose(rows: Sequence[Row], named: Mapping[str, Source], forget: Iterable[str] = ()) -> dict[str, Source]:
    """The sources of a build: those the store remembers and those named now, without those to be forgotten.

    Parameters
    ----------
    rows : sequence of dict
        The table ``datasets``.
    named : mapping of str to Source
        What the command line names; it replaces what is remembered under the same name.
    forget : iterable of str
        Names; ``demo`` stands for both demo corpora.

    Raises
    ------
    PipelineError
        A name stands for two collections, cannot be forgotten, or nothing is left to build.
    """
    known = {row["dataset"]: row for row in rows}
    forgotten = _forgotten(forget, known, named)
    sources = {name: _remembered(row) for name, row in known.items() if name not in forgotten}
    for name, source in named.items():
        if name in sources:
            _require_same(sources[name], source)
        sources[name] = source
    if not sources and not known:
        raise PipelineError(
            "There is nothing to build yet. Name a collection, for example "
            "`python -m pipeline build --dataset esc50=PATH` or `--dataset demo`."
        )
    return sources


def _forgotten(forget: Iterable[str], known: Collection[str], named: Collection[str]) -> set[str]:
    names: set[str] = set()
    for word in forget:
        meant = {name for name in DEMO if name in known} if word == "demo" and word not in known else {word}
        if not meant or not meant <= set(known):
            there = ", ".join(known) or "nothing"
            raise PipelineError(f"'{word}' cannot be forgotten; the store holds: {there}.")
        names |= meant
    both = sorted(names & set(named))
    if both:
        raise PipelineError(f"'{both[0]}' is both given and to be forgotten; expected one of the two.")
    return names


def _remembered(row: Row) -> Source:
    name, reader = row["dataset"], row["reader"]
    if reader not in DATASETS:
        raise PipelineError(
            f"The store remembers '{name}' as '{reader}', which is no known dataset any more; "
            f"there are: {', '.join(DATASETS)}. Leave it out with --forget {name}."
        )
    return Source(name, DATASETS[reader], Path(row["path"]), remembered=True)


def _require_same(old: Source, new: Source) -> None:
    """A name stays with its collection, unless the user gives it again on purpose."""
    if old.dataset.name != new.dataset.name:
        raise PipelineError(
            f"'{old.name}' already names {old.dataset.title} in {old.path}. Name the new one otherwise: "
            f"--dataset {new.dataset.name}:ANOTHER_NAME={new.path}; or leave the old one out first: "
            f"--forget {old.name}."
        )
    if new.derived and old.path != new.path and old.path.exists():
        raise PipelineError(
            f"'{old.name}' already names the recordings in {old.path}. Name the new ones otherwise: "
            f"--dataset {new.dataset.name}:ANOTHER_NAME={new.path}; or let them take its place: "
            f"--dataset {new.word}={new.path}."
        )


def scan_all(sources: Mapping[str, Source], on_event: events.Listener) -> dict[str, Scan]:
    """Look through every source.

    Raises
    ------
    PipelineError
        A source's folder is not what its dataset expects. Nothing has been written by then.
    """
    for source in sources.values():
        if source.dataset.prepare:
            on_event(events.Preparing(source.name))
            source.dataset.prepare(source.path)
    return {name: _scan(source, on_event) for name, source in sources.items()}


def _scan(source: Source, on_event: events.Listener) -> Scan:
    scan = source.dataset.scan(source.path, source.name)
    if not scan.clips:  # most likely a wrong path or a disk that is not there: that must not empty the store
        raise PipelineError(_why_nothing(source))
    on_event(events.Scanned(source.name, len(scan.clips), len(scan.problems), scan.notes))
    return scan


def _why_nothing(source: Source) -> str:
    missing = source.dataset.validate(source.path)
    reason = " ".join(missing) or f"No recording was found in {source.path}; look there and build again."
    if source.remembered:
        reason += (
            f" Give its new folder with --dataset {source.word}=PATH, or leave it out with "
            f"--forget {source.name}."
        )
    return f"{source.name}: {reason}"


def dataset_row(source: Source, scan: Scan) -> Row:
    """One row of the table ``datasets``."""
    datasheet = ("title", "kind", "label_name", "synthetic", "licence", "citation", "url")
    row = {name: getattr(source.dataset, name) for name in datasheet}
    return {
        "dataset": source.name,
        "reader": source.dataset.name,
        "path": str(source.path),
        "notes": list(scan.notes),
    } | row
