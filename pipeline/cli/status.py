"""What the store holds: collections, views, the last build, failures."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from store.errors import StoreError
from store.snapshots import Snapshot, Store

if TYPE_CHECKING:
    from rich.console import Console

    from store.reader import Reader

EXAMPLES = """
status                    # collections, views, the last build
status --failures         # each file that failed, with its reason
status --json             # for another program
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--failures", action="store_true", help="list each file that failed, with its reason")
    parser.add_argument("--json", action="store_true", help="as one JSON object")


def run(options: argparse.Namespace) -> int:
    from pipeline.cli.console import plain
    from store.reader import open_current

    store = Store(options.store)
    found = open_current(store)
    if found is None:
        raise StoreError(
            f"The store at {options.store} is empty. Fill it with `python -m pipeline build --dataset demo` "
            "or with your own recordings: `--dataset esc50=PATH`."
        )
    current, opened = found
    with opened as reader:
        state = describe(store, current, reader)
    if options.json:
        sys.stdout.write(json.dumps(state, default=str) + "\n")
    else:
        show(state, plain(), failures=options.failures)
    return 0


def describe(store: Store, current: Snapshot, reader: Reader) -> dict[str, Any]:
    """The state of the store in plain values."""
    datasets = (
        "dataset", "title", "synthetic", "clips", "hours", "classes", "speakers", "failures", "path", "notes",
    )  # fmt: skip
    views = ("view", "version", "dimension")
    builds = reader.rows("builds")
    return {
        "store": str(store.root),
        "snapshot": current.number,
        "published_at": _published_at(current),
        "building": store.is_building(),
        "last_build": builds[0] if builds else None,
        "datasets": [{name: row[name] for name in datasets} for row in reader.rows("datasets")],
        "views": [{name: row[name] for name in views} for row in reader.rows("views")],
        "failures": reader.rows("failures"),
    }


def _published_at(snapshot: Snapshot) -> str | None:
    try:
        return snapshot.published_at.isoformat(timespec="seconds")
    except FileNotFoundError:  # dropped by a build since it was opened
        return None


def show(state: dict[str, Any], console: Console, *, failures: bool) -> None:
    from rich.table import Column, Table

    of = f" of {state['published_at']}" if state["published_at"] else ""
    console.print(f"Snapshot {state['snapshot']}{of}, in {state['store']}")
    if state["building"]:
        console.print("A build is at work on it now.")
    if state["last_build"]:
        console.print(_last_build(state["last_build"]))
    table = Table(
        "collection", "clips", "hours", "classes", "speakers", Column("recordings in", overflow="fold")
    )
    for row in state["datasets"]:
        name = row["dataset"] + (" (synthetic)" if row["synthetic"] else "")
        numbers = (str(row["clips"]), f"{row['hours']:.2f}", str(row["classes"]), str(row["speakers"]))
        table.add_row(name, *numbers, row["path"])
    console.print(table)
    for row in state["datasets"]:
        for note in row["notes"]:
            console.print(f"{row['dataset']}: {note}")
    console.print("Views: " + ", ".join(f"{row['view']} ({row['dimension']})" for row in state["views"]))
    console.print(f"{len(state['failures'])} files failed.")
    if failures:
        file, reason = Column("file", overflow="fold"), Column("reason", overflow="fold")
        listed = Table("collection", file, "stage", reason)
        for row in state["failures"]:
            listed.add_row(row["dataset"], row["relative_path"], row["stage"], row["reason"])
        console.print(listed)


def _last_build(build: dict[str, Any]) -> str:
    counts = ", ".join(f"{build[name]} {name}" for name in ("added", "updated", "removed", "failed"))
    return f"Last build {build['build_id']}: {counts}; {build['vectors_computed']} vectors computed."
