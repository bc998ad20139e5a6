"""Make a folder whole or not at all, and only once."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from filelock import FileLock

from store.errors import SesatlasError

STAMP = ".sesatlas-demo.json"
log = logging.getLogger(__name__)


class PrepareError(SesatlasError):
    """The demo recordings cannot be written where they were asked for."""


def make_once(root: Path, stamp: Mapping[str, object], write: Callable[[Path], None]) -> bool:
    """Fill ``root`` by ``write(folder)`` unless it already carries ``stamp``; true if it was filled.

    ``write`` works in a hidden folder beside ``root``, which is renamed once it is whole: whoever is
    killed on the way leaves ``root`` as it was. A folder of an older stamp, or with recordings
    missing, is replaced. ``stamp["recordings"]`` is how many ``.wav`` files there must be.

    Raises
    ------
    PrepareError
        ``root`` holds something else, or cannot be written.
    """
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(root.parent / f".{root.name}.lock"):
            if _is_made(root, stamp):
                return False
            _require_ours(root)
            _make(root, stamp, write)
    except OSError as error:
        raise PrepareError(
            f"{root} cannot be written ({error.strerror or error}): about 120 MB are expected; "
            "make room or choose another folder."
        ) from error
    log.info("%s: %s recordings made", root, stamp["recordings"])
    return True


def _is_made(root: Path, stamp: Mapping[str, object]) -> bool:
    if _read_stamp(root) != dict(stamp):
        return False
    return sum(path.suffix.lower() == ".wav" for path in root.rglob("*")) == stamp["recordings"]


def _read_stamp(root: Path) -> object:
    try:
        return json.loads((root / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _require_ours(root: Path) -> None:
    """Nobody's own recordings are ever replaced: only what carries the stamp's file, or nothing."""
    if root.is_dir() and ((root / STAMP).is_file() or not any(root.iterdir())):
        return
    if root.exists():
        kind = "a folder with other files" if root.is_dir() else "a file"
        raise PrepareError(
            f"{root} is {kind}: an empty or new folder is expected for the demo; give another path."
        )


def _make(root: Path, stamp: Mapping[str, object], write: Callable[[Path], None]) -> None:
    partial, old = (root.parent / f".{root.name}.{what}" for what in ("partial", "old"))
    for leftover in (partial, old):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        partial.mkdir()
        write(partial)
        (partial / STAMP).write_text(json.dumps(dict(stamp), indent=1) + "\n", encoding="utf-8")
        if root.exists():
            root.rename(old)
        partial.rename(root)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
