"""Immutable snapshots, the pointer to the current one, and the writer's lock.

DuckDB lets one process write a file or many read it, never both. So a published file is never
written again: a build works in ``staging/`` and moves its finished file to ``snapshots/``.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from store.errors import StoreError

NUMBER = re.compile(r"(\d{6})\.duckdb")
KEEP = 5
PATIENCE_S = 0.5
"""Longer than `is_building` holds the lock to look at it."""


class BusyError(StoreError):
    """Another build holds the store."""


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
        return [self._at(int(match[1])) for match in found if match]

    def _at(self, number: int) -> Snapshot:
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
        """The snapshot that readers shall open, or None in an empty store."""
        pointer = self.root / "CURRENT"
        try:
            word = pointer.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        if not word.isdigit() or not self._at(int(word)).path.exists():
            raise StoreError(
                f"CURRENT says '{word}', which is no snapshot of this store. "
                "Run `python -m pipeline snapshots use NUMBER` with one of "
                f"{[snapshot.number for snapshot in self.snapshots()]}, or build again."
            )
        return self._at(int(word))

    def use(self, number: int) -> Snapshot:
        """Make a published snapshot the current one."""
        snapshot = self.snapshot(number)
        _write_atomically(self.root / "CURRENT", f"{number:06d}\n")
        return snapshot

    def next_number(self) -> int:
        return max((snapshot.number for snapshot in self.snapshots()), default=0) + 1

    def publish(self, number: int) -> Snapshot:
        """Move the closed staging file among the snapshots, then point ``CURRENT`` at it."""
        target = self._at(number)
        target.path.parent.mkdir(parents=True, exist_ok=True)
        _flush(self.staging)
        self.staging.replace(target.path)
        _flush(target.path.parent)
        return self.use(number)

    def delete(self, number: int) -> None:
        """Delete a published snapshot that is not the current one."""
        snapshot, current = self.snapshot(number), self.current()
        if current and current.number == number:
            raise StoreError(
                f"Snapshot {number} is the current one and stays. Go to another one first: "
                "`python -m pipeline snapshots use NUMBER`."
            )
        snapshot.path.unlink()

    def prune(self, keep: int = KEEP) -> list[int]:
        """Delete all but the newest ``keep`` snapshots; the current one always stays."""
        current = self.current()
        old = [s.number for s in self.snapshots()[:-keep] if current is None or s.number != current.number]
        for number in old:
            self.delete(number)
        return old

    def discard_staging(self) -> None:
        for path in self.staging.parent.glob("build.duckdb*"):
            path.unlink()

    def begin_staging(self) -> None:
        """Start from a copy of the current snapshot, or from nothing."""
        self.discard_staging()
        self.staging.parent.mkdir(parents=True, exist_ok=True)
        current = self.current()
        if current:
            half = self.staging.with_name("build.duckdb.copying")
            shutil.copyfile(current.path, half)
            half.replace(self.staging)

    def is_building(self) -> bool:
        """Whether a build holds the store now. A killed one does not: the system freed its lock."""
        lock = self.staging.parent / "LOCK"
        if not lock.exists():
            return False
        try:
            with FileLock(lock, timeout=0):
                return False
        except Timeout:
            return True

    def owner(self) -> int | None:
        """The process that builds now."""
        try:
            return int((self.staging.parent / "OWNER").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the store against a second build; the system lets go even after kill -9.

        Raises
        ------
        BusyError
            Another process is building into this store.
        """
        folder = self.staging.parent
        folder.mkdir(parents=True, exist_ok=True)
        owner = folder / "OWNER"
        try:
            with FileLock(folder / "LOCK", timeout=PATIENCE_S):
                owner.write_text(f"{os.getpid()}\n", encoding="utf-8")
                try:
                    yield
                finally:
                    owner.unlink(missing_ok=True)
        except Timeout:
            raise BusyError(
                f"Another build (process {self.owner()}) is at work on this store. "
                "Wait until it has ended, then try again."
            ) from None


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_atomically(path: Path, text: str) -> None:
    """A reader sees the old text or the new one, never a half, also after a power cut."""
    half = path.with_name(path.name + ".new")
    half.write_text(text, encoding="utf-8")
    _flush(half)
    half.replace(path)
    _flush(path.parent)
