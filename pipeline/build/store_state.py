"""What the store holds before a build, and the rows of its tables as the pipeline makes them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from dataclasses import fields as dataclass_fields
from operator import attrgetter
from pathlib import Path
from typing import Any

from pipeline.audio.decode import Facts
from pipeline.build import stages
from pipeline.clips import Clip, Problem, Row
from pipeline.features.view import View
from pipeline.fields import FIELDS
from pipeline.stage import State
from store import publishing
from store.errors import StoreError
from store.reader import Reader
from store.snapshots import Snapshot, Store
from store.views import view_row

FACTS = tuple(fact.name for fact in dataclass_fields(Facts))
ATTRIBUTES = tuple(one.name for one in dataclass_fields(Clip) if one.name not in ("path", "more"))
_attributes = attrgetter(*ATTRIBUTES)
log = logging.getLogger(__name__)


def clip_row(clip: Clip, stamp: Row, facts: Row, hash_: str) -> Row:
    """One row of the table ``clips``."""
    row = dict(zip(ATTRIBUTES, _attributes(clip), strict=True))
    more = {name: clip.more.get(name) for name in FIELDS if name not in row and name not in facts}
    return row | more | stamp | facts | {"clip_id": clip.clip_id, "content_hash": hash_}


def same_row(row: Row | None, expected: Row) -> bool:
    """Whether the store has this row of ``clips``. It may have been written when there were other columns."""
    return row is not None and all(row.get(name) == value for name, value in expected.items())


def failure_row(dataset: str, problem: Problem, stamp: Row | None) -> Row:
    """One row of the table ``failures``; without a stamp the file is tried again by the next build."""
    unknown = {"size_bytes": None, "modified_ns": None, "changed_ns": None}
    return {"dataset": dataset, **asdict(problem), **(stamp or unknown)}


def stamp(path: Path) -> Row:
    """What shows that a file has changed, without opening it. Raises ``OSError``.

    Size and date alone would not: an unpacked archive gives all its files one date, and in ESC-50 all have
    one size as well. ``changed_ns`` also moves when a file is renamed onto another one.
    """
    status = path.stat()
    return {
        "size_bytes": status.st_size,
        "modified_ns": status.st_mtime_ns,
        "changed_ns": status.st_ctime_ns,
    }


def same_file(row: Mapping[str, Any], stamped: Row) -> bool:
    """Whether a row of the store was written for the file as it is now, by its :func:`stamp`."""
    return all(row[name] == value for name, value in stamped.items())


def still_the_same(path: Path, stamped: Row) -> bool:
    """Whether a file has neither changed nor gone since it was stamped; new rights are no change."""
    try:
        now = stamp(path)
    except OSError:
        return False
    return all(now[name] == stamped[name] for name in ("size_bytes", "modified_ns"))


@dataclass(frozen=True, slots=True)
class StoreState:
    """Rows as the store has them."""

    clips: Mapping[str, Row]
    failures: Mapping[tuple[str, str], Row]
    vectors: Mapping[str, Collection[str]]
    """View name to the clips that have a vector under the view's present key."""
    datasets: Sequence[Row]
    views: Sequence[Row]
    analysed: bool
    """Whether every projection, clustering, experiment and audit belongs to the clips and views as they are."""

    def is_described_by(self, datasets: Sequence[Row], views: Mapping[str, View]) -> bool:
        """Whether datasets and views are as the store has them, to the last word."""
        rows = [view_row(view, position) for position, view in enumerate(views.values())]
        by_name = {row["dataset"]: row for row in datasets}
        return by_name == {row["dataset"]: row for row in self.datasets} and rows == list(self.views)


EMPTY = StoreState({}, {}, {}, [], [], True)


def read_state(root: Path, reader: Reader, views: Mapping[str, View], thorough: bool = False) -> StoreState:
    """Ask a snapshot, or an unfinished one, for what a plan must know."""
    rows = reader.rows("views")
    keys = {row["view"]: row["key"] for row in rows}
    valid = [name for name, view in views.items() if keys.get(name) == view.key]
    return StoreState(
        clips={row["clip_id"]: row for row in reader.rows("all_clips")},
        failures={(row["dataset"], row["relative_path"]): row for row in reader.rows("all_failures")},
        vectors={name: reader.vector_ids(name) for name in valid},
        datasets=reader.rows("all_datasets"),
        views=rows,
        analysed=stages.complete(State(root, views, thorough=thorough), reader),
    )


def state_before(
    store: Store, current: Snapshot | None, views: Mapping[str, View], *, thorough: bool = False
) -> tuple[StoreState, Snapshot | None]:
    """What a build begins from, and the snapshot that its work is counted against.

    An unfinished build goes on, if the current snapshot is the one it began from or one that it has published
    on its way. Otherwise, or where its file is damaged, it is discarded.
    """
    if store.staging.exists():
        try:
            with Reader(store.staging) as reader:
                meta = reader.meta()
                began_from = meta.get("base", "")
                if base_of(current) in (began_from, *map(str, steps(meta))):
                    return read_state(store.root, reader, views, thorough), _snapshot(store, began_from)
        except StoreError as error:
            log.warning("The unfinished build is started anew: %s", error)
    publishing.discard(store)
    if current is None:
        return EMPTY, None
    with Reader(current.path) as reader:
        return read_state(store.root, reader, views, thorough), current


def _snapshot(store: Store, number: str) -> Snapshot | None:
    """None stands for the empty store, and for a snapshot that somebody has deleted since."""
    there = {str(snapshot.number): snapshot for snapshot in store.snapshots()}
    return there.get(number)


def base_of(current: Snapshot | None) -> str:
    """What a staging database says of the snapshot it began from."""
    return str(current.number if current else 0)


def steps(meta: Mapping[str, str]) -> list[int]:
    """The snapshots that an unfinished build has published on its way, oldest first."""
    return [int(word) for word in meta.get("steps", "").split() if word.isdecimal()]
