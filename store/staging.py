"""From the current snapshot to the next one: the staging file's life."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from pathlib import Path

from store.files import flush, write_atomically
from store.snapshots import Snapshot, Store

PUBLISHING = re.compile(r"(\d{6}) after (\d{6})\n")


def publish(store: Store, number: int, *, go_on: bool = False) -> Snapshot:
    """Put the closed staging file among the snapshots, then point ``CURRENT`` at it.

    With ``go_on`` the snapshot is a copy and the staging file stays for the rest of the build, else it moves.
    A crash in between leaves ``PUBLISHING`` behind, from which :func:`recover` goes on.
    """
    target, current = store.at(number), store.current()
    target.path.parent.mkdir(parents=True, exist_ok=True)
    base = current.number if current else 0
    if go_on:
        ready = target.path.with_name(f"{target.path.name}.copying")
        _copy(store.staging, ready)
    else:
        ready = store.staging
    try:
        flush(ready)
        write_atomically(store.root / "PUBLISHING", f"{number:06d} after {base:06d}\n")
        ready.replace(target.path)
    finally:
        if go_on:
            ready.unlink(missing_ok=True)
    flush(target.path.parent)
    store.use(number)
    (store.root / "PUBLISHING").unlink()
    return target


def recover(store: Store) -> None:
    """Finish a publication that was cut off, unless somebody has chosen another snapshot since."""
    for half in (store.root / "snapshots").glob("*.copying"):
        half.unlink()
    marker = store.root / "PUBLISHING"
    try:
        told = PUBLISHING.fullmatch(marker.read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        return
    if told and store.at(int(told[1])).path.exists():
        current = store.current()
        if (current.number if current else 0) == int(told[2]):
            store.use(int(told[1]))
    marker.unlink()


def discard(store: Store) -> None:
    for path in store.staging.parent.glob("build.duckdb*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def begin(store: Store) -> None:
    """Start from a copy of the current snapshot, or from nothing."""
    discard(store)
    store.staging.parent.mkdir(parents=True, exist_ok=True)
    current = store.current()
    if current:
        half = store.staging.with_name("build.duckdb.copying")
        _copy(current.path, half)
        half.replace(store.staging)


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except BaseException:
        with suppress(OSError):
            target.unlink()  # on a full disk it would keep the disk full
        raise
