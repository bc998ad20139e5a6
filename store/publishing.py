"""From the current snapshot to the next one: the staging file's life, and its row in the history of builds."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from store.database import duckdb_errors_as, query, quoted, write_error
from store.snapshots import Snapshot, Store, flush, write_atomically
from store.writer import Writer

RUNNING, PUBLISHED, INTERRUPTED = "running", "published", "interrupted"
"""The states of a build in the history."""


def publish(store: Store, number: int, staged: Path | None = None, *, go_on: bool = False) -> Snapshot:
    """Put a closed database among the snapshots, the build's unless another is given, then point ``CURRENT`` at it.

    With ``go_on`` the snapshot is a copy and the staging file stays for the rest of the build, else it moves.
    A crash in between leaves ``PUBLISHING`` behind, from which :func:`recover` goes on.
    """
    staged = staged or store.staging
    target, current = store.at(number), store.current()
    target.path.parent.mkdir(parents=True, exist_ok=True)
    base = current.number if current else 0
    if go_on:
        ready = target.path.with_name(f"{target.path.name}.copying")
        _copy(staged, ready)
    else:
        ready = staged
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
    """Put in order what was cut off, under the store's lock: finish a publication, drop a half-made request.

    A publication stays as it is where somebody has chosen another snapshot since. What a request had made
    cannot be gone on with, unlike a build.
    """
    for half in (store.root / "snapshots").glob("*.copying"):
        half.unlink()
    discard(store, store.request)
    begun = store.publication()
    if begun and store.at(begun[0]).path.exists():
        current = store.current()
        if (current.number if current else 0) == begun[1]:
            store.use(begun[0])
    (store.root / "PUBLISHING").unlink(missing_ok=True)


def discard(store: Store, staged: Path | None = None) -> None:
    """Delete an unfinished database, the build's unless another is given, with what DuckDB keeps beside it."""
    staged = staged or store.staging
    for path in staged.parent.glob(f"{staged.name}*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def begin(store: Store, staged: Path | None = None) -> None:
    """Start a database to write to, the build's unless another is given, from a copy of the current snapshot."""
    staged = staged or store.staging
    discard(store, staged)
    staged.parent.mkdir(parents=True, exist_ok=True)
    current = store.current()
    if current:
        half = staged.with_name(f"{staged.name}.copying")
        _copy(current.path, half)
        half.replace(staged)


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except BaseException:
        with suppress(OSError):
            target.unlink()  # on a full disk it would keep the disk full
        raise


def begin_build(writer: Writer, build_id: str, started_at: datetime) -> None:
    """Enter a build into the history.

    One that still says 'running' was killed: only one works at a time, and it is this one.
    """
    writer.con.execute("update builds set status = ? where status = ?", [INTERRUPTED, RUNNING])
    row = {"build_id": build_id, "status": RUNNING, "started_at": started_at.astimezone(UTC)}
    writer.upsert("builds", [row])


def sign_build(
    writer: Writer,
    build_id: str,
    snapshot: int,
    finished_at: datetime,
    counts: Mapping[str, int],
    status: str = PUBLISHED,
) -> None:
    """Write into a build's row of the history what it has done; it is published with the snapshot it made.

    A build that publishes step by step signs each snapshot, all but the last as ``RUNNING``.
    """
    done = {"status": status, "snapshot": snapshot, "finished_at": finished_at.astimezone(UTC), **counts}
    assignments = ", ".join(f"{name} = ${name}" for name in done)
    statement = f"update builds set {assignments} where build_id = $build_id"
    writer.con.execute(statement, done | {"build_id": build_id})


def changes_since(writer: Writer, published: Path | None) -> dict[str, int]:
    """``clips`` and ``failed`` in all; ``added``, ``updated`` and ``removed`` against a snapshot.

    None stands for an empty store. Call it outside a transaction.
    """
    with duckdb_errors_as(write_error):
        clips, failed = writer.con.execute(query("totals")).fetchall()[0]
        changes = {"added": clips} if published is None else _changes(writer, published)
    added, removed = changes.pop("added", 0), changes.pop("removed", 0)
    updated = sum(changes.values())
    return {"clips": clips, "failed": failed, "added": added, "updated": updated, "removed": removed}


def _changes(writer: Writer, published: Path) -> dict[str, int]:
    writer.con.execute(f"attach {quoted(published)} as old (read_only)")
    try:
        changed = writer.con.sql(query("diff_clips"))
        return dict(changed.aggregate("change, count(*)", "change").fetchall())
    finally:
        writer.con.execute("detach old")
