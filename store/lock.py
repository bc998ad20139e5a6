"""The writer's lock: one build at a time, and the system lets go even after kill -9."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from store.errors import StoreError

PATIENCE_S = 0.5
"""Longer than `is_held` holds the lock to look at it."""


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


def owner(folder: Path) -> int | None:
    """The process that holds the lock now. What a killed one left behind does not count."""
    if not is_held(folder):
        return None
    try:
        return int((folder / "OWNER").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


@contextmanager
def hold(folder: Path) -> Iterator[None]:
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
        process = owner(folder)
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
