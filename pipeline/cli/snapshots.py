"""List, compare, delete snapshots, or go back to an older one."""

from __future__ import annotations

import argparse
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from pipeline.cli import add_common
from pipeline.cli.parser import Parser
from store.errors import StoreError
from store.snapshots import Store

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console
    from rich.table import Table

EXAMPLES = """
snapshots                 # all there are; one is the current one
snapshots diff 3 5        # what changed from 3 to 5
snapshots use 3           # go back to 3
snapshots delete 4
"""
PURPOSES = {
    "list": "List all snapshots, which is also done without an action.",
    "diff": "Show what changed from one snapshot to another.",
    "delete": "Delete a snapshot that is not the current one.",
    "use": "Make a snapshot the current one, which pages and commands read.",
}


def add_arguments(parser: Parser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    for name, purpose in PURPOSES.items():
        examples = "\n".join(line for line in EXAMPLES.splitlines() if line.startswith(f"snapshots {name}"))
        action = actions.add_parser(
            name, help=purpose, description=purpose, examples=examples or "snapshots list"
        )
        numbers = {"diff": ("old", "new"), "list": ()}.get(name, ("number",))
        for one in numbers:
            action.add_argument(one, type=_number)
        add_common(action)


def _number(word: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", word):
        raise argparse.ArgumentTypeError(
            f"'{word[:20]}' is no snapshot; expected a number, as `snapshots` lists"
        )
    return int(word)


def run(options: argparse.Namespace) -> int:
    from pipeline.cli.console import plain

    store, console = Store(options.store), plain()
    match options.action:
        case "diff":
            _show_diff(store, options.old, options.new, console)
        case "delete":
            store.snapshot(options.number)  # before the lock, which would make a store where there is none
            with store.lock():
                store.delete(options.number)
            console.print(f"Snapshot {options.number} is deleted.")
        case "use":
            store.snapshot(options.number)
            with store.lock():
                store.use(options.number)
            console.print(f"Snapshot {options.number} is the current one now.")
        case _:
            _list(store, console)
    return 0


def _list(store: Store, console: Console) -> None:
    from rich.table import Table

    current, fault = None, ""
    try:
        current = store.current()
    except StoreError as error:
        fault = str(error)  # the list is what a person needs to mend it
    table = Table("snapshot", "published", "size", "")
    for snapshot in store.snapshots():
        mark = "current" if current and snapshot.number == current.number else ""
        with suppress(FileNotFoundError):  # a build has dropped it since
            size = f"{snapshot.size_bytes / 1e6:.1f} MB"
            table.add_row(str(snapshot.number), f"{snapshot.published_at:%Y-%m-%d %H:%M:%S}", size, mark)
    console.print(table if table.row_count else "No snapshot yet. Run `python -m pipeline build`.")
    if fault:
        raise StoreError(fault)


def _show_diff(store: Store, old: int, new: int, console: Console) -> None:
    from store.compare import diff

    difference = diff(store.snapshot(old), store.snapshot(new))
    if difference.empty:
        console.print(f"Snapshots {old} and {new} hold the same.")
        return
    for frame in difference.tables.values():
        if not frame.empty:
            console.print(_table(frame))


def _table(frame: pd.DataFrame) -> Table:
    from rich.table import Column, Table

    table = Table(*(Column(name, overflow="fold") for name in frame.columns))
    for row in frame.astype(str).itertuples(index=False):
        table.add_row(*row)
    return table
