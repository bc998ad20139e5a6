"""Clips out of the names of their files: what ESC-50, TIMIT, RAVDESS and EmoDB have in common."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from pathlib import Path

from pipeline.clips import Clip, Problem, Scan
from pipeline.datasets.corpus import DatasetError, describe, folder_of, require_folder

Reading = Clip | Problem | None
"""A clip; a name of this corpus that contradicts itself; or ``None``, not a name of this corpus."""


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
