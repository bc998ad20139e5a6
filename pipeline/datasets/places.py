"""Finds the recording that a person meant by a path in a table, wherever that table was written."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from urllib.parse import unquote

from pipeline.datasets.corpus import is_audio

DRIVE = re.compile(r"\A[A-Za-z]:")
ADDRESS = "file://"


def _composed(path: str) -> str:
    """macOS decomposes accents in the names of files, tables are typed composed."""
    return unicodedata.normalize("NFC", path)


def _looks(path: str) -> str:
    return " ".join(_composed(path).casefold().split())


def _without_suffix(path: str) -> str:
    return _looks(path.rpartition(".")[0] if is_audio(path) else path)


LEVELS = (_composed, _looks, _without_suffix)
"""What two paths must share to name one recording: first all, then all but case and spaces, then not the suffix."""


class Places:
    """
    The recordings of a folder by their POSIX paths below it, and by the paths that people write for them.

    A cell names a recording where it is its path; where it ends with it, as absolute paths do and those that begin
    with the root's own name; or where the recording's path ends with it, as with bare names and paths below a
    folder of the root. Of several it names none.

    Parameters
    ----------
    paths : iterable of str
        POSIX paths below the root.
    root_name : str
        The name of the root itself, which some tables write in front.
    """

    def __init__(self, paths: Iterable[str], root_name: str = "") -> None:
        self.paths = frozenset(paths)
        self._root_name = root_name
        self._front: list[str] = []
        """The folders that every path of the table begins with and that are none below the root."""
        self._by_name: list[dict[str, list[str]]] = []
        for plain in LEVELS:
            named: dict[str, list[str]] = defaultdict(list)
            for path in sorted(self.paths):
                named[plain(path.rpartition("/")[2])].append(path)
            self._by_name.append(named)

    def learn(self, cells: Iterable[str]) -> None:
        """Find out which folders in front of a table's paths stand for the root, so that most are paths below it."""
        split = [clean(cell).split("/") for cell in cells if cell]
        front = posixpath.commonprefix([parts[:-1] for parts in split]) if split else []
        here = {_without_suffix(path) for path in self.paths}
        fits = Counter(
            count
            for parts in split
            for count in range(len(front) + 1)
            if _without_suffix("/".join(parts[count:])) in here
        )
        best = max(fits, key=lambda count: (fits[count], -count), default=0)
        self._front = list(front[:best])

    def find(self, cell: str, folder: str = "") -> str | None:
        """The one recording that a cell names; ``folder`` is the table's own below the root."""
        found = self.candidates(cell, folder)
        return found[0] if len(found) == 1 else None

    def candidates(self, cell: str, folder: str = "") -> list[str]:
        """The recordings that a cell may name, sorted."""
        named = clean(cell)
        if not named:
            return []
        parts, front = named.split("/"), len(self._front)
        rest = "/".join(parts[front:]) if parts[:front] == self._front else named
        forms = [posixpath.normpath(f"{folder}/{named}") if folder else named, named, rest]
        if self._root_name in parts[:-1]:
            forms.append("/".join(parts[::-1][: parts[::-1].index(self._root_name)][::-1]))
        for form in (cell, *forms):
            if form in self.paths:
                return [form]
        for plain, by_name in zip(LEVELS, self._by_name, strict=True):
            of_name = {path: plain(path) for path in by_name.get(plain(parts[-1]), [])}
            whole, end = {plain(form) for form in forms}, plain(rest)
            longest = max(
                (key for key in of_name.values() if "/" in key and end.endswith(f"/{key}")),
                key=len,
                default="",
            )
            for fits in (
                [path for path, key in of_name.items() if key in whole],
                [path for path, key in of_name.items() if key.endswith(f"/{end}")],
                [path for path, key in of_name.items() if key == longest],
            ):
                if fits:
                    return fits
        return []

    def namesakes(self, cell: str) -> list[str]:
        """The recordings of that file name, in whatever folder."""
        name = clean(cell).rpartition("/")[2]
        found = (by_name.get(plain(name), []) for plain, by_name in zip(LEVELS, self._by_name, strict=True))
        return next((paths for paths in found if paths), [])


def clean(cell: str) -> str:
    """A path in POSIX without what stands for nothing: a drive, ``./``, doubled slashes, the slash in front."""
    text = cell.strip()
    if text.lower().startswith(ADDRESS):
        text = unquote(text[len(ADDRESS) :])
    text = DRIVE.sub("", text).replace("\\", "/")
    return posixpath.normpath(_composed(text)).lstrip("/") if text else ""
