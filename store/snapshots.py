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

NUMBER = re.compile(r"(\d{6})\.duckdb", re.ASCII)
POINTER = re.compile(r"\d{1,6}", re.ASCII)
PUBLISHING = re.compile(r"(\d{6}) after (\d{6})\n", re.ASCII)
"""The text of the file of this name, which lies there while a snapshot is being published."""
POINTER_CHARACTERS = 100
"""More than ``CURRENT`` ever holds: of something else under this name no more is read."""
SHOWN_CHARACTERS = 20
MOVE_AWAY = "Move that folder away"
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
    def request(self) -> Path:
        """Where a request from a page or the command line adds to a copy of the current snapshot."""
        return self.root / "staging" / "request.duckdb"

    @property
    def builds(self) -> Path:
        return self.root / "builds"

    def snapshots(self) -> list[Snapshot]:
        """All published snapshots, oldest first.

        Raises
        ------
        StoreError
            Their folder cannot be read; a store is empty only where it is known to be.
        """
        folder = self.root / "snapshots"
        try:
            names = sorted(path.name for path in folder.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(
                f"{folder} cannot be read: {error.strerror}; expected the folder of the published snapshots. "
                "Check the path and its permissions."
            ) from error
        return [self.at(int(match[1])) for name in names if (match := NUMBER.fullmatch(name))]

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
            ``CURRENT`` names no snapshot that is there, or is missing beside snapshots; the message says how
            to go back to one.
        """
        word, before = self._pointer(), object()
        while word != before:
            if word is not None and POINTER.fullmatch(word) and _is_file(self.at(int(word)).path):
                return self.at(int(word))
            if word is None and self._is_empty():
                return None
            # Between the two looks a build may have published the next one and dropped this one.
            before, word = word, self._pointer()
        raise StoreError(self._why_no_current(word))

    def _pointer(self) -> str | None:
        """The text of ``CURRENT``; None where there is no such file."""
        try:
            with (self.root / "CURRENT").open(encoding="utf-8", errors="replace") as file:
                return file.read(POINTER_CHARACTERS).strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            first = f"{MOVE_AWAY}, then run" if isinstance(error, IsADirectoryError) else "Run"
            raise StoreError(
                f"{self.root / 'CURRENT'} cannot be read: {error.strerror}. {self._way_back(first)}"
            ) from error

    def _is_empty(self) -> bool:
        """Whether nothing was ever published here; the first snapshot counts once ``CURRENT`` names it."""
        numbers = {snapshot.number for snapshot in self.snapshots()}
        begun = self.publication()
        return not numbers or (begun is not None and begun[1] == 0 and numbers == {begun[0]})

    def publication(self) -> tuple[int, int] | None:
        """The snapshot that is being published, or was when a build was cut off, and the current one before it."""
        try:
            text = (self.root / "PUBLISHING").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        begun = PUBLISHING.fullmatch(text)
        return (int(begun[1]), int(begun[2])) if begun else None

    def _why_no_current(self, word: str | None) -> str:
        if word is None:
            seen = f"The file CURRENT in {self.root} is missing, which names the current snapshot."
        else:
            shown = word if len(word) <= SHOWN_CHARACTERS else f"{word[:SHOWN_CHARACTERS]} ..."
            seen = f"CURRENT in {self.root} says {shown!r}, which is no snapshot of this store."
        return f"{seen} {self._way_back('Run')}"

    def _way_back(self, first: str) -> str:
        there = ", ".join(str(snapshot.number) for snapshot in self.snapshots())
        if not there:
            return "There is no snapshot at all: delete the file CURRENT and build again."
        return f"{first} `python -m pipeline snapshots use NUMBER` with one of: {there}."

    def use(self, number: int) -> Snapshot:
        """Make a published snapshot the current one."""
        snapshot = self.snapshot(number)
        if (self.root / "CURRENT").is_dir():
            raise StoreError(f"CURRENT in {self.root} is a folder; expected a small file. {MOVE_AWAY} first.")
        write_atomically(self.root / "CURRENT", f"{number:06d}\n")
        return snapshot

    def next_number(self) -> int:
        """Higher than any snapshot ever was: readers may still hold what they read from a deleted one."""
        last = self.root / "snapshots" / "LAST"
        deleted = last.read_text(encoding="utf-8").strip() if last.exists() else ""
        numbers = [snapshot.number for snapshot in self.snapshots()]
        return max([0, *numbers, int(deleted) if POINTER.fullmatch(deleted) else 0]) + 1

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
        """Delete all but the newest ``keep`` snapshots; the current one always stays.

        Raises
        ------
        StoreError
            Nobody knows which is the current one: nothing is deleted then.
        """
        current = self.current()
        if current is None:
            return []
        old = [s.number for s in self.snapshots()[:-keep] if s.number != current.number]
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


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # in a folder that may not be read, which is said where its snapshots are listed
        return False


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
