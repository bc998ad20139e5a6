"""Any folder of recordings: the reader for a collection of your own.

What      Recordings of any kind that libsndfile or FFmpeg reads, anywhere below one folder.
Size      Whatever you have.
Licence   The owner's own; Sesatlas does not know it
Citation  The owner's own; cite where the recordings come from.
Layout    LABEL/any/depth/recording.wav, or a CSV or TSV that lists the recordings

Without a table the label is the first folder below the one that holds all recordings; a recording directly in
that one has none.

With a table the table is the collection. One of its columns names the recordings: path (or filename, file, fname,
audio ...), or any other whose cells are names of recordings; as paths below the root, bare names, or absolute
paths, also those of another machine. It may have label (category, class), label_group (group), fold, split, source
(src_file), take, speaker (client_id), sex (gender), dialect, age_years (age), height_cm, sentence, sentence_type and
text (transcript). Upper or lower case; separated by comma, semicolon, tab or bar. A listed file that is not there is a
Problem; a recording that is not listed is left out, with a note; an empty cell means unknown, also for the label.
Without a label column the label is the folder. Tables and columns that are not used are named in a note.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

from pipeline.clips import Clip, Dataset, Problem, Scan
from pipeline.datasets.corpus import DatasetError, Tree, describe, require_folder, walk
from pipeline.datasets.listing import Listing, find_listings
from pipeline.datasets.places import Places
from pipeline.datasets.table import Row, quoted
from pipeline.fields import plain

ATTRIBUTES = {one.name for one in dataclass_fields(Clip)}
MAX_NAME = 255
"""Letters of what a list calls a recording that is not there."""
EXPECTED = "a folder with recordings (.wav, .flac, .ogg, .mp3, .m4a ...)"


def scan(root: Path, dataset_name: str) -> Scan:
    tree = walk(root)
    try:
        listings = find_listings(tree)
    except DatasetError as error:
        return Scan(problems=tree.problems, notes=[str(error)])
    base = _base(tree.audio)
    if listings.used:
        found = _listed(tree, listings.used, base, dataset_name)
        return Scan(found.clips, found.problems, found.notes + listings.notes)
    clips = [_clip(tree, dataset_name, path, {"label": _folder_label(path, base)}) for path in tree.audio]
    return Scan(clips, tree.problems, _label_notes(clips, base) + listings.notes)


def validate(root: Path) -> list[str]:
    try:
        require_folder(root, EXPECTED)
        listings = find_listings(walk(root))
    except DatasetError as error:
        return [str(error)]
    if scan(root, "folder").clips:
        return []
    if listings.used:
        first = listings.used[0]
        named = quoted(first.table.rows[0].cells.get(first.path_column, ""))
        return [
            f"None of the {len(first.table.rows):,} files that {first.name} lists, such as {named}, is below {root}; "
            "mend the list, or remove it and the folders are the labels."
        ]
    return [f"No recording in {describe(root)}: expected {EXPECTED}; give the folder that holds them."]


def _clip(tree: Tree, dataset_name: str, path: str, fields: dict[str, Any]) -> Clip:
    more = {name: fields.pop(name) for name in list(fields) if name not in ATTRIBUTES}
    return Clip(dataset=dataset_name, path=Path(tree.root, path), relative_path=path, more=more, **fields)


def _base(paths: Sequence[str]) -> tuple[str, ...]:
    """The folders that lead from the root to where its recordings part: a root may be given too high."""
    folders = {tuple(path.split("/")[:-1]) for path in paths}
    shared = tuple(posixpath.commonprefix(list(folders))) if folders else ()
    # Recordings that all lie in one folder have it as their label.
    return shared[:-1] if len(folders) == 1 else shared


def _folder_label(path: str, base: Sequence[str]) -> str | None:
    folders = path.split("/")[len(base) : -1]
    return plain(folders[0]) or None if folders else None


def _label_notes(clips: list[Clip], base: Sequence[str]) -> list[str]:
    labels = Counter(clip.label for clip in clips)
    notes = [f"Labels are the folders in {'/'.join(base)}, which holds all recordings."] if base else []
    if len(labels) == 1 and len(clips) > 1 and clips[0].label:
        only = clips[0].label
        return [f"All {len(clips):,} recordings have the label {only!r}, the one folder that holds them."]
    bare = labels[None]
    return [*notes, *([f"Recordings directly in the folder, which have no label: {bare:,}."] if bare else [])]


def _listed(tree: Tree, listings: Sequence[Listing], base: Sequence[str], dataset_name: str) -> Scan:
    places = Places(tree.audio, tree.root.resolve().name)
    clips: dict[str, Clip] = {}
    problems = {problem.relative_path: problem for problem in tree.problems}
    notes: list[str] = []
    for listing in listings:
        unnamed: list[int] = []
        repeated: list[int] = []
        for row, path in zip(listing.table.rows, listing.paths, strict=True):
            named = row.cells.get(listing.path_column, "")
            if not named and not row.fault:
                unnamed.append(row.line)
            elif path in clips or path in problems:
                repeated.append(row.line)
            elif path is None or row.fault or row.width != len(listing.table.columns):
                name = path or named[:MAX_NAME] or f"{listing.name} line {row.line}"
                problems.setdefault(name, Problem(name, "scan", _fault(listing, row, path, places)))
            else:
                fields = {"label": _folder_label(path, base)} | listing.fields(row)
                clips[path] = _clip(tree, dataset_name, path, fields)
        notes += [
            *listing.all_notes(),
            *_left_out(unnamed, f"Lines of {listing.name} that name no file"),
            *_left_out(repeated, f"Lines of {listing.name} that name a file of an earlier line"),
        ]
    unlisted = [path for path in tree.audio if path not in clips and path not in problems]
    which = " or ".join(listing.name for listing in listings)
    notes += _left_out(unlisted, f"Recordings that {which} does not list")
    found = sorted(problems.values(), key=lambda problem: problem.relative_path)
    return Scan([clips[path] for path in sorted(clips)], found, notes)


def _left_out(which: Sequence[object], what: str) -> list[str]:
    return [f"{what}: {len(which):,}, first {which[0]}; left out."] if which else []


def _fault(listing: Listing, row: Row, path: str | None, places: Places) -> str:
    line = f"line {row.line} of {listing.name}"
    if row.fault:
        return f"{line} {row.fault}"
    if path is None:
        named = row.cells[listing.path_column]
        several = places.candidates(named)
        if len(several) > 1:
            both = f"{len(several)} recordings, {several[0]} and {several[1]}"
            return f"{line} fits {both}; write its path from the root."
        elsewhere = places.namesakes(named)
        if elsewhere:
            return f"{line} lists it, and there is only {elsewhere[0]}; mend the path or move the file."
        return f"{line} lists it, and no recording of that name is below the root; add it or remove the line."
    expected = len(listing.table.columns)
    return (
        f"{line} has {row.width} cells, its header has {expected}; put text that holds a separator in quotes."
    )


DATASET = Dataset(
    name="folder",
    title="A folder of your own",
    kind="mixed",
    label_name="label",
    licence="The owner's own; Sesatlas does not know it",
    citation="The owner's own; cite where the recordings come from.",
    url="",
    layout="LABEL/any/depth/recording.wav, or a CSV or TSV that lists the recordings",
    how_to_get="Any folder of recordings will do: sub-folders are labels, or a CSV beside them says what each one is.",
    scan=scan,
    validate=validate,
)
