"""Rows of the store's tables, as the pipeline makes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from operator import attrgetter
from pathlib import Path
from typing import Any

from pipeline.audio.recordings import Facts
from pipeline.clips import Clip, Problem

Row = dict[str, Any]
FACTS = tuple(fact.name for fact in fields(Facts))
TOLD = tuple(told.name for told in fields(Clip) if told.name != "path")
_told = attrgetter(*TOLD)


def clip_row(clip: Clip, stamp: Row, facts: Row, hash_: str) -> Row:
    """One row of the table ``clips``."""
    told = dict(zip(TOLD, _told(clip), strict=True))
    return told | stamp | facts | {"clip_id": clip.clip_id, "content_hash": hash_}


def failure_row(dataset: str, problem: Problem, stamp: Row | None) -> Row:
    """One row of the table ``failures``; without a stamp the file is tried again by the next build."""
    unknown = {"size_bytes": None, "modified_ns": None, "changed_ns": None}
    return {"dataset": dataset, **asdict(problem), **(stamp or unknown)}


def stamp(path: Path) -> Row:
    """What tells a changed file without opening it. Raises ``OSError``.

    Size and date alone do not: an unpacked archive gives all its files one date, and in ESC-50 all have
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
