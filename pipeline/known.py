"""What the store holds before a build."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pipeline.analyses import stage
from pipeline.features.view import View
from pipeline.rows import Row
from store.reader import Reader
from store.vectors import view_row


@dataclass(frozen=True, slots=True)
class Known:
    """Rows as the store has them."""

    clips: Mapping[str, Row]
    failures: Mapping[tuple[str, str], Row]
    vectors: Mapping[str, Collection[str]]
    """View name to the clips that have a vector under the view's present key."""
    datasets: Sequence[Row]
    views: Sequence[Row]
    analysed: bool
    """Whether every projection and clustering belongs to the clips and views as they are."""

    def is_described_by(self, datasets: Sequence[Row], views: Mapping[str, View]) -> bool:
        """Whether datasets and views are as the store has them, to the last word."""
        rows = [view_row(view, position) for position, view in enumerate(views.values())]
        by_name = {row["dataset"]: row for row in datasets}
        return by_name == {row["dataset"]: row for row in self.datasets} and rows == list(self.views)


NOTHING_KNOWN = Known({}, {}, {}, [], [], True)


def read_known(reader: Reader, views: Mapping[str, View]) -> Known:
    """Ask a snapshot, or an unfinished one, for what a plan must know."""
    rows = reader.rows("views")
    keys = {row["view"]: row["key"] for row in rows}
    valid = [name for name, view in views.items() if keys.get(name) == view.key]
    return Known(
        clips={row["clip_id"]: row for row in reader.rows("all_clips")},
        failures={(row["dataset"], row["relative_path"]): row for row in reader.rows("all_failures")},
        vectors={name: reader.vector_ids(name) for name in valid},
        datasets=reader.rows("all_datasets"),
        views=rows,
        analysed=not stage.stale(reader, views),
    )
