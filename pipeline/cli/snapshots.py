"""List, compare, delete snapshots, or go back to an older one."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pipeline.cli import add_store
from store.errors import StoreError
from store.snapshots import Store

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console
    from rich.table import Table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    everything = actions.add_parser("list", help="all snapshots (this is the default)")
    compare = actions.add_parser("diff", help="what changed from one snapshot to another")
    compare.add_argument("old", type=int)
    compare.add_argument("new", type=int)
    delete = actions.add_parser("delete", help="delete a snapshot")
    use = actions.add_parser("use", help="make a snapshot the current one")
    for action in (delete, use):
        action.add_argument("number", type=int)
    for action in (everything, compare, delete, use):
        add_store(action)


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
    from rich.table import Table

    table = Table(*frame.columns)
    for row in frame.astype(str).itertuples(index=False):
        table.add_row(*row)
    return table
