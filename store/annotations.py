"""What a person makes of the clips: selections saved under a name, and marks on labels.

They are no part of a snapshot, so they outlive every build. A selection is one JSON file below
``<store>/selections``; a clip that has gone since is still named in it. The marks of a dataset are one JSON file
below ``<store>/marks``; a mark speaks of the label that the clip had then, so that a label that has changed since
bears none.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from store.errors import StoreError, listed
from store.snapshots import Store, write_atomically

FORMAT = 1
MAX_NAME_LENGTH = 200
KEEP, DOUBT = "keep", "doubt"
MARKS = (KEEP, DOUBT)
_marks_lock = Lock()
"""Two open pages are two threads of one process: neither may write over what the other has just written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Some clips of a dataset, in the order in which a person wants to hear them."""

    name: str
    dataset: str
    clip_ids: tuple[str, ...]
    snapshot: int
    """The snapshot they were chosen in."""
    saved_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    note: str = ""
    marks: tuple[str, ...] = ()
    """Clips among them that were marked while listening."""


def selections_folder(store: Store) -> Path:
    return store.root / "selections"


def save_selection(store: Store, selection: Selection) -> Path:
    """Write a selection in the place of one of the same name, whole or not at all.

    Raises
    ------
    StoreError
        No name, a name that is too long, or the folder cannot be written.
    """
    path = selection_path(store, selection.name)
    _write(path, asdict(selection) | {"saved_at": selection.saved_at.isoformat()})
    return path


def load_selection(store: Store, name: str) -> Selection:
    """
    Raises
    ------
    StoreError
        No selection of this name, the message lists those there are; or its file is damaged.
    """
    path = selection_path(store, name)
    if not path.exists():
        names = [selection.name for selection in load_selections(store)[0]]
        there = listed(names) if names else "none is saved yet"
        raise StoreError(f"There is no selection '{name.strip()}'; {there}.")
    return _read_selection(path)


def load_selections(store: Store) -> tuple[list[Selection], list[str]]:
    """All selections, the newest first, and a sentence for each file that cannot be read."""
    found: list[Selection] = []
    faults: list[str] = []
    for path in sorted(selections_folder(store).glob("*.json")):
        try:
            found.append(_read_selection(path))
        except StoreError as error:
            faults.append(str(error))
    return sorted(found, key=lambda one: (one.saved_at, one.name), reverse=True), faults


def delete_selection(store: Store, name: str) -> None:
    """Forget a selection; the clips stay. Raises as :func:`load_selection` where there is none."""
    path = selection_path(store, name)
    if not path.exists():
        load_selection(store, name)
    path.unlink()


def selection_path(store: Store, name: str) -> Path:
    """The file of a name: what is legible in it, and a hash, as two names may read alike."""
    name = _normalised(name)
    if not name or len(name) > MAX_NAME_LENGTH:
        raise StoreError(
            f"The name has {len(name)} characters; expected 1 to {MAX_NAME_LENGTH}. Type another one."
        )
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or "selection"
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return selections_folder(store) / f"{slug}-{digest}.json"


def _normalised(name: str) -> str:
    """The same name however its accents are encoded and whatever space surrounds it."""
    return unicodedata.normalize("NFC", name).strip()


def _read_selection(path: Path) -> Selection:
    try:
        content = _read(path)
        return Selection(
            name=str(content["name"]),
            dataset=str(content["dataset"]),
            clip_ids=tuple(map(str, content["clip_ids"])),
            snapshot=int(content["snapshot"]),
            saved_at=datetime.fromisoformat(content["saved_at"]).astimezone(UTC),
            note=str(content["note"]),
            marks=tuple(map(str, content["marks"])),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is no saved selection ({error!r}). Delete it, or save it anew.") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a person thinks of one label: to keep it, or to doubt it."""

    clip_id: str
    mark: str
    """``"keep"`` or ``"doubt"``."""
    label: str
    """The label that was looked at."""
    snapshot: int
    """The snapshot it was looked at in."""
    marked_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def load_marks(store: Store, dataset: str) -> dict[str, Mark]:
    """The marks of a dataset by clip, in the order in which they were given.

    Raises
    ------
    StoreError
        The file cannot be read or is damaged.
    """
    path = marks_path(store, dataset)
    return _read_marks(path) if path.exists() else {}


def save_mark(store: Store, dataset: str, mark: Mark) -> None:
    """Write a mark in the place of the one that the clip had, whole or not at all.

    Raises
    ------
    StoreError
        No such mark, or the file can be neither read nor written.
    """
    if mark.mark not in MARKS:
        raise StoreError(f"There is no mark '{mark.mark}'; {listed(MARKS)}.")
    with _marks_lock:
        _write_marks(
            store, dataset, _without(load_marks(store, dataset), mark.clip_id) | {mark.clip_id: mark}
        )


def delete_mark(store: Store, dataset: str, clip_id: str) -> None:
    """Take a clip's mark away; one that has none is as it should be. Raises as :func:`save_mark`."""
    with _marks_lock:
        marks = load_marks(store, dataset)
        if clip_id in marks:
            _write_marks(store, dataset, _without(marks, clip_id))


def marks_path(store: Store, dataset: str) -> Path:
    """The file of a dataset, whose name is fit to be a file's (``pipeline.sources``)."""
    return store.root / "marks" / f"{dataset}.json"


def _without(marks: Mapping[str, Mark], clip_id: str) -> dict[str, Mark]:
    return {name: mark for name, mark in marks.items() if name != clip_id}


def _write_marks(store: Store, dataset: str, marks: Mapping[str, Mark]) -> None:
    rows = [asdict(mark) | {"marked_at": mark.marked_at.isoformat()} for mark in marks.values()]
    _write(marks_path(store, dataset), {"dataset": dataset, "marks": rows})


def _read_marks(path: Path) -> dict[str, Mark]:
    try:
        marks = [_mark(row) for row in _read(path)["marks"]]
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


def _write(path: Path, content: Mapping[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps({"format": FORMAT, **content}, indent=1) + "\n")
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror}. Free some space or change its rights."
        ) from error


def _read(path: Path) -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if content["format"] != FORMAT:
        raise StoreError(
            f"{path} is of format {content['format']}; this program expects {FORMAT}. Move it away."
        )
    return content
