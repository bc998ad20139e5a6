"""Which collections a build is about, and what one look at each of them finds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from pipeline.clips import Scan
from pipeline.datasets import DATASETS
from pipeline.errors import PipelineError
from pipeline.rows import Row
from pipeline.runtime import events
from pipeline.sources import DEMO, Source


def choose(rows: Sequence[Row], given: Mapping[str, Source], forget: Iterable[str] = ()) -> dict[str, Source]:
    """The sources of a build: those the store remembers and those given, but for those to be forgotten.

    Parameters
    ----------
    rows : sequence of dict
        The table ``datasets``.
    given : mapping of str to Source
        What the command line names; it replaces what is remembered under the same name.
    forget : iterable of str
        Names; ``demo`` stands for both demo corpora.

    Raises
    ------
    PipelineError
        A name stands for two collections, cannot be forgotten, or nothing is left to build.
    """
    held = {row["dataset"]: row for row in rows}
    leave_out = _held(forget, held, given)
    sources = {name: _remembered(row) for name, row in held.items() if name not in leave_out}
    for name, source in given.items():
        if name in sources:
            _require_same(sources[name], source)
        sources[name] = source
    if not sources and not held:
        raise PipelineError(
            "There is nothing to build yet. Name a collection, for example "
            "`python -m pipeline build --dataset esc50=PATH` or `--dataset demo`."
        )
    return sources


def _held(forget: Iterable[str], held: Collection[str], given: Collection[str]) -> set[str]:
    names: set[str] = set()
    for word in forget:
        meant = {name for name in DEMO if name in held} if word == "demo" and word not in held else {word}
        if not meant or not meant <= set(held):
            there = ", ".join(held) or "nothing"
            raise PipelineError(f"'{word}' cannot be forgotten; the store holds: {there}.")
        names |= meant
    both = sorted(names & set(given))
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
    """A name once given stays with its collection, unless the user says it again on purpose."""
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
    return {name: _scan(source, tell) for name, source in sources.items()}


def _scan(source: Source, tell: events.Listener) -> Scan:
    scan = source.dataset.scan(source.path, source.name)
    if not scan.clips:  # most likely a wrong path or a disk that is not there: that must not empty the store
        raise PipelineError(_why_nothing(source))
    tell(events.Scanned(source.name, len(scan.clips), len(scan.problems), scan.notes))
    return scan


def _why_nothing(source: Source) -> str:
    missing = source.dataset.validate(source.path)
    words = " ".join(missing) or f"No recording was found in {source.path}; look there and build again."
    if source.remembered:
        words += f" Give its new folder with --dataset {source.word}=PATH, or leave it out with --forget {source.name}."
    return f"{source.name}: {words}"


def dataset_row(source: Source, scan: Scan) -> Row:
    """One row of the table ``datasets``."""
    told = ("title", "kind", "label_name", "synthetic", "licence", "citation", "url")
    row = {name: getattr(source.dataset, name) for name in told}
    return {
        "dataset": source.name,
        "reader": source.dataset.name,
        "path": str(source.path),
        "notes": list(scan.notes),
    } | row
