"""Immutable snapshots and the pointer to the current one.

DuckDB lets one process write a file or many read it, never both. So a published file is never
written again: a build works in ``staging/`` and moves its finished file to ``snapshots/``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from store.errors import StoreError

NUMBER = re.compile(r"(\d{6})\.duckdb")
KEEP = 5
PATIENCE_S = 0.5
"""Longer than `is_held` holds the lock to look at it."""


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
        return is_held(self.staging.parent)

    def owner(self) -> int | None:
        """The process that builds now."""
        return lock_owner(self.staging.parent)

    def lock(self) -> AbstractContextManager[None]:
        """Hold the store against a second build; see :func:`store.lock.hold_lock`."""
        return hold_lock(self.staging.parent)


class BusyError(StoreError):
    """Another build holds the store."""


def is_held(folder: Path) -> bool:
    """Whether a build holds the lock in ``folder`` now. A killed one does not."""
    lock = folder / "LOCK"
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # Who may not write here cannot build here either: a store on a read-only disk.
        return False


def lock_owner(folder: Path) -> int | None:
    """The process that holds the lock now. What a killed one left behind does not count."""
    if not is_held(folder):
        return None
    try:
        return int((folder / "OWNER").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


@contextmanager
def hold_lock(folder: Path) -> Iterator[None]:
    """Keep everybody else out.

    Raises
    ------
    BusyError
        Another process is building into this store.
    """
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "OWNER"
    lock = FileLock(folder / "LOCK", timeout=PATIENCE_S)
    try:
        lock.acquire()
    except Timeout:
        process = lock_owner(folder)
        who = f" (process {process})" if process else ""
        raise BusyError(
            f"Another build{who} is at work on this store. Wait until it has ended, then try again."
        ) from None
    try:
        note.write_text(f"{os.getpid()}\n", encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def flush(path: Path) -> None:
    """Wait until a file, or a folder's list of names, has reached the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomically(path: Path, text: str) -> None:
    """A reader sees the old text or the new one, never a half."""
    half = path.with_name(path.name + ".new")
    half.write_text(text, encoding="utf-8")
    flush(half)
    half.replace(path)
    flush(path.parent)
