"""DuckDB's errors in words for the person at the keyboard, and rows in DuckDB's types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from store.errors import StoreError

FULL = ("No space left", "File too large", "Disk quota", "out of disk space")
DAMAGED = ("Corrupt database file", "not a valid DuckDB", "Could not read", "checksum")


class DamagedError(StoreError):
    """A file of the store does not hold what was once written into it."""


@contextmanager
def told_as(say: Callable[[str], StoreError]) -> Iterator[None]:
    """Raise what ``say`` makes of DuckDB's message in place of any error of DuckDB's own."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except duckdb.Error as error:
        raise say(str(error)) from error
    except RuntimeError as error:
        # DuckDB swallows what a signal handler raises in the middle of a query and raises this instead.
        if "Query interrupted" not in str(error):
            raise
        raise KeyboardInterrupt from error


def first_line(message: str) -> str:
    """The part of DuckDB's message that says what happened; what follows are hints on SQL."""
    return message.strip().splitlines()[0].rstrip(".") if message.strip() else "no reason given"


def explain(message: str) -> StoreError:
    """DuckDB's refusal to write as one sentence."""
    line = first_line(message)
    if any(word in message for word in FULL):
        return StoreError(
            f"The disk is full ({line}). Free some space and build again: "
            "finished batches are kept and the current snapshot is untouched."
        )
    if any(word in message for word in DAMAGED):
        return DamagedError(
            f"The unfinished build is damaged ({line}) and has been put away. Build again; if that ends in "
            "the same way, go to another snapshot with `python -m pipeline snapshots use NUMBER` first."
        )
    return StoreError(f"The store could not be written ({line}). The current snapshot is untouched.")


def typed(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as an Arrow table of the table's own columns and types.

    Of the rows alone, Arrow would take the first one's columns for all there are.

    Raises
    ------
    StoreError
        A column that the table does not have, or a value that does not fit.
    """
    schema = con.sql(f"from {table} limit 0").to_arrow_table().schema
    unknown = sorted(set(rows[0]) - set(schema.names))
    if unknown:
        raise StoreError(f"The table {table} has no column {unknown[0]}; it has {', '.join(schema.names)}.")
    try:
        return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)
    except (pa.ArrowException, OverflowError) as error:
        raise StoreError(
            f"A value does not fit the table {table} ({error}). Mend the table it comes from and build again."
        ) from error
