"""What readers of corpora share: one look through a folder tree, and clips out of the names of files."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.clips import Clip, Problem, Scan
from store.errors import SesatlasError

AUDIO_SUFFIXES = frozenset(
    {
        "wav", "bwf", "rf64", "w64", "flac", "ogg", "oga", "opus", "spx", "mp3", "mp2", "mpga",
        "m4a", "m4b", "aac", "3gp", "3ga", "amr", "awb", "wma", "webm", "weba", "mka", "aif",
        "aiff", "aifc", "caf", "au", "snd", "sph", "nist", "voc", "wv", "tta", "ape", "ac3",
    }
)  # fmt: skip
"""What a folder's recordings and a visitor's file may be called; what is in them, their bytes tell."""
LITTER = frozenset(
    {"__macosx", "$recycle.bin", "#recycle", "@eadir", "system volume information", "lost+found"}
)
"""Folders that systems leave beside what people keep, in lower case; passed over as hidden ones are."""
Reading = Clip | Problem | None
"""A clip; a name of this corpus that contradicts itself; or ``None``, not a name of this corpus."""


class DatasetError(SesatlasError):
    """A folder is not the collection it is said to be."""


@dataclass(slots=True)
class Tree:
    """What lies below ``root``: POSIX paths relative to it, sorted; hidden names and systems' litter left out."""

    root: Path
    files: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    """Links to folders, met but not followed yet."""

    @property
    def audio(self) -> list[str]:
        return [path for path in self.files if is_audio(path)]


def is_audio(path: str) -> bool:
    _, dot, suffix = path.rpartition(".")
    return bool(dot) and suffix.lower() in AUDIO_SUFFIXES


def folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def stem_of(path: str) -> str:
    """The name without folder and last suffix: ``a/b.c.wav`` -> ``b.c``."""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[0] or name


def walk(root: Path, start: str = "") -> Tree:
    """Look once at everything below ``root``, or below its sub-folder ``start``.

    Links to folders are followed once each, after the real folders, and never back into what was
    already seen; so a loop of links ends, and the order does not depend on the file system.
    """
    tree = Tree(root)
    begin = Path(root, start)
    reached = [begin.resolve()]
    _descend(tree, f"{start}/" if start else "")
    while tree.links:
        tree.links.sort()
        link = tree.links.pop(0)
        target = Path(root, link).resolve()
        if reached[0].is_relative_to(target) or any(target.is_relative_to(seen) for seen in reached):
            continue
        reached.append(target)
        _descend(tree, f"{link}/")
    tree.files.sort()
    tree.problems.sort(key=lambda problem: problem.relative_path)
    return tree


def _descend(tree: Tree, start: str) -> None:
    pending = [start]
    while pending:
        prefix = pending.pop()
        try:
            with os.scandir(Path(tree.root, prefix)) as entries:
                visible = [entry for entry in entries if not _is_hidden(entry.name)]
        except OSError as error:
            reason = (
                f"the folder cannot be opened ({error.strerror}); check that it is there and may be read."
            )
            tree.problems.append(Problem(_printable(prefix.rstrip("/")) or ".", "scan", reason))
            continue
        pending += [
            f"{prefix}{entry.name}/" for entry in visible if _sort_in(tree, prefix + entry.name, entry)
        ]


def _sort_in(tree: Tree, path: str, entry: os.DirEntry[str]) -> bool:
    """Put one entry where it belongs; true for a folder to go into."""
    try:
        is_folder, is_file = entry.is_dir(), entry.is_file()
    except OSError:  # a link that leads back to itself
        is_folder = is_file = False
    if _printable(path) != path:
        reason = "the name is not valid UTF-8, which the store needs; rename it and build again."
        tree.problems.append(Problem(_printable(path), "scan", reason))
    elif is_folder and entry.is_symlink():
        tree.links.append(path)
    elif is_folder:
        return True
    elif is_file:
        tree.files.append(path)
    elif is_audio(path):
        seen = "a link to a file that is not there" if entry.is_symlink() else "no file"
        if Path(tree.root, path).exists():
            seen = f"{'a link to ' * entry.is_symlink()}a pipe or a device and no file"
        tree.problems.append(Problem(path, "scan", f"it is {seen}; mend or remove it."))
    return False


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in LITTER


def _printable(path: str) -> str:
    # Linux hands over bytes that are no UTF-8 as lone surrogates, which no database takes.
    return path if path.isascii() else path.encode(errors="surrogateescape").decode(errors="replace")


def require_folder(root: Path, expected: str) -> None:
    """Raise DatasetError unless ``root`` is a folder that can be listed."""
    if not root.exists():
        raise DatasetError(f"{root} is not there: expected {expected}; check the path.")
    if not root.is_dir():
        raise DatasetError(f"{root} is a file: expected {expected}; give the folder instead.")
    if not os.access(root, os.R_OK | os.X_OK):
        raise DatasetError(f"{root} may not be read: expected {expected}; give read access to it.")


def describe(root: Path) -> str:
    """``root`` and what lies directly in it, for a sentence on why it is the wrong folder."""
    names = sorted(path.name for path in root.iterdir() if not path.name.startswith("."))
    if not names:
        return f"{root}, an empty folder"
    shown = ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")
    return f"{root}, which holds {shown}"


def scan_named(
    paths: Iterable[str],
    read: Callable[[str], Reading],
    *,
    identity: Callable[[Clip], Hashable],
    naming: str,
    whole: int,
    unit: str,
) -> Scan:
    """Read every path, keep one clip of each identity, and say what was left out.

    ``naming`` is how a file of this corpus is called; ``whole`` counts the ``unit`` of the full corpus.
    A foreign name beside recordings of the corpus is a Problem; elsewhere it is only counted, so that
    a folder above the corpus can be given although it holds other things.
    """
    # Upper folders first: of two copies, the one at the place the publisher gave it stays.
    readings = {path: read(path) for path in sorted(paths, key=lambda path: (path.count("/"), path))}
    kept: dict[Hashable, Clip] = {}
    for reading in readings.values():
        if isinstance(reading, Clip):
            kept.setdefault(identity(reading), reading)
    problems, elsewhere = _misnamed(readings, naming)
    copies = sum(isinstance(reading, Clip) for reading in readings.values()) - len(kept)
    return Scan(
        sorted(kept.values(), key=lambda clip: clip.relative_path),
        sorted(problems, key=lambda problem: problem.relative_path),
        [*_on_disk(len(kept), whole, unit), *_left_out(copies, elsewhere, unit)] if kept else [],
    )


def _misnamed(readings: dict[str, Reading], naming: str) -> tuple[list[Problem], int]:
    """What is wrong among the corpus' own recordings, and how many others lie elsewhere."""
    homes = {folder_of(path) for path, reading in readings.items() if reading is not None}
    foreign = [path for path, reading in readings.items() if reading is None]
    problems = [reading for reading in readings.values() if isinstance(reading, Problem)]
    reason = f"the name is not {naming}; rename the file or move it out of the corpus."
    problems += [Problem(path, "scan", reason) for path in foreign if folder_of(path) in homes]
    return problems, sum(folder_of(path) not in homes for path in foreign)


def validate_named(root: Path, scan: Callable[[Path, str], Scan], title: str, expected: str) -> list[str]:
    """One sentence on why ``root`` cannot be the corpus, or none."""
    try:
        require_folder(root, expected)
    except DatasetError as error:
        return [str(error)]
    if scan(root, title).clips:
        return []
    return [f"Nothing of {title} in {describe(root)}: expected {expected}; give the folder that holds it."]


def _on_disk(found: int, whole: int, unit: str) -> list[str]:
    return [f"{found:,} of {whole:,} {unit} are on disk."] if found < whole else []


def _left_out(copies: int, elsewhere: int, unit: str) -> list[str]:
    notes = []
    if copies:
        notes.append(f"Copies of {unit} under another name or folder: {copies:,}; one of each was read.")
    if elsewhere:
        notes.append(
            f"Recordings below this folder that do not belong to the corpus: {elsewhere:,}; left out."
        )
    return notes
