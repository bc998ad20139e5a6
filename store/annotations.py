"""Sets of clips that a person has saved under a name: one JSON file each, below ``<store>/selections``.

They are no part of a snapshot, so they outlive every build. A clip that has gone since is still named.
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
from typing import Any

from store.errors import StoreError, listed
from store.snapshots import Store, write_atomically

FORMAT = 1
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Some clips of a dataset, in the order a person wants to hear them."""

    name: str
    dataset: str
    clip_ids: tuple[str, ...]
    snapshot: int
    """The snapshot they were chosen in."""
    saved_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    note: str = ""
    marks: tuple[str, ...] = ()
    """Clips among them that were marked while listening."""


def folder(store: Store) -> Path:
    return store.root / "selections"


def save(store: Store, selection: Selection) -> Path:
    """Write a selection in the place of one of the same name, whole or not at all.

    Raises
    ------
    StoreError
        No name, a name that is too long, or the folder cannot be written.
    """
    path = path_of(store, selection.name)
    told = asdict(selection) | {"format": FORMAT, "saved_at": selection.saved_at.isoformat()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(told, indent=1) + "\n")
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror}. Free some space or change its rights."
        ) from error
    return path


def load(store: Store, name: str) -> Selection:
    """
    Raises
    ------
    StoreError
        No selection of this name, the message lists those there are; or its file is damaged.
    """
    path = path_of(store, name)
    if not path.exists():
        names = [selection.name for selection in every(store)[0]]
        there = listed(names) if names else "none is saved yet"
        raise StoreError(f"There is no selection '{name.strip()}'; {there}.")
    return _read(path)


def every(store: Store) -> tuple[list[Selection], list[str]]:
    """All selections, the newest first, and a sentence for each file that cannot be read."""
    found: list[Selection] = []
    faults: list[str] = []
    for path in sorted(folder(store).glob("*.json")):
        try:
            found.append(_read(path))
        except StoreError as error:
            faults.append(str(error))
    return sorted(found, key=lambda one: (one.saved_at, one.name), reverse=True), faults


def delete(store: Store, name: str) -> None:
    """Forget a selection; the clips stay. Raises as :func:`load` where there is none."""
    path = path_of(store, name)
    if not path.exists():
        load(store, name)
    path.unlink()


def path_of(store: Store, name: str) -> Path:
    """The file of a name: what is legible in it, and a hash, as two names may read alike."""
    name = _tidy(name)
    if not name or len(name) > LONGEST_NAME:
        raise StoreError(
            f"The name has {len(name)} characters; expected 1 to {LONGEST_NAME}. Type another one."
        )
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or "selection"
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return folder(store) / f"{slug}-{digest}.json"


def _tidy(name: str) -> str:
    """The same name however its accents are encoded and whatever space surrounds it."""
    return unicodedata.normalize("NFC", name).strip()


def _read(path: Path) -> Selection:
    try:
        told: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if told["format"] != FORMAT:
            raise StoreError(
                f"{path} is of format {told['format']}; this program expects {FORMAT}. Move it away."
            )
        return Selection(
            name=str(told["name"]),
            dataset=str(told["dataset"]),
            clip_ids=tuple(map(str, told["clip_ids"])),
            snapshot=int(told["snapshot"]),
            saved_at=datetime.fromisoformat(told["saved_at"]).astimezone(UTC),
            note=str(told["note"]),
            marks=tuple(map(str, told["marks"])),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is no saved selection ({error!r}). Delete it, or save it anew.") from error
