"""A run that writes to the store, and how a request adds to the current snapshot: the next one holds it as well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from pipeline.errors import PipelineError
from pipeline.runtime import events
from store import publishing
from store.errors import os_errors_as_store_errors
from store.reader import Reader
from store.snapshots import Snapshot, Store
from store.writer import Writer


@contextmanager
def session(store: Store, on_event: events.Listener, what: str = "") -> Iterator[tuple[str, events.Listener]]:
    """Lock the store for a run that builds or adds to it; yield the run's id and the callback for its events.

    Events go to ``on_event`` and to the event log; the end is reported too, whatever the reason. ``what`` is
    empty for a build, whose finished batches outlive it.
    """
    run_id = events.new_run_id(what)
    with (
        os_errors_as_store_errors(store.root, is_build=not what),
        store.lock(),
        events.logged(store.builds, run_id, on_event) as log,
        events.end_reported(log, events.REQUEST_STOPPED if what else events.BUILD_STOPPED),
        os_errors_as_store_errors(store.root, is_build=not what),
    ):
        yield run_id, log


class Amended:
    """Where to write, and the snapshot that it became once the ``with`` is done."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.snapshot: Snapshot | None = None

    @property
    def published(self) -> Snapshot:
        assert self.snapshot is not None, "read before the snapshot was published"
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
            "Finish it first, with `python -m pipeline build` or on the Pipeline page, then try again."
        )
    return current


@contextmanager
def amended(store: Store, current: Snapshot, run_id: str) -> Iterator[Amended]:
    """A copy of the current snapshot to write to, which is published when nothing went wrong.

    Call it under the store's lock; the history of builds has the change under ``run_id``.
    """
    publishing.begin(store, store.request)
    try:
        with Writer(store.request) as writer:
            what = Amended(writer)
            with writer.transaction():
                publishing.begin_build(writer, run_id, datetime.now(UTC))
            yield what
            counts: dict[str, Any] = publishing.changes_since(writer, current.path)
            counts |= {"vectors_computed": 0, "vectors_reused": 0}
            with writer.transaction():
                publishing.sign_build(writer, run_id, store.next_number(), datetime.now(UTC), counts)
        what.snapshot = publishing.publish(store, store.next_number(), store.request)
    except BaseException:
        publishing.discard(store, store.request)
        raise
    store.prune()


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
