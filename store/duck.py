"""DuckDB's errors in words for the person at the keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb

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


def means(message: str, words: tuple[str, ...]) -> bool:
    return any(word in message for word in words)
