"""The SQL files, and the one place where a name becomes part of a statement."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from store.errors import StoreError

HERE = Path(__file__).resolve().parent
VIEW_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


@cache
def query(name: str) -> str:
    """The text of ``queries/NAME.sql``."""
    return (HERE / "queries" / f"{name}.sql").read_text(encoding="utf-8")


def schema() -> str:
    return (HERE / "schema.sql").read_text(encoding="utf-8")


def view_table(view: str) -> str:
    """The table that holds a view's vectors. Values are always bound; only this name is put into SQL."""
    if not VIEW_NAME.fullmatch(view):
        raise StoreError(f"'{view}' cannot name a view: lower-case letters, digits and _ are expected.")
    return f"view_{view}"
