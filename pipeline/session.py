"""Add something to the current snapshot: the next snapshot holds it beside all that was there before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError
from pipeline.runtime import events
from store import publishing
from store.reader import Reader
from store.snapshots import Snapshot, Store
from store.writer import Writer


class Amended:
    """Where to write, and the snapshot that it became once the ``with`` is done."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.snapshot: Snapshot | None = None

    @property
    def published(self) -> Snapshot:
        assert self.snapshot is not None, "asked before the snapshot was published"
        return self.snapshot


def require_rest(store: Store, what: str) -> Snapshot:
    """The current snapshot, to which ``what`` can be added now.

    Raises
    ------
    PipelineError
        There is none yet, or a build lies unfinished.
    """
    publishing.recover(store)
    current = store.current()
    if current is None:
        raise PipelineError(
            f"There is no snapshot yet to add {what} to. Build first: `python -m pipeline build`."
        )
    if store.staging.exists():
        raise PipelineError(
            f"A build lies unfinished, and {what} would throw away what it has done. "
            "Finish it on the Pipeline page, then try again."
        )
    return current


@contextmanager
def amended(store: Store, current: Snapshot, suffix: str) -> Iterator[Amended]:
    """A copy of the current snapshot to write to, which is published when nothing went wrong.

    Call it under the store's lock; ``suffix`` tells in the history of builds what kind of a change it was.
    """
    publishing.begin(store)
    try:
        with Writer(store.staging) as writer:
            what = Amended(writer)
            build_id = _enter(writer, suffix)
            yield what
            _sign(writer, build_id, current.path, store.next_number())
        what.snapshot = publishing.publish(store, store.next_number())
    except BaseException:
        publishing.discard(store)
        raise
    store.prune()


def _enter(writer: Writer, suffix: str) -> str:
    began = datetime.now()  # local, as a build's own
    build_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z-{suffix}"
    with writer.transaction():
        publishing.begin_build(writer, build_id, began)
    return build_id


def _sign(writer: Writer, build_id: str, base: Path, number: int) -> None:
    counts: dict[str, Any] = publishing.changes_since(writer, base)
    counts |= {"vectors_computed": 0, "vectors_reused": 0}
    with writer.transaction():
        publishing.sign_build(writer, build_id, number, datetime.now(), counts)


def collections(snapshot: Snapshot) -> list[events.Collection]:
    """What the snapshot holds of each dataset."""
    with Reader(snapshot.path) as reader:
        rows = reader.rows("datasets")
    return [
        events.Collection(
            dataset=row["dataset"],
            clips=row["clips"],
            hours=row["hours"],
            classes=row["classes"],
            speakers=row["speakers"],
            failed=row["failures"],
        )
        for row in rows
    ]
