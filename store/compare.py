"""How two snapshots differ."""

from __future__ import annotations

from dataclasses import dataclass, fields

import duckdb
import pandas as pd

from store.database import duckdb_errors_as, first_line, query, quoted
from store.errors import StoreError
from store.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows that differ between an older and a newer snapshot; see ``queries/diff_*.sql``."""

    clips: pd.DataFrame
    views: pd.DataFrame
    failures: pd.DataFrame
    analyses: pd.DataFrame
    experiments: pd.DataFrame

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All of them by name, those in which nothing differs included."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @property
    def empty(self) -> bool:
        return all(frame.empty for frame in self.tables.values())


def diff(old: Snapshot, new: Snapshot) -> Difference:
    """What changed from ``old`` to ``new``: clips, views, failures, analyses and experiments.

    Raises
    ------
    StoreError
        One of the files cannot be read, or both are the same.
    """
    if old.number == new.number:
        raise StoreError(f"Snapshot {old.number} was to be compared with itself. Choose two different ones.")

    def describe(message: str) -> StoreError:
        return StoreError(
            f"Snapshots {old.number} and {new.number} cannot be compared ({first_line(message)}). "
            "`python -m pipeline doctor` says which file is at fault."
        )

    with duckdb_errors_as(describe), duckdb.connect() as con:
        for name, snapshot in (("old", old), ("new", new)):
            con.execute(f"attach {quoted(snapshot.path)} as {name} (read_only)")
            con.execute(f"create temp table {name}_units as {_units(con, name)}")
            con.execute(f"create temp table {name}_experiments as {_experiments(con, name)}")
        con.execute("use new")
        kinds = (each.name for each in fields(Difference))
        return Difference(**{kind: con.execute(query(f"diff_{kind}")).df() for kind in kinds})


def _units(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """What is analysed in an attached snapshot: nothing in one from before there were analyses."""
    if not _has(con, name, "units"):
        return "select '' as dataset, '' as view, '' as key, 0 as results where false"
    counts = " + ".join(
        f"(select count(*) from {name}.{table} t where t.dataset = u.dataset and t.view = u.view)"
        for table in ("projections", "clusterings")
    )
    keys = "string_agg(stage || ':' || key, ' ' order by stage)"
    return (
        f"select dataset, view, {keys} as key, {counts} as results from {name}.units u group by dataset, view"
    )


def _experiments(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """What is learned in an attached snapshot: nothing in one from before there were experiments."""
    if not _has(con, name, "experiments"):
        return "select '' as experiment_id, '' as key, 0.0 as accuracy where false"
    return f"select experiment_id, key, accuracy from {name}.experiments"


def _has(con: duckdb.DuckDBPyConnection, name: str, table: str) -> bool:
    count = "select count(*) from duckdb_tables() where database_name = ? and table_name = ?"
    return bool(con.execute(count, [name, table]).fetchall()[0][0])
