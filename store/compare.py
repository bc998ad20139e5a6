"""How two snapshots differ."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pandas as pd

from store import sql
from store.duck import first_line, told_as
from store.errors import StoreError
from store.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows that differ between an older and a newer snapshot; see ``queries/diff_*.sql``."""

    clips: pd.DataFrame
    views: pd.DataFrame
    failures: pd.DataFrame

    @property
    def empty(self) -> bool:
        return self.clips.empty and self.views.empty and self.failures.empty


def diff(old: Snapshot, new: Snapshot) -> Difference:
    """What changed from ``old`` to ``new``: clips, views and failures.

    Raises
    ------
    StoreError
        One of the files cannot be read, or both are the same.
    """
    if old.number == new.number:
        raise StoreError(f"Snapshot {old.number} was to be compared with itself. Choose two different ones.")

    def say(message: str) -> StoreError:
        return StoreError(
            f"Snapshots {old.number} and {new.number} cannot be compared ({first_line(message)}). "
            "`python -m pipeline doctor` tells which file is at fault."
        )

    with told_as(say), duckdb.connect() as con:
        for name, snapshot in (("old", old), ("new", new)):
            con.execute(f"attach {sql.file(snapshot.path)} as {name} (read_only)")
        con.execute("use new")
        tables = (con.execute(sql.query(f"diff_{kind}")).df() for kind in ("clips", "views", "failures"))
        return Difference(*tables)
