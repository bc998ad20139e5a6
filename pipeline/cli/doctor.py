"""What is installed, what the store holds, what is wrong and how to mend it."""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.sources import PROJECT
from store.errors import StoreError
from store.snapshots import Store
from store.text import visible

if TYPE_CHECKING:
    from store.reader import Reader

EXAMPLES = """
doctor                    # all that is looked at
doctor --quiet            # only what is wrong; exit code 1 where something is
doctor --store PATH       # of another store
"""
LEAST_FREE_BYTES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``mend`` is empty where nothing is wrong."""

    what: str
    mend: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="only what is wrong")


def run(options: argparse.Namespace) -> int:
    from rich.text import Text

    from pipeline.cli.console import plain

    console = plain()
    store = Store(options.store)
    findings = [*_machine(store), *_packages(), *_store(store)]
    for finding in findings:
        if finding.mend:
            words = f"  {visible(finding.what)}\n       {visible(finding.mend)}"
            console.print(Text.assemble(("wrong", "red"), words))
        elif not options.quiet:
            console.print(Text.assemble(("ok", "green"), f"     {visible(finding.what)}"))
    return 1 if any(finding.mend for finding in findings) else 0


def _machine(store: Store) -> Iterator[Finding]:
    version = platform.python_version()
    old = "" if sys.version_info >= (3, 11) else "Sesatlas needs Python 3.11 or newer."
    yield Finding(f"Python {version}", old)
    there = next(path for path in (store.root, *store.root.parents) if path.exists())
    free = shutil.disk_usage(there).free
    yield Finding(
        f"{free / 1e9:.1f} GB free for the store",
        "" if free > LEAST_FREE_BYTES else "A build needs room for a copy of the store: free at least 1 GB.",
    )


def _packages() -> Iterator[Finding]:
    requirements = PROJECT / "requirements.txt"
    if not requirements.exists():
        yield Finding("requirements.txt is not beside the program", "Run it from a clone of the repository.")
        return
    pins = re.findall(r"^([\w.-]+)==(\S+)", requirements.read_text(encoding="utf-8"), re.MULTILINE)
    for name, pinned in pins:
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(f"{name} is not installed", "Run `pip install -r requirements.txt`.")
            continue
        same = found.split("+")[0] == pinned
        mend = "" if same else f"{pinned} is expected: run `pip install -r requirements.txt`."
        yield Finding(f"{name} {found}", mend)


def _store(store: Store) -> Iterator[Finding]:
    from store.reader import open_current

    if _is_interrupted(store):
        yield Finding(
            "a build was interrupted", "Run `python -m pipeline build`: it goes on where it stopped."
        )
    try:
        current = store.current()
    except StoreError as error:
        yield Finding("the store's CURRENT", str(error))
        return
    if current is None:
        yield Finding(f"the store at {store.root} is empty", "Run `python -m pipeline build --dataset demo`.")
        return
    try:
        found = open_current(store)
        assert found is not None, "a store is never emptied"
        current, opened = found
        with opened as reader:
            yield from _content(reader)
            yield Finding(f"snapshot {current.number} can be read")
    except StoreError as error:
        yield Finding(f"snapshot {current.number} is damaged", str(error))


def _is_interrupted(store: Store) -> bool:
    left = store.staging.exists() or (store.root / "PUBLISHING").exists()
    return left and not store.is_building()


def _content(reader: Reader) -> Iterator[Finding]:
    from pipeline.features import VIEWS

    clips = 0
    for row in reader.rows("datasets"):
        clips += row["clips"]
        gone = (
            f"Its folder {row['path']} is gone: give the new one with --dataset, or run "
            f"`python -m pipeline build --forget {row['dataset']}`."
        )
        mend = "" if Path(row["path"]).is_dir() else gone
        yield Finding(f"{row['dataset']}: {row['clips']} clips, {row['failures']} failures", mend)
    keys = {row["view"]: row["key"] for row in reader.rows("views")}
    stale = ", ".join(name for name, view in VIEWS.items() if keys.get(name) != view.key)
    mend = f"{stale} would be computed otherwise today: run `python -m pipeline build`." if stale else ""
    yield Finding(f"{len(keys)} views", mend)
    made = reader.embeddings().groupby("view")["clips"].sum()
    for view in keys:
        # All vectors are read, so that a damaged part of the file shows here and not on a page.
        short = int(made.get(view, clips)) - len(reader.matrix(None, view).clip_ids)
        mend = f"{short} clips have no vector in it: run `python -m pipeline build`." if short else ""
        yield Finding(f"the view {view}", mend)
