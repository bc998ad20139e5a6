"""The SQL files, and the one place where a name becomes part of a statement."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from store.errors import StoreError

SCHEMA_VERSION = "4"
"""Raise it when a table changes: a store of another version is refused with a word on what to do."""
LACKING = ("1", "2", "3")
"""Versions that are read as if the tables they lack were empty. The next build adds those to its copy, after
``upgrade.sql`` has dropped from it what is made in another way now."""
HERE = Path(__file__).resolve().parent
VIEW_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


@cache
def query(name: str) -> str:
    """The text of ``queries/NAME.sql``."""
    return (HERE / "queries" / f"{name}.sql").read_text(encoding="utf-8")


def view_query(name: str, view: str) -> str:
    """The text of ``queries/NAME.sql`` with the view's own table in the place of ``{table}``."""
    return query(name).replace("{table}", view_table(view))


@cache
def upgrade() -> str:
    """The text of ``upgrade.sql``."""
    return (HERE / "upgrade.sql").read_text(encoding="utf-8")


@cache
def schema() -> str:
    """The text of ``schema.sql``."""
    return (HERE / "schema.sql").read_text(encoding="utf-8")


def view_table(view: str) -> str:
    """The table that holds a view's vectors. Values are always bound; only this name is put into SQL.

    Raises
    ------
    StoreError
        The name could not be part of a table's name.
    """
    if not VIEW_NAME.fullmatch(view):
        raise StoreError(
            f"'{view}' cannot name a view: expected a lower-case letter, then lower-case letters, digits "
            "or _, at most 41 in all. Name it otherwise."
        )
    return f"view_{view}"


def file(path: Path) -> str:
    """A path as a quoted text, for ``attach``, which takes no bound value."""
    return "'" + str(path).replace("'", "''") + "'"


def is_read(version: str | None) -> bool:
    """Whether this program can work with a file of that version."""
    return version == SCHEMA_VERSION or version in LACKING


def other_version(path: Path, found: str | None) -> str:
    """What to say of a file that this program cannot work with."""
    return (
        f"{path} has tables of version {found}; this program expects version {SCHEMA_VERSION}. "
        "Move the store away, or set SESATLAS_STORE to another folder, and build again."
    )
