"""A plan and a snapshot in the numbers that a build tells."""

from __future__ import annotations

from pipeline.build.plan import Plan
from pipeline.runtime import events
from store.reader import Reader
from store.snapshots import Snapshot


def planned(plan: Plan) -> events.Planned:
    return events.Planned(
        to_extract=len(plan.jobs),
        unchanged=plan.unchanged,
        updated=len(plan.rows) - len(plan.reused),
        reused=len(plan.reused),
        removed=len(plan.removed),
        failed=len(plan.failures),
    )


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
