"""From the current snapshot to the next one: the staging file's life, and its row in the history of builds."""

from __future__ import annotations

import re
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
        begun = PUBLISHING.fullmatch(marker.read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        return
    if begun and store.at(int(begun[1])).path.exists():
        current = store.current()
        if (current.number if current else 0) == int(begun[2]):
            store.use(int(begun[1]))
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
