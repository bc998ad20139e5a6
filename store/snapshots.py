"""Immutable snapshots and the pointer to the current one.

DuckDB lets one process write a file or many read it, never both. So a published file is never
written again: a build works in ``staging/`` and moves its finished file to ``snapshots/``.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from store import lock
from store.errors import StoreError
from store.files import write_atomically

NUMBER = re.compile(r"(\d{6})\.duckdb")
KEEP = 5


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One published state of the store."""

    number: int
    path: Path

    @property
    def published_at(self) -> datetime:
        return datetime.fromtimestamp(self.path.stat().st_mtime).astimezone()

    @property
    def size_bytes(self) -> int:
        return self.path.stat().st_size


@dataclass(frozen=True, slots=True)
class Store:
    """A folder with ``CURRENT``, ``snapshots/``, ``staging/`` and ``builds/`` (one event log a build)."""

    root: Path

    @property
    def staging(self) -> Path:
        return self.root / "staging" / "build.duckdb"

    @property
    def builds(self) -> Path:
        return self.root / "builds"

    def snapshots(self) -> list[Snapshot]:
        """All published snapshots, oldest first."""
        found = (NUMBER.fullmatch(path.name) for path in sorted((self.root / "snapshots").glob("*.duckdb")))
        return [self.at(int(match[1])) for match in found if match]

    def at(self, number: int) -> Snapshot:
        """Where the snapshot of this number lies, or would."""
        return Snapshot(number, self.root / "snapshots" / f"{number:06d}.duckdb")

    def snapshot(self, number: int) -> Snapshot:
        """
        Raises
        ------
        StoreError
            No snapshot of this number; the message lists those there are.
        """
        there = {snapshot.number: snapshot for snapshot in self.snapshots()}
        if number not in there:
            known = ", ".join(map(str, there)) or "none yet: run `python -m pipeline build`"
            raise StoreError(f"There is no snapshot {number} in this store; there are: {known}.")
        return there[number]

    def current(self) -> Snapshot | None:
        """The snapshot that readers shall open, or None in an empty store.

        Raises
        ------
        StoreError
            ``CURRENT`` names no snapshot that is there; the message says how to mend it.
        """
        try:
            word = (self.root / "CURRENT").read_text(encoding="utf-8", errors="replace").strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{self.root / 'CURRENT'} cannot be read: {error.strerror}.") from error
        if word.isdecimal() and self.at(int(word)).path.exists():
            return self.at(int(word))
        there = ", ".join(str(snapshot.number) for snapshot in self.snapshots())
        raise StoreError(
            f"CURRENT in {self.root} says '{word[:20]}', which is no snapshot of this store. "
            + (
                f"Run `python -m pipeline snapshots use NUMBER` with one of: {there}."
                if there
                else "There is none at all: delete the file CURRENT and build again."
            )
        )

    def use(self, number: int) -> Snapshot:
        """Make a published snapshot the current one."""
        snapshot = self.snapshot(number)
        write_atomically(self.root / "CURRENT", f"{number:06d}\n")
        return snapshot

    def next_number(self) -> int:
        """Higher than any snapshot ever was: readers may still hold what they read from a deleted one."""
        last = self.root / "snapshots" / "LAST"
        deleted = last.read_text(encoding="utf-8").strip() if last.exists() else ""
        numbers = [snapshot.number for snapshot in self.snapshots()]
        return max([0, *numbers, int(deleted) if deleted.isdecimal() else 0]) + 1

    def delete(self, number: int) -> None:
        """Delete a published snapshot that is not the current one."""
        snapshot, current = self.snapshot(number), self.current()
        if current and current.number == number:
            raise StoreError(
                f"Snapshot {number} is the current one and stays. Go to another one first: "
                "`python -m pipeline snapshots use NUMBER`."
            )
        if number + 1 == self.next_number():
            write_atomically(snapshot.path.with_name("LAST"), f"{number:06d}\n")
        snapshot.path.unlink()

    def prune(self, keep: int = KEEP) -> list[int]:
        """Delete all but the newest ``keep`` snapshots; the current one always stays."""
        current = self.current()
        old = [s.number for s in self.snapshots()[:-keep] if current is None or s.number != current.number]
        for number in old:
            self.delete(number)
        return old

    def is_building(self) -> bool:
        """Whether a build holds the store now. A killed one does not: the system freed its lock."""
        return lock.is_held(self.staging.parent)

    def owner(self) -> int | None:
        """The process that builds now."""
        return lock.owner(self.staging.parent)

    def lock(self) -> AbstractContextManager[None]:
        """Hold the store against a second build; see :func:`store.lock.hold`."""
        return lock.hold(self.staging.parent)
