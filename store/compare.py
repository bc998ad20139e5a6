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
    analyses: pd.DataFrame

    @property
    def empty(self) -> bool:
        return all(frame.empty for frame in (self.clips, self.views, self.failures, self.analyses))


def diff(old: Snapshot, new: Snapshot) -> Difference:
    """What changed from ``old`` to ``new``: clips, views, failures and analyses.

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
            con.execute(f"create temp table {name}_units as {_units(con, name)}")
        con.execute("use new")
        kinds = ("clips", "views", "failures", "analyses")
        return Difference(*(con.execute(sql.query(f"diff_{kind}")).df() for kind in kinds))


def _units(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """What is analysed in an attached snapshot: nothing in one from before there were analyses."""
    there = con.execute(
        "select count(*) from duckdb_tables() where database_name = ? and table_name = 'analyses'", [name]
    ).fetchall()[0][0]
    if not there:
        return "select '' as dataset, '' as view, '' as key, 0 as results where false"
    counts = " + ".join(
        f"(select count(*) from {name}.{table} t where t.dataset = a.dataset and t.view = a.view)"
        for table in ("projections", "clusterings")
    )
    return f"select dataset, view, key, {counts} as results from {name}.analyses a"
