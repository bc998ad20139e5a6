"""What a person thinks of a clip's label, to keep it or to doubt it: one JSON file a dataset, below ``<store>/marks``.

They are no part of a snapshot, so they outlive every build. A mark speaks of the label that the clip had
when it was given: a label that has changed since bears no mark.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from store.errors import StoreError, listed
from store.snapshots import Store, write_atomically

FORMAT = 1
KEEP, DOUBT = "keep", "doubt"
MARKS = (KEEP, DOUBT)
_writing = Lock()
"""Two open pages are two threads of one process: neither may write over what the other has just written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What was thought of one label."""

    clip_id: str
    mark: str
    """``"keep"`` or ``"doubt"``."""
    label: str
    """The label that was looked at."""
    snapshot: int
    """The snapshot it was looked at in."""
    marked_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def load(store: Store, dataset: str) -> dict[str, Mark]:
    """The marks of a dataset by clip, in the order in which they were given.

    Raises
    ------
    StoreError
        The file cannot be read or is damaged.
    """
    path = path_of(store, dataset)
    return _read(path) if path.exists() else {}


def put(store: Store, dataset: str, mark: Mark) -> None:
    """Write a mark in the place of the one that the clip had, whole or not at all.

    Raises
    ------
    StoreError
        No such mark, or the file can be neither read nor written.
    """
    if mark.mark not in MARKS:
        raise StoreError(f"There is no mark '{mark.mark}'; {listed(MARKS)}.")
    with _writing:
        _write(store, dataset, _without(load(store, dataset), mark.clip_id) | {mark.clip_id: mark})


def clear(store: Store, dataset: str, clip_id: str) -> None:
    """Take a clip's mark away; one that has none is as it should be. Raises as :func:`put`."""
    with _writing:
        marks = load(store, dataset)
        if clip_id in marks:
            _write(store, dataset, _without(marks, clip_id))


def path_of(store: Store, dataset: str) -> Path:
    """The file of a dataset, whose name is fit to be a file's (``pipeline.sources``)."""
    return store.root / "marks" / f"{dataset}.json"


def _without(marks: Mapping[str, Mark], clip_id: str) -> dict[str, Mark]:
    return {name: mark for name, mark in marks.items() if name != clip_id}


def _write(store: Store, dataset: str, marks: Mapping[str, Mark]) -> None:
    path = path_of(store, dataset)
    rows = [asdict(mark) | {"marked_at": mark.marked_at.isoformat()} for mark in marks.values()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        told = {"format": FORMAT, "dataset": dataset, "marks": rows}
        write_atomically(path, json.dumps(told, indent=1) + "\n")
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror}. Free some space or change its rights."
        ) from error


def _read(path: Path) -> dict[str, Mark]:
    try:
        told: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if told["format"] != FORMAT:
            raise StoreError(
                f"{path} is of format {told['format']}; this program expects {FORMAT}. Move it away."
            )
        marks = [_mark(row) for row in told["marks"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} holds no marks ({error!r}). Move it away, or mend it.") from error
    return {mark.clip_id: mark for mark in marks}


def _mark(row: Mapping[str, Any]) -> Mark:
    if row["mark"] not in MARKS:
        raise ValueError(f"there is no mark '{row['mark']}'")
    return Mark(
        clip_id=str(row["clip_id"]),
        mark=str(row["mark"]),
        label=str(row["label"]),
        snapshot=int(row["snapshot"]),
        marked_at=datetime.fromisoformat(row["marked_at"]).astimezone(UTC),
    )
