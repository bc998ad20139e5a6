"""The history of builds in the staging database: when each ran, and what it changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from store import database
from store.database import explain, told_as
from store.writer import Writer

RUNNING, PUBLISHED, INTERRUPTED = "running", "published", "interrupted"


def begin_build(writer: Writer, build_id: str, started_at: datetime) -> None:
    """Enter a build into the history.

    One that still says 'running' was killed: only one works at a time, and it is this one.
    """
    writer.con.execute("update builds set status = ? where status = ?", [INTERRUPTED, RUNNING])
    writer.upsert("builds", [{"build_id": build_id, "status": RUNNING, "started_at": started_at}])


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
    begun = writer.con.execute("select started_at from builds where build_id = ?", [build_id]).fetchall()
    now = {"status": status, "snapshot": snapshot, "finished_at": finished_at}
    writer.upsert("builds", [{"build_id": build_id, "started_at": begun[0][0], **now, **counts}])


def changes_since(writer: Writer, published: Path | None) -> dict[str, int]:
    """``clips`` and ``failed`` in all; ``added``, ``updated`` and ``removed`` against a snapshot.

    None stands for an empty store. Call it outside a transaction.
    """
    with told_as(explain):
        clips, failed = writer.con.execute(database.query("totals")).fetchall()[0]
        changes = {"added": clips} if published is None else _changes(writer, published)
    added, removed = changes.pop("added", 0), changes.pop("removed", 0)
    updated = sum(changes.values())
    return {"clips": clips, "failed": failed, "added": added, "updated": updated, "removed": removed}


def _changes(writer: Writer, published: Path) -> dict[str, int]:
    writer.con.execute(f"attach {database.quoted(published)} as old (read_only)")
    try:
        changed = writer.con.sql(database.query("diff_clips"))
        return dict(changed.aggregate("change, count(*)", "change").fetchall())
    finally:
        writer.con.execute("detach old")
